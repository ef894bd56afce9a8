"""Draw the batches of a training, and deal them to processes.

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


def deal(n: int, ranks: int) -> list[int]:
    """Assign the n rows of a batch, sorted by length, to ranks."""
    # To and fro, so that all ranks have about the same length: a step takes as
    # long as the slowest.
    there = list(range(ranks))
    return ((there + there[::-1]) * n)[:n]


@register_checkpoint_hooks
class SharedBatches(Sampler):
    """Draw the same random batches for any number of processes.

    The order depends on the seed and the epoch alone. Processes share each
    batch so that they have about the same length. Utterances beyond whole
    batches are not used. The attribute ``start`` is the number of batches that
    a run has already had of the epoch.

    Arguments
    ---------
    lengths : list of float
        Of each utterance, in any unit.
    batch_size : int
        Of a batch of all processes together.
    seed : int
        Of the order.
    rank : int
        Number of this process.
    ranks : int
        Number of processes.

    Example
    -------
    >>> batches = [list(SharedBatches([1] * 5, 4, 1, rank, 2)) for rank in (0, 1)]
    >>> [len(batch) for batch in batches[0]], len({*batches[0][0], *batches[1][0]})
    ([2], 4)
    """

    start = 0

    def __init__(
        self,
        lengths: list[float],
        batch_size: int,
        seed: int,
        rank: int = 0,
        ranks: int = 1,
    ):
        self.lengths, self.batch_size, self.seed = lengths, batch_size, seed
        self.owners = deal(batch_size, ranks)
        self.sizes = [self.owners.count(each) for each in range(ranks)]
        self.rank, self.epoch = rank, 1

    def set_epoch(self, epoch: int) -> None:
        """Set the next epoch.

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
        """Reject other batches: an epoch continues at a number of batches."""
        with open(path, encoding="utf-8") as file:
            before = json.load(file)
        if before != self._facts():
            raise of_all(
                f"the training that continues had batches of {before[1]} from "
                f"{before[0]} utterances; now {self.batch_size} from "
                f"{len(self.lengths)}. With batch_size_per_process, keep the "
                "number of processes; batch_size is that of all processes."
            )

    def _facts(self):
        return [len(self.lengths), self.batch_size]
