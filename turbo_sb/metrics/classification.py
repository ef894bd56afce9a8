"""Confusion matrix, weighted and unweighted accuracy.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.metrics.checks import check_pairs
from turbo_sb.utils.errors import InputError


def confusion_matrix(predictions, targets, n_classes):
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
    counts : (classes, classes) torch.LongTensor
        Row: target; column: prediction.

    Example
    -------
    >>> confusion_matrix([0, 1, 1], [0, 0, 1], n_classes=2)
    tensor([[1, 1],
            [0, 1]])
    """
    import torch  # Here: a report need not wait for it.

    predictions, targets = (
        torch.as_tensor(predictions),
        torch.as_tensor(targets),
    )
    check_pairs(predictions, targets)
    for name, values in (("predictions", predictions), ("targets", targets)):
        whole = not values.is_floating_point()
        if not whole or values.min() < 0 or values.max() >= n_classes:
            raise InputError(
                f"{name} go from {values.min()} to {values.max()}; expected "
                f"class indices from 0 to {n_classes - 1}."
            )
    flat = targets * n_classes + predictions
    counts = torch.bincount(flat, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes)


def weighted_accuracy(predictions, targets):
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
    import torch  # Here: a report need not wait for it.

    predictions, targets = (
        torch.as_tensor(predictions),
        torch.as_tensor(targets),
    )
    check_pairs(predictions, targets)
    return (predictions == targets).double().mean().item()


def unweighted_accuracy(predictions, targets, n_classes):
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
    counts = confusion_matrix(predictions, targets, n_classes).double()
    present = counts.sum(dim=1) > 0
    recalls = counts.diagonal()[present] / counts.sum(dim=1)[present]
    return recalls.mean().item()
