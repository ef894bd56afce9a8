"""Texts of all corpora in one form; numbers as they are said."""

import pytest

from turbo_sb.data.corpora.text_normalisation import (
    normalise_text,
    spell_number,
    spell_numbers,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("TURN  ON\tTHE LIGHTS", "turn on the lights"),
        ("Turn on the lights, please.", "turn on the lights please"),
        ("we're BONES' 'cause o\u2019clock", "we're bones cause o'clock"),
        ("The L_C_D_, co-workers' mm-hmm", "the l c d co workers mm hmm"),
        ("Caf\u00e9 na\u00efve \u2014 \u0153uvre", "cafe naive oeuvre"),
        ("at five p.m. or 5 p. m.", "at five pm or five pm"),
        ("wake me at 7am", "wake me at seven am"),
        ("32\u00b0F is 0\u00b0C", "thirty two degrees f is zero degrees c"),
        (" .,' ", ""),
    ],
)
def test_every_corpus_comes_out_alike(text, words):
    assert normalise_text(text) == words
    assert normalise_text(words) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (20, "twenty"),
        (99, "ninety nine"),
        (100, "one hundred"),
        (115, "one hundred fifteen"),
        (1000, "one thousand"),
        (20030, "twenty thousand thirty"),
        (1_000_001, "one million one"),
        (2_000_000_000, "two billion"),
        (
            999_999_999_999,
            "nine hundred ninety nine billion nine hundred ninety nine "
            "million nine hundred ninety nine thousand nine hundred ninety "
            "nine",
        ),
    ],
)
def test_whole_numbers(number, words):
    assert spell_number(number) == words
    assert spell_numbers(str(number)) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("3.05 and .5", "three point zero five and point five"),
        ("minus -75.7", "minus minus seventy five point seven"),
        ("1,200,000", "one million two hundred thousand"),
        ("007", "zero zero seven"),
        ("in 5. no, 6", "in five. no, six"),
        ("90% + 1", "ninety percent plus one"),
        ("1st 2nd 3rd 5th", "first second third fifth"),
        (
            "8th 9th 12th 30th 41st",
            "eighth ninth twelfth thirtieth forty first",
        ),
        ("5:30pm", "five thirty pm"),
        ("5.30 pm", "five thirty pm"),
        ("7:05 now", "seven oh five now"),
        ("3:00 pm", "three pm"),
        ("3:00", "three o'clock"),
    ],
)
def test_numbers_are_said(text, words):
    assert spell_numbers(text) == words


@pytest.mark.parametrize(
    "text",
    [
        *("$5.20", "mp3", "3/4", "15:00", "25:30", "12:60", "2019-05-06"),
        *("10-20", "v1.2.3", "1990s", "1234567890123", "5'10", "0th"),
    ],
)
def test_what_may_be_said_in_several_ways_keeps_its_digits(text):
    assert any(c.isdigit() for c in normalise_text(text))
