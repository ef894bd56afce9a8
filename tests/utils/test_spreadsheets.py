"""Cells that a spreadsheet would execute."""

import pytest

from turbo_sb.utils.spreadsheets import as_given, as_text


@pytest.mark.parametrize(
    "cell",
    [
        *("=1+1", "+49 171", "-x", "- yes", "@home", "-1+cmd|' /C calc'!A0"),
        *("\tx", "\rx", "\n=1", "\uff1d1", "  =1", "=", "--1"),
    ],
)
def test_they_begin_with_a_space(cell):
    assert as_text(cell) == f" {cell}"
    assert as_given(as_text(cell)) == cell
    assert as_given(as_text(as_text(cell))) == as_text(cell)


@pytest.mark.parametrize(
    "cell", ["", " ", "yes", "1-2", "-1.5", "+3", "-1e-05", "'=1", " x", "a=b"]
)
def test_others_stay(cell):
    assert as_text(cell) == as_given(cell) == cell


def test_numbers_stay():
    assert as_text(-1.5) == -1.5 and as_text(None) is None
