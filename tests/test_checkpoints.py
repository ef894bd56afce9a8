"""A checkpoint is whole, or it is none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from speechbrain.utils.checkpoints import Checkpointer

from turbo_sb.checkpoints import WholeCheckpointer, earliest_best


class Killed(BaseException):
    """Stands for the end of the process."""


def killed_while_saving(kind, folder):
    """A first checkpoint, and a second that is cut off."""
    checkpointer = kind(folder, {"model": torch.nn.Linear(1, 1)})
    checkpointer.save_checkpoint(meta={"epoch": 1})

    def die(obj, path):
        path.write_bytes(b"half")
        raise Killed

    checkpointer.add_recoverable("optimizer", object(), custom_save_hook=die)
    with pytest.raises(Killed):
        checkpointer.save_checkpoint(meta={"epoch": 2})


@pytest.mark.parametrize(
    ("kind", "epochs"), [(WholeCheckpointer, [1]), (Checkpointer, [1, 2])]
)
def test_half_a_checkpoint_is_none(kind, epochs, tmp_path):
    """SpeechBrain's own takes it for one, which is why ours exists."""
    killed_while_saving(kind, tmp_path)
    found = kind(tmp_path, {}).list_checkpoints()
    assert sorted(checkpoint.meta["epoch"] for checkpoint in found) == epochs


def test_next_save_removes_what_the_kill_left(tmp_path):
    killed_while_saving(WholeCheckpointer, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    model = torch.nn.Linear(1, 1)
    WholeCheckpointer(tmp_path, {"model": model}).save_checkpoint()
    names = [sorted(p.name for p in f.iterdir()) for f in tmp_path.iterdir()]
    assert names == [["CKPT.yaml", "model.ckpt"]] * 2


def test_of_equal_scores_the_first_is_kept_with_the_most_recent(tmp_path):
    checkpointer = WholeCheckpointer(tmp_path, {"m": torch.nn.Linear(1, 1)})
    for epoch, score in enumerate([0.4, 0.5, 0.5, 0.3], start=1):
        checkpointer.save_and_keep_only(
            meta={"UA": score, "epoch": epoch},
            importance_keys=[earliest_best("UA")],
        )
    found = checkpointer.list_checkpoints()
    assert {checkpoint.meta["epoch"] for checkpoint in found} == {2, 4}
    best = checkpointer.find_checkpoint(importance_key=earliest_best("UA"))
    assert best.meta["epoch"] == 2


def test_ranks_agree_on_what_is_there(tmp_path):
    """Else one waits for a deletion that the other does not make, forever."""
    script = Path(__file__).with_name("checkpoint_ranks.py")
    torchrun = ["-m", "torch.distributed.run", "--standalone"]
    result = subprocess.run(
        [
            *(sys.executable, *torchrun, "--nproc_per_node=2"),
            *(str(script), str(tmp_path)),
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("kept [4]") == 2
