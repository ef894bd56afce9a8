"""Halves are rounded up, however they were computed."""

import pytest

from turbo_sb.utils.rounding import fixed


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.7875, 3, "0.788"),
        (0.7 + 0.0875, 3, "0.788"),
        (0.5 + 0.2875, 3, "0.788"),
        (0.0005, 3, "0.001"),
        (2.675, 2, "2.68"),
        (-1.25, 1, "-1.3"),
        (0.78749, 3, "0.787"),
        (1e-9, 3, "0.000"),
        (-1e-9, 3, "0.000"),
        (12, 0, "12"),
        (float("inf"), 3, "inf"),
        (float("nan"), 3, "nan"),
        (1e30, 0, f"{1e30:.0f}"),
    ],
)
def test_half_up(value, digits, text):
    assert fixed(value, digits) == text


def test_signs_and_thousands():
    assert fixed(0.25, 1, "+") == "+0.3"
    assert fixed(1234.5, 0, ",") == "1,235"
