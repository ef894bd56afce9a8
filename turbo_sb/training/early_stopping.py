"""Early stopping that survives a resume.

Authors
 * The turbo_sb developers 2026
"""

import math

import yaml
from speechbrain.utils.checkpoints import (
    mark_as_loader,
    mark_as_saver,
    register_checkpoint_hooks,
)
from speechbrain.utils.epoch_loop import EpochCounter

from turbo_sb.utils.errors import InputError


@register_checkpoint_hooks
class EarlyStopping(EpochCounter):
    """Count epochs until a metric has not risen for `patience` of them.

    SpeechBrain 1.1's EpochCounterWithStopper loses its state in a checkpoint
    (its hooks are not registered), and counts an equal score as a rise.

    Arguments
    ---------
    limit : int
        Number of epochs at most.
    patience : int
        Number of epochs without a new best after which to stop.

    Example
    -------
    >>> epochs = EarlyStopping(limit=100, patience=2)
    >>> for epoch, accuracy in zip(epochs, [0.5, 0.7, 0.7, 0.6, 0.9]):
    ...     epochs.update(accuracy)
    >>> epoch, epochs.best_epoch
    (4, 2)
    """

    def __init__(self, limit: int, patience: int):
        super().__init__(limit)
        if limit < 1 or patience < 1:
            raise InputError(
                "number_of_epochs and patience are at least 1; came: "
                f"{limit} and {patience}."
            )
        self.patience = patience
        self.best_score = -math.inf
        self.best_epoch = 0

    def __next__(self):
        if self.has_ended():
            raise StopIteration
        return super().__next__()

    def has_ended(self) -> bool:
        """Whether there is no further epoch.

        Returns
        -------
        ended : bool
        """
        waited = self.current - self.best_epoch if self.best_epoch else 0
        return waited >= self.patience or self.current >= self.limit

    def update(self, score: float) -> None:
        """Note the epoch's score. Call it once an epoch, before saving.

        Arguments
        ---------
        score : float
            Higher is better.
        """
        if score > self.best_score:
            self.best_score, self.best_epoch = float(score), self.current

    @mark_as_saver
    def _save(self, path):
        state = {
            "current": self.current,
            "best_score": self.best_score,
            "best_epoch": self.best_epoch,
        }
        with open(path, "w", encoding="utf-8") as file:
            yaml.safe_dump(state, file)

    @mark_as_loader
    def _recover(self, path, end_of_epoch=True):
        with open(path, encoding="utf-8") as file:
            state = yaml.safe_load(file)
        # A checkpoint from within an epoch resumes that epoch.
        self.current = state["current"] - (0 if end_of_epoch else 1)
        self.best_score = state["best_score"]
        self.best_epoch = state["best_epoch"]
