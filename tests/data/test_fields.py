"""What a field may hold."""

import pytest

from turbo_sb.data.fields import (
    name_problem,
    path_problem,
    read_seconds,
    stretch_problem,
    text_problem,
    with_slashes,
)


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [("", None), ("1", 1), ("1.5", 1.5), ("1,5", 1.5), ("1e-1", 0.1)],
)
def test_seconds(cell, seconds):
    assert read_seconds(cell) == seconds


@pytest.mark.parametrize("cell", ["1_5", "soon", "1.000,5", "0x1", "1 5"])
def test_no_seconds(cell):
    with pytest.raises(ValueError, match=f"'{cell}', expected seconds"):
        read_seconds(cell)


@pytest.mark.parametrize(
    ("start", "stop", "problem"),
    [
        (None, None, None),
        (0, None, None),
        (0.5, 1, None),
        ("0.5", None, "start is '0.5', expected seconds"),
        (True, None, "start is True, expected seconds"),
        ([1], None, "start is [1], expected seconds"),
        (-1, None, "start -1 s, expected 0 or more"),
        (float("nan"), None, "start nan s, expected 0 or more"),
        (None, float("inf"), "stop is inf, expected seconds"),
        (None, 10**400, "stop is 1000"),
        (None, float("nan"), "stop nan s, expected more than start, 0.0 s"),
        (2.0, 1.0, "stop 1.0 s, expected more than start, 2.0 s"),
        (1, 1, "stop 1 s, expected more than start, 1 s"),
    ],
)
def test_stretch(start, stop, problem):
    found = stretch_problem(start, stop)
    assert found == problem or found.startswith(problem)


def test_names():
    assert name_problem("käthe 1/a.wav") is None
    assert name_problem(" ") == "no ID"
    for name in ("a\nb", "a\x1b[2Jb", "\ud800", "a\0"):
        assert "the ID" in name_problem(name)
        assert name_problem(name).isprintable()


def test_texts():
    assert text_problem("text", "") is None
    assert text_problem("text", "\U0001f600\ttab\nline") is None
    assert text_problem("text", 3) == "text is 3, expected text"
    assert "no file in UTF-8" in text_problem("text", "a\ud800")
    assert "no file in UTF-8" in text_problem("text", "a\0b")
    deep = []
    for _ in range(900):
        deep = [deep]
    assert len(text_problem("text", deep)) < 100


def test_paths():
    assert path_problem("wav", "x/a.wav") is None
    assert path_problem("wav", "m\udcfcller.wav") is None  # not UTF-8's
    for bad in (" ", None, ["a.wav"], 3):
        assert "expected text that is not blank" in path_problem("wav", bad)
    for bad in ("a\0.wav", "\ud800.wav"):
        assert "no path" in path_problem("wav", bad)


def test_backslashes(tmp_path):
    assert with_slashes(tmp_path, "x\\a.wav") == "x/a.wav"
    (tmp_path / "x\\a.wav").touch()  # a name, where it may be one
    assert with_slashes(tmp_path, "x\\a.wav") == "x\\a.wav"
