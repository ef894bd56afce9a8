"""Errors of a detector: EER, AUC, false accepts at a miss rate, accuracy.

An utterance is accepted when its score is >= the threshold. A miss is a target
that is not accepted, a false accept any other utterance that is.

Authors
 * The turbo_sb developers 2026
"""

import math
from collections.abc import Sequence
from numbers import Real

from turbo_sb.metrics.checks import checked_scores
from turbo_sb.metrics.error_rates import ErrorRates
from turbo_sb.utils.errors import InputError


def equal_error_rate(
    scores: Sequence[float], targets: Sequence[int]
) -> tuple[float, float]:
    """EER: where false accepts and misses are equally frequent.

    An utterance is accepted when its score is >= the threshold. Between two
    operating points, the two rates are interpolated linearly, which is the
    crossing of the ROC curve with the line of equal errors.

    Arguments
    ---------
    scores : (n,) torch.Tensor or sequence of float
        Finite; higher means more probably a target.
    targets : (n,) torch.Tensor or sequence of int
        1 for a target (device-directed), 0 for the rest.

    Returns
    -------
    eer : float
        In [0, 1].
    threshold : float
        The score at which it is reached: finite, one of the scores or between
        two neighbours. No threshold need have the very EER; the misses and
        the false accepts at this one are those of one of the two operating
        points around it, and the EER lies between the two rates.

    Raises
    ------
    InputError
        If a score is not finite, a target neither 1 nor 0, or a class missing.

    Example
    -------
    >>> equal_error_rate([0.1, 0.4, 0.6, 0.9], [0, 1, 0, 1])
    (0.5, 0.6)
    """
    return ErrorRates(scores, targets).eer()


def roc_auc(scores: Sequence[float], targets: Sequence[int]) -> float:
    """Area under the ROC curve: how often a target scores above another.

    Arguments
    ---------
    scores : (n,) torch.Tensor or sequence of float
        Finite; higher means more probably a target.
    targets : (n,) torch.Tensor or sequence of int
        1 for a target (device-directed), 0 for the rest.

    Returns
    -------
    auc : float
        Share of the pairs of a target and another utterance in which the
        target scores higher; a tie counts one half.

    Example
    -------
    >>> roc_auc([0.1, 0.4, 0.6, 0.9], [0, 1, 0, 1])
    0.75
    """
    return ErrorRates(scores, targets).auc()


def false_accept_rate(
    scores: Sequence[float], targets: Sequence[int], miss_rate: float = 0.1
) -> float:
    """Share of the others that is accepted where `miss_rate` is missed.

    Arguments
    ---------
    scores : (n,) torch.Tensor or sequence of float
        Finite; higher means more probably a target.
    targets : (n,) torch.Tensor or sequence of int
        1 for a target (device-directed), 0 for the rest.
    miss_rate : float
        Share of the targets that may be missed, in [0, 1].

    Returns
    -------
    rate : float
        Interpolated linearly between operating points, as the EER is; the
        lowest where several have this miss rate.

    Example
    -------
    >>> false_accept_rate([4, 3, 2, 1], [1, 0, 1, 0], miss_rate=0)
    0.5
    >>> false_accept_rate([4, 3, 2, 1], [1, 0, 1, 0], miss_rate=0.5)
    0.0
    """
    return ErrorRates(scores, targets).false_accepts_at(miss_rate)


def accuracy_at(
    scores: Sequence[float], targets: Sequence[int], threshold: float
) -> float:
    """Share of all utterances that a threshold decides correctly.

    Arguments
    ---------
    scores : (n,) torch.Tensor or sequence of float
        Finite; higher means more probably a target.
    targets : (n,) torch.Tensor or sequence of int
        1 for a target (device-directed), 0 for the rest.
    threshold : float
        A score >= it is accepted; infinite to accept nothing, or all.

    Returns
    -------
    accuracy : float

    Example
    -------
    >>> accuracy_at([0.1, 0.4, 0.6, 0.9], [0, 1, 0, 1], threshold=0.6)
    0.5
    """
    scores, targets = checked_scores(scores, targets)
    if not isinstance(threshold, Real) or math.isnan(threshold):
        raise InputError(f"threshold is {threshold}, expected a score.")
    return float(((scores >= threshold) == targets).mean())
