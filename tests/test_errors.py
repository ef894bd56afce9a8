"""What a user can act on is one message; a bug keeps its traceback."""

import pytest
import torch

from turbo_sb.errors import InputError, plain_errors


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (InputError("fold=11: no"), "error: fold=11: no\n"),
        (PermissionError(13, "Permission denied", "out"), "error: out: Perm"),
        (torch.OutOfMemoryError("CUDA out of memory."), "smaller batch_size"),
    ],
)
def test_message_and_exit_code_2(error, message, capsys):
    with pytest.raises(SystemExit) as exit_code, plain_errors():
        raise error
    assert exit_code.value.code == 2
    assert message in capsys.readouterr().err


def test_only_the_first_process_speaks(monkeypatch, capsys):
    monkeypatch.setenv("RANK", "1")
    with pytest.raises(SystemExit), plain_errors():
        raise InputError("no")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("error", [KeyError("x"), OSError("no file")])
def test_a_bug_passes_through(error):
    with pytest.raises(type(error)), plain_errors():
        raise error
