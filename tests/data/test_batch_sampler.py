"""The same batches for any number of processes."""

import random

import pytest

from turbo_sb.data.batch_sampler import SharedBatches, deal
from turbo_sb.training.checkpoints import AtomicCheckpointer
from turbo_sb.utils.errors import InputError

LENGTHS = [3, 1, 4, 1.5, 9, 2, 6, 5, 3.5, 8, 7]


@pytest.mark.parametrize(("n", "ranks"), [(8, 1), (8, 2), (8, 3), (3, 3)])
def test_shares_are_of_one_size_but_for_one_row(n, ranks):
    owners = deal(n, ranks)
    sizes = [owners.count(rank) for rank in range(ranks)]
    assert sum(sizes) == n == len(owners)
    assert max(sizes) - min(sizes) <= 1


def batches(rank=0, ranks=1, epoch=1, seed=1, start=0):
    sampler = SharedBatches(LENGTHS, 4, seed, rank, ranks)
    sampler.set_epoch(epoch)
    sampler.start = start
    assert len(sampler) == 2
    return list(sampler)


@pytest.mark.parametrize("ranks", [2, 3, 4])
def test_processes_together_have_the_batches_of_one(ranks):
    parts = list(zip(*[batches(rank, ranks) for rank in range(ranks)]))
    whole = [sorted(sum(part, [])) for part in parts]
    assert whole == [sorted(batch) for batch in batches()]
    sizes = SharedBatches(LENGTHS, 4, 1, 0, ranks).sizes
    assert all([len(own) for own in part] == sizes for part in parts)


def test_shares_take_about_as_long():
    """64 of lengths that differ as in speech, over 4 processes."""
    draw = random.Random(0)
    lengths = [draw.lognormvariate(1.3, 0.7) for _ in range(64)]
    own = [SharedBatches(lengths, 64, 1, rank, 4) for rank in range(4)]
    totals = [sum(lengths[row] for row in next(iter(b))) for b in own]
    assert max(totals) < 1.1 * sum(totals) / 4


def test_an_epoch_goes_on_where_it_was():
    assert batches(start=1) == batches()[1:]
    assert batches(start=2) == []


def test_an_epoch_holds_an_utterance_once():
    rows = sum(batches(), [])
    assert len(set(rows)) == len(rows) == 8
    assert set(rows) <= set(range(11))


def test_the_order_is_of_the_seed_and_the_epoch():
    assert batches() == batches()
    assert batches(epoch=2) != batches() != batches(seed=2)


def test_a_run_goes_on_with_batches_of_the_same_size(tmp_path):
    def checkpointer(batch_size, lengths=LENGTHS):
        batches = SharedBatches(lengths, batch_size, 1, 0, 2)
        return AtomicCheckpointer(tmp_path, {"batches": batches})

    checkpointer(4).save_checkpoint()
    assert checkpointer(4).recover_if_possible()
    for other in (checkpointer(2), checkpointer(4, LENGTHS[1:])):
        with pytest.raises(InputError, match="had batches of 4 from 11"):
            other.recover_if_possible()
