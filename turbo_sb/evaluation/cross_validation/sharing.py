"""One training for folds of the same training set.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses
import hashlib
import json

from turbo_sb.evaluation.cross_validation.plan import Training
from turbo_sb.evaluation.jobs import Job
from turbo_sb.training.resuming import plain, reason_to_train_alone

# Settings that may differ between folds of one training.
OWN = {
    "fold",
    "output_folder",
    "loggers.output_folder",
    "checkpointer.checkpoints_dir",
}


@dataclasses.dataclass
class SharedTraining(Job):
    """A job that trains once for several folds, and tests each of them."""

    trainings: list = dataclasses.field(default_factory=list)

    @property
    def runs(self) -> list[Job]:
        """The run of each fold."""
        return self.trainings

    def is_finished(self) -> bool:
        """Whether the results of all folds are there."""
        return all(training.is_finished() for training in self.trainings)

    def epochs_done(self) -> int:
        """As many as the fold has that is furthest."""
        return max(training.epochs_done() for training in self.trainings)

    def prepare(self) -> None:
        """Write each fold's sets; say in the logs of others where theirs is."""
        for training in self.trainings:
            training.prepare()
            if training.log != self.log:
                training.note(f"{self.name} are trained together: {self.log}")


def share(trainings: list[Training]) -> list[Job]:
    """Make one job of the trainings that differ in no more than the fold.

    Their training sets are the same, entry by entry, and so are all settings.
    The jobs come in the order of their first trainings.
    """
    groups = {}
    for training in trainings:
        groups.setdefault(_key(training), []).append(training)
    return [_together(group) for group in groups.values()]


def _key(training):
    """Equal for trainings that go alike; unique where one cannot be shared."""
    known = training.settings
    # Older YAMLs have no such key.
    if "also_folds" not in known or reason_to_train_alone(known):
        return training.name
    settings = plain(known).items()
    alike = {key: value for key, value in settings if key not in OWN}
    members = list(training.sets["train"].items())  # the order counts, too
    text = json.dumps([training.kind, alike, members], default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _together(group):
    """One job for a group; a single training is one already."""
    first = group[0]
    if len(group) == 1:
        return first
    folds = [training.settings["fold"] for training in group]
    also = {k: str(t.folder) for k, t in zip(folds[1:], group[1:])}
    numbers, seed = ", ".join(map(str, folds)), first.settings["seed"]
    return SharedTraining(
        name=f"{first.kind} folds {numbers} seed {seed}",
        folder=first.folder,
        arguments=[*first.arguments, f"--also_folds={json.dumps(also)}"],
        place=first.place,
        epochs=first.epochs,
        kind=first.kind,
        trainings=group,
    )
