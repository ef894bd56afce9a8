"""Two ranks save checkpoints, the main one slow to finish its own.

Run by tests/training/test_checkpoints.py in forks.

Authors
 * The turbo_sb developers 2026
"""

import pathlib
import sys
import time

import torch
from speechbrain.utils.distributed import ddp_init_group

from turbo_sb.training.checkpoints import AtomicCheckpointer
from turbo_sb.utils.distributed import part
from turbo_sb.utils.errors import plain_errors

rename = pathlib.Path.rename


def slow_rename(self, target):
    """Give the other rank the time to run ahead."""
    time.sleep(0.3)
    return rename(self, target)


def main(folder):
    pathlib.Path.rename = slow_rename
    ddp_init_group({"distributed_backend": "gloo", "device": "cpu"})
    checkpointer = AtomicCheckpointer(folder, {"m": torch.nn.Linear(1, 1)})
    for epoch, score in enumerate([0.5, 0.4, 0.3, 0.6], start=1):
        checkpointer.save_and_keep({"score": score, "epoch": epoch})
    found = checkpointer.list_checkpoints()
    epochs = sorted(checkpoint.meta["epoch"] for checkpoint in found)
    # In one piece, for the ranks print into one stream.
    sys.stdout.write(f"kept {epochs}\n")
    part()


if __name__ == "__main__":
    with plain_errors():
        main(sys.argv[1])
