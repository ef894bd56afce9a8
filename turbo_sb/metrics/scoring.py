"""How a task is scored: emotion by WA and UA, detection by ACC and EER.

A YAML has one: it computes the metrics, and one of them chooses the epoch.

Authors
 * The turbo_sb developers 2026
"""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from turbo_sb import metrics
from turbo_sb.metrics.bootstrap import bootstrap_intervals
from turbo_sb.metrics.det import det_figure
from turbo_sb.metrics.detection import ErrorRates
from turbo_sb.utils.errors import InputError

if TYPE_CHECKING:  # they take seconds to import
    import torch

FALSE_REJECTS = 0.1  # where the false accepts are reported


class Classification:
    """Weighted and unweighted accuracy, of any number of classes.

    Arguments
    ---------
    labels : list of str
        The classes, in the order of the classifier's outputs.
    best_metric : str
        What chooses the best epoch: UA or WA.

    Example
    -------
    >>> import torch
    >>> scoring = Classification(["ang", "hap"])
    >>> scoring.measure(torch.tensor([0, 1]), torch.eye(2))
    {'WA': 1.0, 'UA': 1.0}
    """

    higher, lower = ("UA", "WA"), ()  # that may choose the best epoch

    def __init__(self, labels: list[str], best_metric: str = "UA"):
        self.labels, self.best_metric = list(labels), best_metric
        known = [*self.higher, *self.lower]
        if best_metric not in known:
            raise InputError(
                f"best_metric: {best_metric!r}: expected one of {known}."
            )

    def measure(
        self, targets: "torch.Tensor", probabilities: "torch.Tensor"
    ) -> dict[str, float | None]:
        """The metrics of one evaluation.

        Arguments
        ---------
        targets : (n,) torch.Tensor
            Class indices.
        probabilities : (n, classes) torch.Tensor
            Of the classifier.

        Returns
        -------
        found : dict
            Metric to float, or to None where it is not defined.
        """
        predictions = most_probable(probabilities)
        n_classes = len(self.labels)
        return {
            "WA": metrics.weighted_accuracy(predictions, targets),
            "UA": metrics.unweighted_accuracy(predictions, targets, n_classes),
        }

    def score(self, found: dict[str, float | None]) -> float:
        """The score that early stopping and the choice of a checkpoint use.

        Arguments
        ---------
        found : dict
            Of `measure`.

        Returns
        -------
        score : float
            Higher is better; -inf where the metric is not defined.
        """
        value = found.get(self.best_metric)
        if value is None:
            return -math.inf
        return -value if self.best_metric in self.lower else value

    def measure_test(
        self,
        targets: "torch.Tensor",
        probabilities: "torch.Tensor",
        groups: list[str],
        valid: dict,
    ) -> dict:
        """Results of a test beyond `measure`.

        Arguments
        ---------
        targets : (n,) torch.Tensor
            Class indices.
        probabilities : (n, classes) torch.Tensor
            Of the classifier.
        groups : list of str
            Of `turbo_sb.metrics.bootstrap.speaker_groups`.
        valid : dict
            What `measure` found in the validation of this model.

        Returns
        -------
        found : dict
            Goes into metrics.json.
        """
        return {}

    def draw(
        self,
        path: Path,
        targets: "torch.Tensor",
        probabilities: "torch.Tensor",
        others: dict,
    ) -> None:
        """Draw the figures of the task; here none.

        Arguments
        ---------
        path : pathlib.Path
            Folder for the figures.
        targets : (n,) torch.Tensor
            Class indices.
        probabilities : (n, classes) torch.Tensor
            Of the classifier.
        others : dict
            Name to (scores, targets), to be drawn beside.
        """


class Detection(Classification):
    """ACC, EER, AUC and false accepts of a target among others.

    An utterance's score is the probability of the target class; it is accepted
    at or above the threshold. ACC is of the more probable class.

    Arguments
    ---------
    labels : list of str
        Two classes; the second is the target (device-directed).
    best_metric : str
        What chooses the best epoch: EER, ACC or AUC.

    Example
    -------
    >>> import torch
    >>> scoring = Detection(["non_directed", "directed"])
    >>> probabilities = torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    >>> found = scoring.measure(torch.tensor([0, 1, 1]), probabilities)
    >>> {name: round(value, 3) for name, value in found.items()}
    {'ACC': 0.667, 'EER': 0.0, 'EER_threshold': 0.25, 'AUC': 1.0, 'FAR_at_FRR10': 0.0}
    """

    higher, lower = ("ACC", "AUC"), ("EER",)

    def __init__(self, labels: list[str], best_metric: str = "EER"):
        super().__init__(labels, best_metric)
        if len(self.labels) != 2:
            raise InputError(
                f"labels: {self.labels}: detection takes two, of which the "
                "second is the target, such as [non_directed, directed]."
            )

    def measure(
        self, targets: "torch.Tensor", probabilities: "torch.Tensor"
    ) -> dict[str, float | None]:
        """The metrics of one evaluation."""
        found = dict.fromkeys(
            ("ACC", "EER", "EER_threshold", "AUC", "FAR_at_FRR10")
        )
        predictions = most_probable(probabilities)
        found["ACC"] = metrics.weighted_accuracy(predictions, targets)
        if len(targets.unique()) == 2:
            scores = probabilities[:, 1]
            rates = ErrorRates(scores, targets)
            found["EER"], threshold = rates.eer()
            found["EER_threshold"] = _middle(scores, threshold)
            found["AUC"] = rates.auc()
            found["FAR_at_FRR10"] = rates.false_accepts_at(FALSE_REJECTS)
        return found

    def measure_test(
        self,
        targets: "torch.Tensor",
        probabilities: "torch.Tensor",
        groups: list[str],
        valid: dict,
    ) -> dict:
        """ACC at the validation's threshold, and bootstrap intervals."""
        scores, threshold = probabilities[:, 1], valid.get("EER_threshold")
        accuracy = None
        if threshold is not None:
            accuracy = metrics.accuracy_at(scores, targets, threshold)
        return {
            "ACC_at_valid_EER": accuracy,
            "valid_EER_threshold": threshold,
            **self._intervals(targets, probabilities, groups),
        }

    def _intervals(self, targets, probabilities, groups):
        correct = (probabilities.argmax(dim=-1) == targets).double().numpy()
        statistics = {"ACC": lambda w: float(w @ correct / w.sum())}
        if len(targets.unique()) == 2:
            rates = ErrorRates(probabilities[:, 1], targets)
            statistics["EER"] = lambda weights: rates.eer(weights)[0]
        found = bootstrap_intervals(statistics, groups)
        return {
            "ACC_interval": found["ACC"],
            "EER_interval": found.get("EER"),
            "intervals_by": _unit(groups),
            "n_groups": len(set(groups)),
        }

    def draw(
        self,
        path: Path,
        targets: "torch.Tensor",
        probabilities: "torch.Tensor",
        others: dict,
    ) -> None:
        """Draw the DET curve, as det.png and det.pdf."""
        import torch

        curves = {"model, test set": (probabilities[:, 1], targets), **others}
        curves = {
            name: pair
            for name, pair in curves.items()
            if len(torch.as_tensor(pair[1]).unique()) == 2
        }
        if curves:
            title = f"Detection of {self.labels[1]} speech"
            det_figure(Path(path) / "det", curves, title)


def most_probable(probabilities: "torch.Tensor") -> "torch.Tensor":
    """The class of each row; of NaN, argmax would make one too."""
    odd = ~probabilities.isfinite().all(dim=-1)
    if odd.any():
        raise InputError(
            f"{int(odd.sum())} of {len(odd)} utterances have probabilities "
            f"that are NaN or infinite, first number {int(odd.int().argmax())}."
        )
    return probabilities.argmax(dim=-1)


def _middle(scores, threshold):
    """The middle of the thresholds that accept the same scores.

    The highest is a score itself, and would miss more on other scores.
    """
    accepted = scores >= threshold
    if accepted.all() or not accepted.any():
        return threshold
    return (scores[accepted].min() + scores[~accepted].max()).item() / 2


def _unit(groups):
    """What the bootstrap draws: speakers, utterances or both."""
    kinds = {group.partition(" ")[0] for group in groups}
    return " or ".join(sorted(kinds))
