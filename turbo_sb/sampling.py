"""Batches of a whole training, and a process's share of each.

Authors
 * The turbo_sb developers 2026
"""

import torch
from torch.utils.data import Sampler

from turbo_sb.draws import generator_of


def deal(n, ranks):
    """Whose each place of a batch is, in its order by length.

    To and fro, so that all have about as much to run; a step takes as long as
    the process that has most.

    Arguments
    ---------
    n : int
        Rows of the batch.
    ranks : int
        Number of processes.

    Returns
    -------
    owners : list of int
        A rank for each place; they have equally many, or one more.

    Example
    -------
    >>> deal(8, 3)
    [0, 1, 2, 2, 1, 0, 0, 1]
    """
    there = list(range(ranks))
    return ((there + there[::-1]) * n)[:n]


class SharedBatches(Sampler):
    """The same random batches for any number of processes.

    Each epoch has an order of its own, which depends on nothing but the seed
    and the epoch. Several processes share a batch out by length, as `deal` does. What is left of it beyond whole batches is not used. An
    attribute ``start`` says how many batches of it a run already had.

    Arguments
    ---------
    lengths : list of float
        Of each utterance, in any unit.
    batch_size : int
        Of a batch of all processes together.
    seed : int
        Of the order.
    rank : int
        This process's number.
    ranks : int
        Number of processes.

    Example
    -------
    >>> batches = [list(SharedBatches([1] * 5, 4, 1, rank, 2)) for rank in (0, 1)]
    >>> [len(batch) for batch in batches[0]], len({*batches[0][0], *batches[1][0]})
    ([2], 4)
    """

    start = 0

    def __init__(self, lengths, batch_size, seed, rank=0, ranks=1):
        self.lengths, self.batch_size, self.seed = lengths, batch_size, seed
        self.owners = deal(batch_size, ranks)
        self.sizes = [self.owners.count(each) for each in range(ranks)]
        self.rank, self.epoch = rank, 1

    def set_epoch(self, epoch):
        """Say which epoch comes next.

        Arguments
        ---------
        epoch : int
            From 1.
        """
        self.epoch = epoch

    def __iter__(self):
        generator = generator_of(self.seed, "order", self.epoch)
        order = torch.randperm(len(self.lengths), generator=generator)
        for batch in order.split(self.batch_size)[self.start : len(self)]:
            rows = sorted(batch.tolist(), key=lambda row: -self.lengths[row])
            yield [r for r, o in zip(rows, self.owners) if o == self.rank]

    def __len__(self):
        return len(self.lengths) // self.batch_size
