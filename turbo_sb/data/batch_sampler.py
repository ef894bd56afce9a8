"""Batches of a whole training, and a process's share of each.

Authors
 * The turbo_sb developers 2026
"""

import json

import torch
from speechbrain.utils.checkpoints import (
    mark_as_loader,
    mark_as_saver,
    register_checkpoint_hooks,
)
from torch.utils.data import Sampler

from turbo_sb.utils.distributed import of_all
from turbo_sb.utils.seeding import generator_of


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


@register_checkpoint_hooks
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

    @mark_as_saver
    def _save(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self._facts(), file)

    @mark_as_loader
    def _recover(self, path, end_of_epoch=True):
        """Where an epoch goes on is a number of batches, of these."""
        with open(path, encoding="utf-8") as file:
            before = json.load(file)
        if before != self._facts():
            raise of_all(
                f"the training that goes on had batches of {before[1]}, of "
                f"{before[0]} utterances; now they are of {self.batch_size}, "
                f"of {len(self.lengths)}. With batch_size_per_process, the "
                "number of processes has to stay; batch_size is of all."
            )

    def _facts(self):
        return [len(self.lengths), self.batch_size]
