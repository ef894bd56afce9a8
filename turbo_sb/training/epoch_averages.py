"""Means over an epoch that survive an interruption within it.

Authors
 * The turbo_sb developers 2026
"""

import json

from speechbrain.utils.checkpoints import (
    mark_as_loader,
    mark_as_saver,
    register_checkpoint_hooks,
)


@register_checkpoint_hooks
class Averages:
    """The mean of each term over the steps of an epoch.

    Sums stay on the terms' device, so that nothing waits for it. A checkpoint
    within an epoch holds them in full, and ``n_skipped``, the number of batches
    that were left out.

    >>> import torch
    >>> averages = Averages()
    >>> for value in (1.0, 3.0):
    ...     averages.add({"ce": torch.tensor(value)})
    >>> averages.means()
    {'ce': 2.0}
    """

    def __init__(self):
        self.reset()

    def reset(self) -> None:
        """Begin an epoch."""
        self.sums, self.n_steps, self.n_skipped = {}, 0, 0

    def add(self, terms) -> None:
        """Add one step's terms, name to () torch.Tensor."""
        self.n_steps += 1
        for name, term in terms.items():
            so_far = self.sums.get(name, 0.0)
            self.sums[name] = so_far + term.detach().double()

    def means(self) -> dict[str, float]:
        """The means so far, name to float; empty before the first step."""
        return {
            k: float(total) / self.n_steps for k, total in self.sums.items()
        }

    @mark_as_saver
    def _save(self, path):
        sums = {name: float(total) for name, total in self.sums.items()}
        with open(path, "w", encoding="utf-8") as file:
            json.dump([self.n_steps, self.n_skipped, sums], file)

    @mark_as_loader
    def _recover(self, path, end_of_epoch=True):
        if end_of_epoch:
            return
        with open(path, encoding="utf-8") as file:
            self.n_steps, self.n_skipped, sums = json.load(file)
        self.sums = {name: float(total) for name, total in sums.items()}
