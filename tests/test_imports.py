"""Nothing waits for torch that does not compute with it."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from speechbrain.utils import checkpoints, logger
from speechbrain.utils.run_opts import RunOptions

from turbo_sb.training.run_options import run_options
from turbo_sb.utils import logs
from turbo_sb.utils.files import CKPT_PREFIX

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_help_tables_and_mistakes_do_not_wait_for_torch(tmp_path):
    result = subprocess.run(
        [sys.executable, "tests/without_torch.py", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout.splitlines()[-1])
    assert found == {"help": [], "all": []}


def test_what_stands_for_speechbrains_own_is_the_same():
    assert checkpoints.CKPT_PREFIX == CKPT_PREFIX
    kinds = (run_options(), RunOptions)
    ours, theirs = ([f.name for f in dataclasses.fields(k)] for k in kinds)
    assert ours == theirs
    argv = ["a.yaml", "--lr", "0.1", "--device=cpu", "--debug", "--seed=1"]
    ours, theirs = (kind.from_command_line_args(argv) for kind in kinds)
    assert ours[1].as_dict() == theirs[1].as_dict()
    assert (ours[0], ours[2]) == (theirs[0], theirs[2])


def test_logger_is_as_speechbrains(monkeypatch, caplog):
    """Of processes that are joined, the first one logs; the level is one."""
    for level in ("INFO", "ERROR"):
        monkeypatch.setenv("SB_LOG_LEVEL", level)
        ours = logs.get_logger(f"ours.{level}")
        theirs = logger.get_logger(f"theirs.{level}")
        assert ours.getEffectiveLevel() == theirs.getEffectiveLevel()
    monkeypatch.setenv("SB_LOG_LEVEL", "INFO")
    told = logs.get_logger("ours")
    for rank, joined in ((0, False), (1, False), (0, True), (1, True)):
        monkeypatch.setenv("RANK", str(rank))
        monkeypatch.setattr(
            torch.distributed, "is_initialized", lambda joined=joined: joined
        )
        told.warning("ours %d %s", rank, joined)
        logger.get_logger("theirs").warning("theirs %d %s", rank, joined)
    messages = [record.getMessage() for record in caplog.records]
    ours = [m[5:] for m in messages if m.startswith("ours ")]
    assert ours == [m[7:] for m in messages if m.startswith("theirs ")]
    assert ours == ["0 False", "1 False", "0 True"]
