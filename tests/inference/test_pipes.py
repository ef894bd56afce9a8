"""What comes through a pipe is read as a file is."""

import io
import os
import threading
import types

import pytest

from turbo_sb.inference import pipes
from turbo_sb.inference.pipes import by_own_name, unpiped
from turbo_sb.inference.utterances import find_utterances
from turbo_sb.utils.errors import InputError


@pytest.fixture
def pipe(tmp_path):
    """A named pipe, and how to write to it."""
    os.mkfifo(tmp_path / "a.wav")

    def write(content):
        threading.Thread(
            target=(tmp_path / "a.wav").write_bytes, args=[content]
        ).start()
        return tmp_path / "a.wav"

    return write


def test_is_kept_in_a_file(pipe):
    path = pipe(b"sound" * 10**6)
    (found,) = find_utterances([str(path)])
    assert found.name == str(path) and found.wav != str(path)
    with open(found.wav, "rb") as file:
        assert file.read() == b"sound" * 10**6
    assert found.key == "a"
    assert by_own_name(f"{found.wav}: empty") == f"{path}: empty"


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_standard_input(monkeypatch, name):
    stdin = types.SimpleNamespace(
        buffer=io.BytesIO(b"sound"), isatty=lambda: False
    )
    monkeypatch.setattr(pipes.sys, "stdin", stdin)
    (found,) = find_utterances([name])
    assert found.name == "/dev/stdin"
    with open(found.wav, "rb") as file:
        assert file.read() == b"sound"


def test_a_terminal(monkeypatch):
    stdin = types.SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr(pipes.sys, "stdin", stdin)
    with pytest.raises(InputError, match="-: a terminal; expected"):
        find_utterances(["-"])


def test_is_bounded(pipe, monkeypatch):
    monkeypatch.setattr(pipes, "BYTES", 2**16)
    with pytest.raises(InputError, match=r"a\.wav: more than .* came through"):
        unpiped(pipe(bytes(2**17)))


def test_others_stay(tmp_path):
    (tmp_path / "a.wav").touch()
    for path in ("none.wav", tmp_path / "a.wav", "/dev/null", "a\0.wav"):
        assert str(unpiped(path)) == str(path)
