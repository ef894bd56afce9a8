"""Text of others is shown as text, wherever it stands."""

import json
import os

import pytest

from turbo_sb.utils.errors import InputError, plain_errors
from turbo_sb.utils.escaping import has_controls, markdown, printable

ODD = ["\x1b[2J", "\x9b31m", "\r", "\x00", "\u202egpj.exe", "\ud800", "\x7f"]


@pytest.mark.parametrize("text", ODD)
def test_no_control_reaches_a_terminal(text):
    shown = printable(f"a{text}b")
    assert has_controls(text) and not has_controls(shown)
    assert shown.isascii() and json.loads(f'"{shown}"') == f"a{text}b"


@pytest.mark.parametrize(
    "text", ["größer", "क्‍ष", "می‌خواهم", "👩‍🚀", "שלום\u200f", "a|b", "\\"]
)
def test_words_stay_as_they_are(text):
    assert printable(text) == text and not has_controls(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", "a\\|b"),
        ("`rm`", "\\`rm\\`"),
        ("<img src=x>", "\\<img src=x>"),
        ("</td>", "\\</td>"),
        ("&lt;b&gt;", "\\&lt;b\\&gt;"),
        ("[a](javascript:b)", "\\[a\\](javascript:b)"),
        ("two\nlines", "two\\\\u000alines"),
        # What tables of clean runs have stays as it was.
        ("< 0.001", "< 0.001"),
        ("cross_modal, the paper's (*)", "cross_modal, the paper's (*)"),
        ("Δ WA, 95 %", "Δ WA, 95 %"),
        ("R & D", "R & D"),
    ],
)
def test_markdown(text, expected):
    assert markdown(text) == expected


def test_error_that_repeats_what_a_file_holds(capsys):
    with pytest.raises(SystemExit), plain_errors():
        raise InputError("\x1b]0;title\x07.wav: bad:\n  one")
    assert capsys.readouterr().err == (
        "error: \\u001b]0;title\\u0007.wav: bad:\n  one\n"
    )


def test_a_name_is_spelled_as_prediction_does(capsys):
    name = os.fsdecode(b"m\xfcller.wav")
    with pytest.raises(SystemExit), plain_errors():
        raise InputError(f"{name}: empty.")
    assert capsys.readouterr().err == "error: m\\xfcller.wav: empty.\n"
