"""The device-directed process: what it draws, and its ceilings."""

import itertools
from collections import Counter

import numpy as np
import pytest

from turbo_sb.demo.directed import (
    CARRIERS,
    DIRECTED,
    LABELS,
    PROSODY,
    PROSODY_SD,
    THINGS,
    TIMES,
    WORDS,
    DirectedProcess,
    directed_ceilings,
    draw_command,
    draw_directed,
)
from turbo_sb.demo.espeak import SAMPLE_RATE, synthesise
from turbo_sb.demo.speakers import SPEAKERS

ROW_OF = {
    carrier.format(thing=thing, when=when): row
    for row, carriers in CARRIERS.items()
    for carrier in carriers
    for thing in THINGS
    for when in TIMES
}


def cue_of(utterance):
    """Return the nearest row of PROSODY; 1 in 70 is nearer to another."""
    offset = (utterance.speaker.rate_offset, utterance.speaker.pitch_offset)
    heard = np.subtract(list(utterance.prosody.values()), (*offset, 0, 0))
    distances = {
        cue: np.sum(((heard - row) / PROSODY_SD) ** 2)
        for cue, row in PROSODY.items()
    }
    return min(distances, key=distances.get)


def draws(process, n, seed=1, label=None):
    rng = np.random.default_rng(seed)
    return [
        draw_directed(process, SPEAKERS[i % 10], label or LABELS[i % 2], rng)
        for i in range(n)
    ]


class TestDraws:
    @pytest.mark.parametrize("label", LABELS)
    def test_words_say_the_label_as_often_as_stated(self, label):
        process = DirectedProcess("words", p_words=0.3, p_prosody=1)
        said = Counter(
            ROW_OF[u.text] for u in draws(process, 3000, label=label)
        )
        assert set(said) == {label, "any"}
        assert said[label] / 3000 == pytest.approx(0.3, abs=0.03)

    @pytest.mark.parametrize("label", LABELS)
    def test_prosody_says_the_label_as_often_as_stated(self, label):
        process = DirectedProcess("prosody", p_words=1, p_prosody=0.7)
        said = Counter(cue_of(u) for u in draws(process, 3000, label=label))
        other = next(name for name in LABELS if name != label)
        assert said[label] / 3000 == pytest.approx(0.7, abs=0.03)
        assert said[other] / 3000 < 0.01

    def test_what_they_say_is_independent_given_the_label(self):
        said = draws(DIRECTED, 6000, label="directed")
        words = np.array([ROW_OF[u.text] == "directed" for u in said])
        prosody = np.array([cue_of(u) == "directed" for u in said])
        assert np.mean(words & prosody) == pytest.approx(0.36, abs=0.025)

    def test_rate_and_volume_do_not_depend_on_the_label(self):
        rates, volumes = (
            {(row[column], sd) for row in PROSODY.values()}
            for column, sd in ((0, PROSODY_SD[0]), (3, PROSODY_SD[3]))
        )
        assert len(rates) == len(volumes) == 1

    def test_a_speaker_departs_by_the_offsets(self):
        slow = SPEAKERS[3]  # nine words a minute
        rng = np.random.default_rng(1)
        rates = [
            draw_directed(DIRECTED, slow, "directed", rng).prosody["rate"]
            for _ in range(900)
        ]
        assert np.mean(rates) == pytest.approx(175 - 9, abs=1.5)

    @pytest.mark.parametrize("wrong", [-0.1, 1.1])
    def test_no_probability_is_named(self, wrong):
        with pytest.raises(ValueError, match=f"p_words={wrong}"):
            DirectedProcess("wrong", p_words=wrong, p_prosody=0)


@pytest.mark.slow
class TestCeilings:
    def test_by_hand(self):
        # Alone: 0.6 + 0.4 / 2. Both: all but 0.4 * 0.4 / 2.
        found = directed_ceilings(DIRECTED)
        assert found["chance"] == 0.5
        assert found["text"] == pytest.approx(0.8)
        assert found["audio"] == pytest.approx(0.8, abs=0.004)
        assert found["both"] == pytest.approx(0.92, abs=0.003)

    def test_words_and_prosody_are_not_exchanged(self):
        found = directed_ceilings(DirectedProcess("words", 0.9, 0.2))
        assert found["text"] == pytest.approx(0.95)
        assert found["audio"] == pytest.approx(0.6, abs=0.005)

    def test_who_tells_the_rows_apart_reaches_but_does_not_pass_them(self):
        said = draws(DIRECTED, 6000, seed=2)
        truth = np.array([u.label == "directed" for u in said])
        vote = {"directed": 1, "non_directed": -1, "any": 0}
        read = np.array([vote[ROW_OF[u.text]] for u in said])
        heard = np.array([vote[cue_of(u)] for u in said])
        found = {"text": read, "audio": heard, "both": read + heard}
        for name, votes in found.items():
            score = np.mean(np.where(votes == 0, 0.5, (votes > 0) == truth))
            assert score == pytest.approx(
                directed_ceilings(DIRECTED)[name], abs=0.015
            ), name


def sentences(row):
    return {
        carrier.format(thing=thing, when=when)
        for carrier in CARRIERS[row]
        for thing, when in itertools.product(THINGS, TIMES)
    }


def test_no_sentence_is_in_two_rows():
    for one, other in itertools.combinations(CARRIERS, 2):
        assert not sentences(one) & sentences(other)


def test_all_of_a_row_is_said_and_nothing_else():
    rng = np.random.default_rng(1)
    for row in CARRIERS:
        drawn = {draw_command(row, rng) for _ in range(4000)}
        assert drawn == sentences(row)


def test_the_vocabulary_is_what_is_said():
    said = {w for row in CARRIERS for s in sentences(row) for w in s.split()}
    assert sorted(said) == WORDS
    assert all(word.isalpha() and word.islower() for word in WORDS)


def test_rows_are_as_rich_and_as_long_to_say():
    assert {len(row) for row in CARRIERS.values()} == {6}
    seconds = {
        row: [
            len(synthesise(text, voice)) / SAMPLE_RATE
            for text in sorted(sentences(row))[::7]
            for voice in ("f1", "m3")
        ]
        for row in ("directed", "non_directed")
    }
    directed, talk = (np.array(found) for found in seconds.values())
    assert directed.mean() == pytest.approx(talk.mean(), abs=0.05)
    assert 0.7 < directed.std() / talk.std() < 1.4
