"""Texts and command lines of any characters."""

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.doors import REFUSED, TEXTS, value_or_refusal
from turbo_sb.data.corpora.text_normalisation import (
    LARGEST,
    normalise_text,
    spell_number,
)
from turbo_sb.data.transcripts import shared_texts
from turbo_sb.training.command_line import normalise

SPOKEN = st.lists(
    st.sampled_from(
        list("0123456789:.,-+%°' apm$/½²①") + ["st", "th", "\u2212"]
    ),
    max_size=14,
).map("".join)
KEYS = st.lists(
    st.sampled_from(["--", "a", "b-c", ".", "=", "[", "]", "{", "}", ":", "!"]),
    max_size=8,
).map("".join)
VALUES = TEXTS | st.sampled_from(
    ["2020-01-01", "2020-99-99", "!new:a.B", "!ref <lr>", "&a [*a]", "[" * 90]
    + ["{1, 2}", "!!set {a}", "1e999", ".nan", "0x_", "1:60", "\u0085", "*a"]
)


@given(TEXTS | SPOKEN)
def test_normalised_texts(text):
    """Lower case, digits, apostrophes inside words, single spaces."""
    found = normalise_text(text)
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyz0123456789' ")
    assert found == " ".join(found.split())
    assert not any(w.startswith("'") or w.endswith("'") for w in found.split())


@given(st.integers(0, LARGEST))
def test_spelt_numbers_differ(number):
    """Two neighbours are never spelt alike."""
    assert number == LARGEST or spell_number(number) != spell_number(number + 1)


@given(st.lists(TEXTS, max_size=4), st.lists(TEXTS, min_size=1, max_size=4))
def test_shared_texts(train, test):
    """A share; all of them when tested on what was trained on."""
    assert 0 <= shared_texts(train, test) <= 1
    assert shared_texts([*train, *test], test) == 1


@given(st.lists(KEYS | VALUES.map(lambda text: f"--a.b={text}"), max_size=3))
def test_command_lines(arguments):
    """Joined options, or an error."""
    found = value_or_refusal(normalise, ["t.yaml", *arguments])
    if found is not REFUSED:
        assert all(isinstance(argument, str) for argument in found)
