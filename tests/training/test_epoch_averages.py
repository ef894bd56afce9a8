"""Means over an epoch, whole or interrupted."""

import torch

from turbo_sb.training.checkpoints import AtomicCheckpointer
from turbo_sb.training.epoch_averages import Averages

STEPS = [
    {"ce": torch.tensor(v), "in": torch.tensor(v / 3)} for v in (1.1, 2, 7)
]


def test_means_of_each_term():
    averages = Averages()
    assert averages.means() == {}
    for value in (1.0, 3.0):
        averages.add({"ce": torch.tensor(value), "in": torch.tensor(2.0)})
    assert averages.means() == {"ce": 2.0, "in": 2.0}
    averages.reset()
    assert averages.means() == {}


def test_an_interrupted_epoch_ends_with_the_same_bits(tmp_path):
    whole, before, after = Averages(), Averages(), Averages()
    for step in STEPS:
        whole.add(step)
    for step in STEPS[:2]:
        before.add(step)
    before.n_skipped = 2
    AtomicCheckpointer(tmp_path, {"averages": before}).save_checkpoint(
        end_of_epoch=False
    )
    AtomicCheckpointer(tmp_path, {"averages": after}).recover_if_possible()
    after.add(STEPS[2])
    assert after.means() == whole.means()
    assert after.n_skipped == 2


def test_after_an_epoch_the_next_begins_with_none(tmp_path):
    ended, after = Averages(), Averages()
    ended.add(STEPS[0])
    AtomicCheckpointer(tmp_path, {"averages": ended}).save_checkpoint()
    AtomicCheckpointer(tmp_path, {"averages": after}).recover_if_possible()
    assert after.means() == {}
