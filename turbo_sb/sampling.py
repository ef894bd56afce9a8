"""Batches of a whole training, and a process's share of each.

Authors
 * The turbo_sb developers 2026
"""

import torch
from torch.utils.data import Sampler

from turbo_sb.draws import generator_of


def shares(n, ranks):
    """How many rows of a batch each process runs.

    Arguments
    ---------
    n : int
        Rows of the batch.
    ranks : int
        Number of processes.

    Returns
    -------
    sizes : list of int
        They differ by one at most.

    Example
    -------
    >>> shares(8, 3)
    [3, 3, 2]
    """
    return [n // ranks + (rank < n % ranks) for rank in range(ranks)]


class SharedBatches(Sampler):
    """The same random batches for any number of processes.

    Each epoch has an order of its own, which depends on nothing but the seed
    and the epoch. What is left of it beyond whole batches is not used. An
    attribute ``start`` says how many batches of it a run already had.

    Arguments
    ---------
    n : int
        Number of utterances.
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
    >>> batches = [list(SharedBatches(5, 4, 1, rank, 2)) for rank in (0, 1)]
    >>> [len(batch) for batch in batches[0]], len({*batches[0][0], *batches[1][0]})
    ([2], 4)
    """

    start = 0

    def __init__(self, n, batch_size, seed, rank=0, ranks=1):
        self.n, self.batch_size, self.seed = n, batch_size, seed
        self.sizes = shares(batch_size, ranks)
        self.first = sum(self.sizes[:rank])
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
        order = torch.randperm(self.n, generator=generator)
        for batch in order.split(self.batch_size)[self.start : len(self)]:
            own = batch[self.first : self.first + self.sizes[self.rank]]
            yield own.tolist()

    def __len__(self):
        return self.n // self.batch_size
