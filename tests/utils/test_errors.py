"""What a user can act on is one message; a bug keeps its traceback."""

import errno
import io
import sys

import pytest
import torch

from turbo_sb.utils.distributed import of_all
from turbo_sb.utils.errors import (
    RESTARTS,
    InputError,
    own_errors,
    plain_errors,
)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (InputError("fold=11: no"), "error: fold=11: no\n"),
        (PermissionError(13, "Permission denied", "out"), "error: out: Perm"),
        (OSError(28, "No space left on device"), "error: the disk is full."),
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried\nmore"),
            "error: CUDA out of memory. Tried Use --recompute=True (the same "
            "loss, and no more memory than a chunk needs), with "
            "--encode_chunk=20",
        ),
        (
            RuntimeError("[gloo/pair.cc:553] Connection closed by peer"),
            "error: another process is gone ([gloo/pair.cc:553]",
        ),
        (torch.distributed.DistBackendError("NCCL"), "another process is gone"),
        (
            InputError(
                "Caught InputError in DataLoader worker process 0.\nOriginal "
                f"Traceback ...\n{InputError.__module__}.InputError: a.wav: no audio"
            ),
            "error: a.wav: no audio\n",
        ),
    ],
)
def test_message_and_exit_code_2(error, message, capsys):
    with pytest.raises(SystemExit) as exit_code, plain_errors():
        raise error
    assert exit_code.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "where"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), ""),
        (OSError(errno.ENOSPC, "No space left on device", "o.csv"), "o.csv: "),
        (OSError(errno.EDQUOT, "Disk quota exceeded", "o.csv"), "o.csv: "),
        (RuntimeError("I/O error: No space left on device (os error 28)"), ""),
    ],
)
def test_a_full_disk_in_each_commands_words(error, where, capsys):
    for options, words in (
        ([], "the same command goes on from the last checkpoint"),
        ([RESTARTS], "give the same command again: nothing half-written"),
    ):
        with pytest.raises(SystemExit), plain_errors(*options):
            raise error
        said = capsys.readouterr().err
        full = f"error: {where}the disk is full. Make room, and {words}"
        assert said.startswith(full)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_a_narrow_console(encoding, errors, monkeypatch):
    bytes_out = io.BytesIO()
    stream = io.TextIOWrapper(bytes_out, encoding=encoding, errors=errors)
    monkeypatch.setattr(sys, "stdout", stream)
    with plain_errors():
        print("\u4f60 \U0001f600 yes")
    stream.flush()
    assert bytes_out.getvalue().strip() == b"\\u4f60 \\U0001f600 yes"


def test_a_console_that_was_told_what_to_do(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), "ascii", errors="replace")
    monkeypatch.setattr(sys, "stdout", stream)
    with plain_errors():
        assert stream.errors == "replace"


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [(75, 75, ""), ("bad", 1, "bad\n"), (None, 0, "")],
)
def test_an_exit_keeps_its_code(given, code, said, capsys):
    found = 0
    try:
        with plain_errors():
            sys.exit(given)
    except SystemExit as end:
        found = end.code
    assert (found, capsys.readouterr().err) == (code, said)


def test_only_the_first_process_speaks(monkeypatch, capsys):
    monkeypatch.setenv("RANK", "1")
    with pytest.raises(SystemExit), plain_errors():
        raise InputError("no")
    assert capsys.readouterr().err == ""


class TestOwnErrors:
    @pytest.fixture(autouse=True)
    def second_of_two(self, monkeypatch):
        monkeypatch.setenv("RANK", "1")
        monkeypatch.setenv("WORLD_SIZE", "2")

    def test_are_told_by_their_process(self, capsys):
        with pytest.raises(SystemExit), plain_errors(), own_errors():
            raise InputError("no")
        assert capsys.readouterr().err == "error: process 1: no\n"

    def test_are_not_those_of_all(self, capsys):
        with pytest.raises(SystemExit), plain_errors(), own_errors():
            raise of_all("no")
        assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "error", [KeyError("x"), OSError("no file"), RuntimeError("in /home/gloo")]
)
def test_a_bug_passes_through(error):
    with pytest.raises(type(error)), plain_errors():
        raise error
