"""The device-directed corpus's sentences: their rows and their words."""

import itertools

import numpy as np
import pytest

from turbo_sb.demo.commands import (
    CARRIERS,
    THINGS,
    TIMES,
    WORDS,
    draw_command,
)
from turbo_sb.demo.speech import SAMPLE_RATE, synthesise


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
