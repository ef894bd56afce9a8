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

    Arguments
    ---------
    runs : list of turbo_sb.training.finished.FinishedRun
        A fold each.
    alone : str, optional
        Of `turbo_sb.training.finished.ALONE`: the predictions from one modality.

    Example
    -------
    >>> from turbo_sb.evaluation.report.pool import Pool
    >>> Pool([]).keys
    []
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
    def right(self):
        """(n,) numpy.ndarray of bool: where the prediction is the label."""
        return self.predictions == self.targets

    def statistics(self, names):
        """The metrics as functions of the utterances' weights.

        Arguments
        ---------
        names : sequence of str
            Of `TASKS`.

        Returns
        -------
        statistics : dict
            Name to a callable, of (n,) numpy.ndarray of weights, that
            returns a float, nan where it is not defined.
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
    """What one method did in one protocol: a pool for each seed.

    Arguments
    ---------
    name : str
        As the report calls it.
    runs : list of turbo_sb.training.finished.FinishedRun
        Of all folds and seeds.
    pools : dict
        Seed to `Pool`.
    names : tuple of str
        The task's metrics.
    """

    name: str
    runs: list
    pools: dict
    names: tuple

    @property
    def folds(self):
        """The folds that at least one seed has, sorted."""
        return sorted({run.fold for run in self.runs})

    @property
    def seeds(self):
        """The seeds, sorted; [None] where there is no randomness."""
        return list(self.pools)

    def alone(self, name):
        """The same runs, as they predict from one modality.

        Arguments
        ---------
        name : str
            Of `turbo_sb.training.finished.ALONE`.

        Returns
        -------
        method : Method
        """
        return dataclasses.replace(self, pools=_by_seed(self.runs, name))


def gather(runs):
    """Sort finished runs by protocol and method, and read their predictions.

    Arguments
    ---------
    runs : list of turbo_sb.training.finished.FinishedRun
        Of one task.

    Returns
    -------
    protocols : dict
        Protocol to a list of `Method`, in the order of the runs.

    Raises
    ------
    InputError
        If the runs are of different tasks.

    Example
    -------
    >>> gather([])
    {}
    """
    tasks = {task for run in runs for task in TASKS if task in run.metrics}
    labels = {tuple(run.labels) for run in runs}
    if runs and (len(tasks) != 1 or len(labels) != 1):
        raise InputError(
            "the runs are of different tasks, with the labels "
            f"{sorted(map(list, labels))}. Give a folder of one."
        )
    grouped = defaultdict(lambda: defaultdict(list))
    for run in runs:
        grouped[run.protocol][run.method].append(run)
    names = TASKS[tasks.pop()] if runs else ()
    return {
        protocol: [_method(name, own, names) for name, own in methods.items()]
        for protocol, methods in grouped.items()
    }


def _method(name, runs, names):
    return Method(name, runs, _by_seed(runs), names)


def _by_seed(runs, alone=None):
    """Seed to the pool of its runs, in the order of the runs."""
    seeds = dict.fromkeys(run.seed for run in runs)
    return {
        seed: Pool([run for run in runs if run.seed == seed], alone)
        for seed in seeds
    }
