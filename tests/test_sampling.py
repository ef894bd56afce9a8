"""The same batches for any number of processes."""

import pytest

from turbo_sb.sampling import SharedBatches, shares


@pytest.mark.parametrize(("n", "ranks"), [(8, 1), (8, 2), (8, 3), (3, 3)])
def test_shares_are_of_one_size_but_for_one_row(n, ranks):
    sizes = shares(n, ranks)
    assert sum(sizes) == n and len(sizes) == ranks
    assert max(sizes) - min(sizes) <= 1


def batches(rank=0, ranks=1, epoch=1, seed=1):
    sampler = SharedBatches(11, 4, seed, rank, ranks)
    sampler.set_epoch(epoch)
    assert len(sampler) == 2
    return list(sampler)


@pytest.mark.parametrize("ranks", [2, 3, 4])
def test_processes_together_have_the_batches_of_one(ranks):
    parts = zip(*[batches(rank, ranks) for rank in range(ranks)])
    assert [sum(part, []) for part in parts] == batches()


def test_an_epoch_holds_an_utterance_once():
    rows = sum(batches(), [])
    assert len(set(rows)) == len(rows) == 8
    assert set(rows) <= set(range(11))


def test_the_order_is_of_the_seed_and_the_epoch():
    assert batches() == batches()
    assert batches(epoch=2) != batches() != batches(seed=2)
