"""The generative process: what it draws, and its ceilings."""

import numpy as np
import pytest

from turbo_sb.demo.ceilings import ceilings
from turbo_sb.demo.process import (
    COMPLEMENTARY,
    EMOTIONS,
    LEXICON,
    PROCESSES,
    PROSODY,
    REDUNDANT,
    WORDS,
    Process,
    draw_utterance,
    split_words,
)
from turbo_sb.demo.speakers import SPEAKERS

pytestmark = pytest.mark.slow


def draws(process, n, seed):
    """Draw utterances with equally frequent emotions."""
    rng = np.random.default_rng(seed)
    return [
        draw_utterance(process, SPEAKERS[i % 10], EMOTIONS[i % 4], rng)
        for i in range(n)
    ]


def features(utterances):
    """Return prosody without the speaker's offsets, and a bag of words."""
    prosody = [list(u.prosody.values()) for u in utterances]
    offsets = [
        (u.speaker.rate_offset, u.speaker.pitch_offset, 0, 0)
        for u in utterances
    ]
    bags = [[word in split_words(u.text) for word in WORDS] for u in utterances]
    return np.subtract(prosody, offsets), np.array(bags, dtype=float)


class TestProcess:
    def test_shares_must_be_probabilities(self):
        with pytest.raises(ValueError, match="probabilities"):
            Process("too much", 0.6, 0.5, 0.5, 0.5)

    def test_no_word_is_in_two_rows(self):
        words = [word for row in LEXICON.values() for word in row]
        assert len(words) == len(set(words))

    def test_the_vocabulary_is_what_is_said(self):
        said = {
            w
            for process in PROCESSES.values()
            for u in draws(process, 1000, seed=1)
            for w in split_words(u.text)
        }
        assert sorted(said) == WORDS
        assert all(word.isalpha() and word.islower() for word in WORDS)

    def test_prosody_stays_near_its_row_and_the_speaker(self):
        rng = np.random.default_rng(1)
        always = Process("always", 1, 0, 1, 0)
        rates = [
            draw_utterance(always, SPEAKERS[3], "hap", rng).prosody["rate"]
            for _ in range(400)
        ]
        expected = PROSODY["hap"][0] + SPEAKERS[3].rate_offset
        assert np.mean(rates) == pytest.approx(expected, abs=3)
        assert np.std(rates) == pytest.approx(12, abs=2)

    def test_offsets_cancel_over_the_speakers(self):
        assert sum(speaker.rate_offset for speaker in SPEAKERS) == 0
        assert sum(speaker.pitch_offset for speaker in SPEAKERS) == 0


class TestCeilings:
    def test_by_hand(self):
        # Audio: 0.6 + 0.4 / 2; text: 0.5 + 0.5 / 2; both settle everything.
        found = ceilings(COMPLEMENTARY)
        assert found["chance"] == 0.25
        assert found["audio"] == pytest.approx(0.8, abs=0.004)
        assert found["text"] == pytest.approx(0.75)
        assert found["both"] == pytest.approx(1, abs=0.001)

    def test_by_hand_redundant(self):
        # Alone: 3/4 + 1/4 * 1/4; both: all but 1/16, and a quarter of that.
        found = ceilings(REDUNDANT)
        assert found["text"] == pytest.approx(0.8125)
        assert found["audio"] == pytest.approx(0.8125, abs=0.005)
        assert found["both"] == pytest.approx(1 - 3 / 64, abs=0.003)

    def test_extremes(self):
        nothing = ceilings(Process("nothing", 0, 0, 0, 0), n_draws=100)
        assert all(v == pytest.approx(0.25) for v in nothing.values())
        all_said = ceilings(Process("all", 1, 0, 1, 0), n_draws=10_000)
        assert all_said["audio"] > 0.999 and all_said["text"] == 1

    @pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
    def test_monte_carlo_error_is_as_stated(self, process):
        runs = [ceilings(process, seed=seed) for seed in range(5)]
        for name in ("audio", "both"):
            assert np.std([run[name] for run in runs], ddof=1) < 0.0015

    @pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
    def test_classifiers_reach_but_do_not_pass_them(self, process):
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.linear_model import LogisticRegression

        train, test = draws(process, 2000, seed=1), draws(process, 2000, seed=2)
        found = {}
        forest = RandomForestClassifier(30, min_samples_leaf=5, random_state=0)
        (heard, read), (heard_test, read_test) = features(train), features(test)
        y, y_test = ([u.label for u in part] for part in (train, test))
        forest.fit(heard, y)
        found["audio"] = forest.score(heard_test, y_test)
        reader = LogisticRegression(max_iter=500).fit(read, y)
        found["text"] = reader.score(read_test, y_test)
        # Both: given the emotion the two are independent, so they multiply.
        product = forest.predict_proba(heard_test) * reader.predict_proba(
            read_test
        )
        guesses = forest.classes_[product.argmax(axis=1)]
        found["both"] = np.mean(guesses == np.array(y_test))
        for name, ceiling in ceilings(process).items():
            if name != "chance":
                assert ceiling - 0.05 < found[name] < ceiling + 0.025, name
