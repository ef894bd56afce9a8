"""Paths as people write them and as disks have them."""

import os
import unicodedata

import pytest

from turbo_sb.data.recording import open_recording
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.paths import from_home, spelled, why_no_file


def test_from_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert str(from_home("~/a.wav")) == "/home/me/a.wav"
    assert str(from_home("/data/~/a.wav")) == "/data/~/a.wav"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"m\xfcller.wav", "m\\xfcller.wav"),
        (b"\xe4\xe9", "\\xe4\\xe9"),
        ("müller.wav".encode(), "müller.wav"),
    ],
)
def test_names_that_are_not_utf8(name, shown):
    found = spelled(os.fsdecode(name))
    assert found == shown and found.encode()


def test_other_lone_surrogates():
    assert spelled("a\ud800") == "a\\ud800"


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
def test_same_name_in_the_other_form(tmp_path, on_disk):
    other = {"NFC": "NFD", "NFD": "NFC"}[on_disk]
    there = tmp_path / unicodedata.normalize(on_disk, "séance/Jürgen.wav")
    there.parent.mkdir()
    there.touch()
    asked = tmp_path / unicodedata.normalize(other, "séance/Jürgen.wav")
    if asked.exists():
        pytest.skip("this file system takes both forms for one")
    with pytest.raises(InputError) as found:
        with open_recording(asked):
            pass
    assert f"There is {there}" in str(found.value)
    assert "NFC and NFD" in str(found.value)


def test_nothing_alike(tmp_path):
    (tmp_path / "é.wav").touch()
    assert why_no_file(tmp_path / "è.wav") == "no such file."
    assert why_no_file(tmp_path / "x" / "é.wav") == "no such file."


def test_what_is_there_and_no_file(tmp_path):
    (tmp_path / "a.wav").symlink_to("/nowhere/a.wav")
    assert "a link to /nowhere/a.wav" in why_no_file(tmp_path / "a.wav")
    os.mkfifo(tmp_path / "b.wav")
    assert "a pipe or a device" in why_no_file(tmp_path / "b.wav")
    assert "a folder" in why_no_file(tmp_path)
