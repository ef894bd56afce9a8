"""The test predictions of a method over its folds, for each seed.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses
from collections import defaultdict

import numpy as np

from turbo_sb.metrics import ErrorRates
from turbo_sb.utils.errors import InputError

# What a task reports: the first is a share of right predictions.
TASKS = {"WA": ("WA", "UA"), "ACC": ("ACC", "EER")}
KINDS = ("kind", "corpus")  # fields whose values are reported apart


class Pool:
    """One seed's predictions over all folds, each with its utterance.

    `alone` is of `turbo_sb.training.run_folder.ALONE`: the predictions from one
    modality.
    """

    def __init__(self, runs, alone=None):
        self.keys, self.entries, parts = [], [], defaultdict(list)
        self.n_classes = len(runs[0].labels) if runs else 0
        for run in runs:
            found, manifest = run.predictions(alone), run.manifest("test")
            self.keys += [(run.fold, ID) for ID in found["ids"]]
            self.entries += [manifest.get(ID, {}) for ID in found["ids"]]
            for name in ("targets", "predictions", "probabilities"):
                parts[name].append(found[name])
        arrays = {name: np.concatenate(part) for name, part in parts.items()}
        self.targets = arrays.get("targets")
        self.predictions = arrays.get("predictions")
        self.probabilities = arrays.get("probabilities")

    @property
    def right(self) -> np.ndarray:
        """(n,) bool: where the prediction is the label."""
        return self.predictions == self.targets

    def statistics(self, names) -> dict:
        """Name of a metric of `TASKS` to a function of (n,) weights.

        The functions return a float: nan where the metric is not defined.
        """
        known = {
            "WA": self._accuracy,
            "ACC": self._accuracy,
            "UA": self._mean_recall,
        }
        if "EER" in names:
            known["EER"] = self._eer()
        return {name: known[name] for name in names}

    def _accuracy(self, weights):
        total = weights.sum()
        return float(weights @ self.right / total) if total else np.nan

    def _mean_recall(self, weights):
        size = dict(minlength=self.n_classes)
        held = np.bincount(self.targets, weights, **size)
        hits = np.bincount(self.targets, weights * self.right, **size)
        there = held > 0
        return (
            float(np.mean(hits[there] / held[there])) if any(there) else np.nan
        )

    def _eer(self):
        """Return the EER of the second class, sorted once."""
        if set(np.unique(self.targets)) != {0, 1}:
            return lambda weights: np.nan
        rates = ErrorRates(self.probabilities[:, 1], self.targets)
        return lambda weights: rates.eer(weights)[0]


@dataclasses.dataclass
class Method:
    """What one method did in one protocol.

    ``pools`` maps each seed to its `Pool`; ``names`` are the task's metrics.
    """

    name: str
    runs: list
    pools: dict
    names: tuple

    @property
    def folds(self) -> list:
        """The folds that at least one seed has, sorted."""
        return sorted({run.fold for run in self.runs})

    @property
    def seeds(self) -> list:
        """The seeds, sorted; [None] where there is no randomness."""
        return list(self.pools)

    def alone(self, name: str) -> "Method":
        """The same runs with their predictions from one modality."""
        return dataclasses.replace(self, pools=_by_seed(self.runs, name))


def gather(runs: list) -> dict[str, list[Method]]:
    """Group finished runs by protocol and method, and read their predictions.

    An InputError if the runs are of different tasks.
    """
    tasks = {task for run in runs for task in TASKS if task in run.metrics}
    labels = {tuple(run.labels) for run in runs}
    for run in runs:
        if not any(run.metrics.get(task) is not None for task in TASKS):
            raise InputError(
                f"{run.folder}: its metrics.json has neither of {list(TASKS)}. "
                "Run it again, or take its folder out."
            )
    if runs and (len(tasks) != 1 or len(labels) != 1):
        raise InputError(
            "the runs are of different tasks, with the labels "
            f"{sorted(map(list, labels))}. Give the folder of one task."
        )
    grouped = defaultdict(lambda: defaultdict(list))
    for run in runs:
        grouped[run.protocol][run.method].append(run)
    names = TASKS[tasks.pop()] if runs else ()
    return {
        protocol: [
            Method(name, own, _by_seed(own), names)
            for name, own in methods.items()
        ]
        for protocol, methods in grouped.items()
    }


def _by_seed(runs, alone=None):
    """Seed to the pool of its runs, in the order of the runs."""
    seeds = dict.fromkeys(run.seed for run in runs)
    return {
        seed: Pool([run for run in runs if run.seed == seed], alone)
        for seed in seeds
    }
