"""Confusion matrix, weighted and unweighted accuracy.

Authors
 * The turbo_sb developers 2026
"""

import math
import warnings
from collections.abc import Sequence

import numpy as np

from turbo_sb.metrics.checks import as_floats, check_pairs
from turbo_sb.utils.errors import InputError


def confusion_matrix(
    predictions: Sequence[int], targets: Sequence[int], n_classes: int
) -> np.ndarray:
    """Count predictions by class.

    Arguments
    ---------
    predictions : (n,) torch.Tensor or sequence of int
        Class indices.
    targets : (n,) torch.Tensor or sequence of int
        Class indices.
    n_classes : int
        Number of classes.

    Returns
    -------
    counts : (classes, classes) numpy.ndarray of int
        Row: target; column: prediction.

    Example
    -------
    >>> confusion_matrix([0, 1, 1], [0, 0, 1], n_classes=2)
    array([[1, 1],
           [0, 1]])
    """
    # Here: scikit-learn takes seconds to import.
    from sklearn.metrics import confusion_matrix as count

    predictions, targets = _checked(predictions, targets, n_classes)
    return count(targets, predictions, labels=range(n_classes))


def weighted_accuracy(
    predictions: Sequence[int], targets: Sequence[int]
) -> float:
    """WA: the share of all utterances that are classified correctly.

    Arguments
    ---------
    predictions : (n,) torch.Tensor or sequence of int
        Class indices.
    targets : (n,) torch.Tensor or sequence of int
        Class indices.

    Returns
    -------
    accuracy : float

    Example
    -------
    >>> weighted_accuracy([0, 0, 0, 0], [0, 0, 0, 1])
    0.75
    """
    predictions, targets = _checked(predictions, targets)
    return float(np.mean(predictions == targets))


def unweighted_accuracy(
    predictions: Sequence[int], targets: Sequence[int], n_classes: int
) -> float:
    """UA: the mean over classes of the recall of each.

    Arguments
    ---------
    predictions : (n,) torch.Tensor or sequence of int
        Class indices.
    targets : (n,) torch.Tensor or sequence of int
        Class indices.
    n_classes : int
        Number of classes; one that no target has is left out of the mean.

    Returns
    -------
    accuracy : float

    Example
    -------
    >>> unweighted_accuracy([0, 0, 0, 0], [0, 0, 0, 1], n_classes=2)
    0.5
    """
    from sklearn.metrics import balanced_accuracy_score

    predictions, targets = _checked(predictions, targets, n_classes)
    with warnings.catch_warnings():  # of classes that no target has
        warnings.filterwarnings("ignore", category=UserWarning)
        return float(balanced_accuracy_score(targets, predictions))


def _checked(predictions, targets, n_classes=None):
    """Both as arrays; reject invalid class indices."""
    predictions = as_floats("predictions", predictions)
    targets = as_floats("targets", targets)
    check_pairs(predictions, targets)
    if n_classes is not None and not n_classes >= 1:
        raise InputError(f"n_classes: {n_classes} is not >= 1.")
    for name, values in (("predictions", predictions), ("targets", targets)):
        low, high = values.min(), values.max()
        whole = (values == values.round()).all() and np.isfinite(values).all()
        most = math.inf if n_classes is None else n_classes
        if not (whole and 0 <= low <= high < most):
            last = "" if n_classes is None else f" to {n_classes - 1}"
            raise InputError(
                f"{name} go from {low:g} to {high:g}; expected class indices "
                f"from 0{last}."
            )
    return predictions, targets
