"""One training for several folds, each with the bytes of a training alone.

Every fold validates each epoch, keeps its own best epoch, and stops by itself;
the training ends with the last of them. It goes on from the fold that is least
far, and the others join when it has reached them.

Authors
 * The turbo_sb developers 2026
"""

from collections.abc import Iterator

import speechbrain as sb

from turbo_sb.training.folds import Fold
from turbo_sb.training.resumable_brain import ResumableBrain
from turbo_sb.utils.distributed import of_all, on_main


class SharedTraining(ResumableBrain):
    """A Brain that trains once for all folds of a training set.

    ``hparams`` needs, beside `ResumableBrain`'s: checkpointer.

    Example
    -------
    >>> SharedTraining(run_opts={"device": "cpu"}).folds
    ()

    See Also
    --------
    speechbrain.Brain : the arguments.
    """

    facts = {}  # added to metrics.json
    others = {}  # drawn beside the model's curve, name to (scores, targets)
    folds = ()  # of `take`
    present = ()  # those that the epoch counts for

    def take(self, folds: list[Fold]) -> None:
        """Take the folds to train for, and be the one to go on from.

        Arguments
        ---------
        folds : list of Fold
            The first is that of the YAML.
        """
        if len(folds) > 1:
            if self.on_trial:
                raise of_all("--debug tries one fold: leave out also_folds.")
            self.folds = folds
            for fold in folds:
                fold.find_epoch()
        going = [fold for fold in folds if not _has_ended(fold)]
        self.turn_to(
            min(going or folds, key=lambda f: (f.counter.current, -f.step))
        )

    def turn_to(self, fold: Fold) -> None:
        """Validate, save, log and test as this fold from now on.

        Arguments
        ---------
        fold : Fold
            Of those that were taken.
        """
        self.hparams, self.facts = fold.namespace, fold.facts
        self.others, self.checkpointer = fold.others, self.hparams.checkpointer
        fold.use_counter()

    def fit(self, epoch_counter, *args, **kwargs) -> None:
        """Train until every fold has stopped.

        Arguments
        ---------
        epoch_counter : iterable
            As in SpeechBrain; of several folds, each has its own.
        *args
            As in SpeechBrain.
        **kwargs
            As in SpeechBrain.
        """
        if self.folds:
            epoch_counter = self._epochs()
        super().fit(epoch_counter, *args, **kwargs)

    def on_fit_start(self) -> None:
        """Resume; prepare what each fold needs of its own."""
        super().on_fit_start()
        on_main(self._point_to_log)
        for fold in self.folds:
            fold.valid_loader = self.make_dataloader(
                fold.datasets["valid"],
                stage=sb.Stage.VALID,
                ckpt_prefix=None,
                **fold.loaders["valid"],
            )
            self.rewind(fold.hparams["loggers"], fold.counter.current)

    def _point_to_log(self):
        """Say in the other folds' log.txt where theirs goes on."""
        for fold in self.folds[1:]:
            with open(f"{fold.folder}/log.txt", "a", encoding="utf-8") as log:
                log.write(
                    f"One training for the folds {self.numbers()}: it is "
                    f"logged in {self.folds[0].folder}/log.txt\n"
                )

    def numbers(self) -> list[int]:
        """The folds that are trained together.

        Returns
        -------
        numbers : list of int
            Empty where a fold is trained alone.
        """
        return sorted(fold.number for fold in self.folds)

    def _epochs(self) -> Iterator[int]:
        """The epochs that any fold still needs."""
        while going := [f for f in self.folds if not _has_ended(f)]:
            done = min(fold.counter.current for fold in going)
            self.present = [f for f in going if f.counter.current == done]
            for fold in self.present:
                next(fold.counter)
            self.turn_to(self.present[0])
            yield self.epoch

    def _fit_valid(self, valid_set, epoch, enable):
        """Validate as each fold that the epoch counts for."""
        if not self.folds:
            super()._fit_valid(valid_set, epoch, enable)
        for fold in self.present:
            self.turn_to(fold)
            super()._fit_valid(fold.valid_loader, epoch, enable)

    def _leave_after_epoch(self):
        """Leave when all folds have saved the epoch."""
        if not self.folds or self.hparams is self.present[-1].namespace:
            super()._leave_after_epoch()

    def _result_folders(self):
        """Of all folds that the step is taken for."""
        folders = [fold.folder for fold in self.present]
        return folders or super()._result_folders()


def _has_ended(fold):
    """Whether the fold needs no more epochs."""
    return fold.counter.has_ended()
