"""Every recording below a folder is found once; nothing is left out silently."""

import os

import pytest

from turbo_sb.inference.folder import find_recordings
from turbo_sb.inference.utterances import find_utterances
from turbo_sb.utils.errors import InputError


@pytest.fixture
def folder(tmp_path):
    """A folder, and one outside of it."""
    for name in ("in/a.wav", "in/x/b.flac", "real/c.wav", "real/y/d.mp3"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "in"


def names(folder):
    return [p.relative_to(folder).as_posix() for p in find_recordings(folder)]


def test_linked_folder(folder):
    (folder / "session2").symlink_to(folder.parent / "real")
    expected = ["a.wav", "session2/c.wav", "session2/y/d.mp3", "x/b.flac"]
    assert names(folder) == expected


@pytest.mark.parametrize("target", [".", "..", "in/x"])
def test_loops_end_and_no_file_is_found_twice(folder, target, caplog):
    target = {".": folder, "..": folder.parent, "in/x": folder / "x"}[target]
    (folder / "a_link").symlink_to(target)  # before x in the alphabet
    (folder.parent / "real" / "back").symlink_to(folder)
    found = find_recordings(folder)
    real = [os.path.realpath(path) for path in found]
    assert len(set(real)) == len(real)
    assert {"a.wav", "x/b.flac"} <= set(names(folder))
    assert "is read already" in caplog.text


def test_two_links_to_one_folder(folder):
    for name in ("s3", "s2"):
        (folder / name).symlink_to(folder.parent / "real")
    assert names(folder) == ["a.wav", "s2/c.wav", "s2/y/d.mp3", "x/b.flac"]


def test_linked_files_keep_their_names(folder):
    (folder / "again.wav").symlink_to(folder / "a.wav")
    assert names(folder) == ["a.wav", "again.wav", "x/b.flac"]


def test_links_to_nothing(folder):
    (folder / "lost.wav").symlink_to("/nowhere/object.wav")
    (folder / "disk2").symlink_to("/nowhere/recordings")
    (folder / "self").symlink_to("self")
    found = names(folder)
    assert found == ["a.wav", "disk2", "lost.wav", "self", "x/b.flac"]


@pytest.mark.parametrize(
    "name",
    [
        *("p.m4a", "p.AAC", "p.amr", "p.webm", "p.wma", "p.mp4", "p.sph"),
        *("p.3gp", "p.mka", "p.raw", "p.opus", "p.aifc", "p.caf"),
    ],
)
def test_all_audio(folder, name):
    (folder / name).touch()
    assert name in names(folder)


def test_other_files_are_counted(folder, caplog):
    for name in ("n.txt", "m.txt", "p.JPG", "README", ".hidden", "._a.wav"):
        (folder / name).touch()
    assert names(folder) == ["a.wav", "x/b.flac"]
    assert "left out: 2 .txt, 1 .jpg, 1 no suffix" in caplog.text


def test_no_recordings(folder):
    (folder / "empty").mkdir()
    (folder / "empty" / "n.txt").touch()
    with pytest.raises(InputError, match=r"no recordings in it \(1 \.txt\)"):
        find_recordings(folder / "empty")


def test_a_folder_that_may_not_be_listed(folder, monkeypatch):
    scan = os.scandir

    def refuse(path):
        if str(path).endswith("/x"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert names(folder) == ["a.wav", "x"]


def test_a_pipe_is_named_and_not_waited_for(folder):
    os.mkfifo(folder / "p.wav")
    assert "p.wav" in names(folder)


def test_a_name_that_is_not_utf8(folder):
    open(os.fsencode(folder) + b"/m\xfcller.wav", "w").close()
    found = find_utterances([str(folder)])
    assert [u.name for u in found] == ["a.wav", "m\\xfcller.wav", "x/b.flac"]
    assert os.path.exists(found[1].wav)
    assert found[1].key == os.fsdecode(b"m\xfcller")
