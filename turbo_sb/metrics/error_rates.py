"""Misses and false accepts of a detector, at every threshold.

An utterance is accepted when its score is >= the threshold. A miss is a target
that is not accepted, a false accept any other utterance that is.

Authors
 * The turbo_sb developers 2026
"""

import math
from collections.abc import Sequence

import numpy as np

from turbo_sb.metrics.checks import as_floats, checked_scores
from turbo_sb.utils.errors import InputError


class ErrorRates:
    """Misses and false accepts at every threshold, from one sorting.

    Each method takes weights of the utterances, such as their counts in a
    bootstrap resample, in O(n) without sorting.

    Utterances of one score are accepted together. Between two such operating
    points the rates are interpolated linearly.

    Arguments
    ---------
    scores : (n,) torch.Tensor or sequence of float
        Finite; higher means more probably a target.
    targets : (n,) torch.Tensor or sequence of int
        1 for a target (device-directed), 0 for the rest; both occur.

    Raises
    ------
    InputError
        If a score is not finite, a target neither 1 nor 0, or a class missing.

    Example
    -------
    >>> rates = ErrorRates([4, 3, 2, 1], [1, 1, 0, 0])
    >>> rates.eer(), rates.auc(), rates.false_accepts_at(0.5)
    ((0.0, 3.0), 1.0, 0.0)
    >>> rates.eer(weights=[0, 2, 1, 0])
    (0.0, 3.0)
    """

    def __init__(self, scores: Sequence[float], targets: Sequence[int]):
        scores, targets = checked_scores(scores, targets)
        self.n_target = int(targets.sum())
        self.n_other = len(targets) - self.n_target
        if not self.n_target or not self.n_other:
            raise InputError(
                "detection errors need scores of both classes; came: "
                f"{self.n_target} targets, {self.n_other} others."
            )
        self._order = np.argsort(-scores)
        self._targets = targets[self._order].astype(np.float64)
        scores = scores[self._order]
        last = np.append(scores[1:] != scores[:-1], True)
        self._last = np.flatnonzero(last)  # of each score's utterances
        self._scores = scores[self._last]

    def rates(
        self, weights: Sequence[float] | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The operating points, from accepting nothing to accepting all.

        Arguments
        ---------
        weights : (n,) sequence of float, optional
            Of the utterances, >= 0. A score without weight is no threshold.

        Returns
        -------
        thresholds : (points,) numpy.ndarray
            Falling; the first is infinite and accepts nothing.
        miss : (points,) numpy.ndarray
            Share of the targets below the threshold, falling from 1 to 0; nan
            if no target has weight.
        false : (points,) numpy.ndarray
            Share of the others at or above it, rising from 0 to 1; nan if
            none of them has weight.

        Example
        -------
        >>> ErrorRates([2, 1, 1], [1, 1, 0]).rates()
        (array([inf,  2.,  1.]), array([1. , 0.5, 0. ]), array([0., 0., 1.]))
        """
        weights = 1.0 if weights is None else self._ordered(weights)
        hits = self._points(weights * self._targets)
        false = self._points(weights * (1 - self._targets))
        # Points that accept nothing new would shift the EER's threshold.
        moved = np.append(True, (np.diff(hits) > 0) | (np.diff(false) > 0))
        hits, false = hits[moved], false[moved]
        with np.errstate(invalid="ignore"):
            # Not 1 - share: 3 misses in 10 have to equal 0.3.
            miss = (hits[-1] - hits) / hits[-1]
            false = false / false[-1]
        thresholds = np.append(math.inf, self._scores)[moved]
        return thresholds, miss, false

    def eer(
        self, weights: Sequence[float] | None = None
    ) -> tuple[float, float]:
        """Equal error rate and its threshold; see `equal_error_rate`.

        Arguments
        ---------
        weights : (n,) sequence of float, optional
            Of the utterances, >= 0.

        Returns
        -------
        eer : float
            nan if only one class has weight.
        threshold : float
        """
        thresholds, miss, false = self.rates(weights)
        if np.isnan(miss + false).any():
            return math.nan, math.nan
        after = int(np.argmax(false >= miss))
        fall = miss[after - 1] - false[after - 1]
        rise = false[after] - miss[after]
        part = fall / (fall + rise)
        # Above the highest score there is nothing to interpolate with.
        highest = thresholds[max(after - 1, 1)]
        threshold = _between(highest, thresholds[after], part)
        return _between(false[after - 1], false[after], part), threshold

    def auc(self, weights: Sequence[float] | None = None) -> float:
        """Area under the ROC curve; see `roc_auc`.

        Arguments
        ---------
        weights : (n,) sequence of float, optional
            Of the utterances, >= 0.

        Returns
        -------
        auc : float
            nan if only one class has weight.
        """
        _, miss, false = self.rates(weights)
        if np.isnan(miss + false).any():
            return math.nan
        return float(1 - np.diff(false) @ (miss[1:] + miss[:-1]) / 2)

    def false_accepts_at(
        self, miss_rate: float, weights: Sequence[float] | None = None
    ) -> float:
        """How many of the others are accepted; see `false_accept_rate`.

        Arguments
        ---------
        miss_rate : float
            In [0, 1].
        weights : (n,) sequence of float, optional
            Of the utterances, >= 0.

        Returns
        -------
        rate : float
            nan if only one class has weight.
        """
        if not 0 <= miss_rate <= 1:
            raise InputError(f"miss_rate is {miss_rate}, expected 0 to 1.")
        _, miss, false = self.rates(weights)
        if np.isnan(miss + false).any():
            return math.nan
        after = int(np.argmax(miss <= miss_rate))  # the first: fewest accepts
        if after == 0:
            return 0.0
        part = (miss[after - 1] - miss_rate) / (miss[after - 1] - miss[after])
        return _between(false[after - 1], false[after], part)

    def _ordered(self, weights):
        """The checked weights, by falling score."""
        weights = as_floats("weights", weights)
        if weights.shape != self._order.shape:
            raise InputError(
                f"weights have the shape {weights.shape}, expected "
                f"{self._order.shape}: one an utterance."
            )
        if not (weights.min() >= 0 and weights.max() < math.inf):
            raise InputError(
                f"weights go from {weights.min()} to {weights.max()}; "
                "expected finite numbers >= 0."
            )
        if not np.isfinite(weights.sum()):  # shares are all that counts
            weights = weights / weights.max()
        return weights[self._order]

    def _points(self, values):
        """Sums of all values down to each score, from 0."""
        return np.append(0.0, np.cumsum(values)[self._last])


def _between(start, end, part):
    """Interpolate, never beyond an end: a threshold must accept its score."""
    value = (1 - part) * start + part * end
    return float(np.clip(value, min(start, end), max(start, end)))
