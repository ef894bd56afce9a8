"""Weighted and unweighted accuracy, EER, alignment and uniformity.

Authors
 * The turbo_sb developers 2026
"""

import math

import torch
import torch.nn.functional as F

from turbo_sb.errors import InputError


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
    predictions, targets = (
        torch.as_tensor(predictions),
        torch.as_tensor(targets),
    )
    _check_pairs(predictions, targets)
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
    predictions, targets = (
        torch.as_tensor(predictions),
        torch.as_tensor(targets),
    )
    _check_pairs(predictions, targets)
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


def equal_error_rate(scores, targets):
    """EER: where false accepts and false rejects are equally frequent.

    An utterance is accepted when its score is >= the threshold. Between two
    thresholds, the two rates are interpolated linearly, which is the
    crossing of the ROC curve with the line of equal errors.

    Arguments
    ---------
    scores : (n,) torch.Tensor or sequence of float
        Higher means more probably a target.
    targets : (n,) torch.Tensor or sequence of int
        1 for a target (device-directed), 0 for the rest.

    Returns
    -------
    eer : float
        In [0, 1].
    threshold : float
        The score at which it is reached.

    Example
    -------
    >>> equal_error_rate([0.1, 0.4, 0.6, 0.9], [0, 1, 0, 1])
    (0.5, 0.6)
    """
    scores = torch.as_tensor(scores, dtype=torch.float64)
    targets = torch.as_tensor(targets)
    _check_pairs(scores, targets)
    if not ((targets == 0) | (targets == 1)).all():
        raise InputError("EER takes targets of 1 and 0 only.")
    targets = targets.bool()
    n_target, n_other = int(targets.sum()), int((~targets).sum())
    if not n_target or not n_other or not scores.isfinite().all():
        raise InputError(
            "EER needs finite scores of both classes; came: "
            f"{n_target} targets, {n_other} others, "
            f"{int((~scores.isfinite()).sum())} scores not finite."
        )
    order = scores.argsort(descending=True)
    scores, accepted = scores[order], targets[order].double()
    last = torch.ones(len(scores), dtype=torch.bool)
    last[:-1] = scores[1:] != scores[:-1]  # tied scores are accepted together
    # Each point accepts all scores >= its own; before the first, none.
    zero = torch.zeros(1, dtype=torch.float64)
    miss = 1 - torch.cat([zero, accepted.cumsum(0)[last] / n_target])
    false = torch.cat([zero, (1 - accepted).cumsum(0)[last] / n_other])
    thresholds = torch.cat([scores[:1], scores[last]])
    return _crossing(miss, false, thresholds)


def _crossing(miss, false, thresholds):
    """Where the falling `miss` and the rising `false` meet."""
    after = int((false >= miss).nonzero()[0])
    gap_before = (miss - false)[after - 1]
    gap_after = (false - miss)[after]
    part = gap_before / (gap_before + gap_after)
    eer = torch.lerp(false[after - 1], false[after], part)
    threshold = torch.lerp(thresholds[after - 1], thresholds[after], part)
    return eer.item(), threshold.item()


def alignment(audio, text, alpha=2, normalize=True):
    """Mean distance of the paired embeddings, to the power of `alpha`.

    Lower is better. Wang and Isola's alignment as the Turbo paper uses it,
    between the two modalities of each utterance.

    Arguments
    ---------
    audio : (n, dim) torch.Tensor
        Audio embeddings.
    text : (n, dim) torch.Tensor
        Text embeddings of the same utterances.
    alpha : float
        Power of the distance.
    normalize : bool
        Whether to put the embeddings on the unit sphere, so that values lie
        in [0, 4] for alpha = 2. The paper's listing does not.

    Returns
    -------
    alignment : float

    Example
    -------
    >>> alignment(torch.eye(2), -torch.eye(2))
    4.0
    """
    if audio.dim() != 2 or audio.shape != text.shape or not len(audio):
        raise InputError(
            "alignment takes two tensors of one shape (n, dim), n >= 1, not "
            f"{tuple(audio.shape)} and {tuple(text.shape)}."
        )
    audio, text = _sphere(audio, normalize), _sphere(text, normalize)
    return (audio - text).norm(dim=1).pow(alpha).mean().item()


def uniformity(embeddings, t=2, normalize=True, block=256):
    """Logarithm of the mean Gaussian potential over all pairs of embeddings.

    Lower is better: 0 when all embeddings coincide, about -2 t when they are
    spread over a sphere of many dimensions. Exact, and computed in blocks:
    the matrix of all distances is never held.

    Arguments
    ---------
    embeddings : (n, dim) torch.Tensor
        One modality's embeddings, n >= 2.
    t : float
        Inverse width of the Gaussian.
    normalize : bool
        Whether to put the embeddings on the unit sphere. The paper's listing
        does not.
    block : int
        Rows at a time.

    Returns
    -------
    uniformity : float

    Example
    -------
    >>> uniformity(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]))
    -8.0
    """
    n = len(embeddings)
    if embeddings.dim() != 2 or n < 2:
        raise InputError(
            "uniformity takes a tensor of shape (n, dim), n >= 2, not "
            f"{tuple(embeddings.shape)}."
        )
    embeddings = _sphere(embeddings, normalize)
    total = torch.tensor(-math.inf, dtype=torch.float64)
    for start in range(0, n, block):
        rows, rest = embeddings[start : start + block], embeddings[start:]
        potentials = -t * _squared_distances(rows, rest)
        upper = torch.ones_like(potentials, dtype=torch.bool).triu(diagonal=1)
        potentials = potentials.masked_fill(~upper, -math.inf)
        total = torch.logaddexp(total, potentials.logsumexp(dim=(0, 1)))
    return (total - math.log(n * (n - 1) / 2)).item()


def _squared_distances(rows, columns):
    squares = rows.square().sum(1)[:, None] + columns.square().sum(1)[None]
    return (squares - 2 * rows @ columns.t()).clamp_min(0)


def _sphere(embeddings, normalize):
    embeddings = embeddings.detach().double().cpu()
    return F.normalize(embeddings, dim=-1) if normalize else embeddings


def _check_pairs(values, targets):
    if values.dim() != 1 or values.shape != targets.shape or not len(values):
        raise InputError(
            "expected two lists of one length >= 1, not shapes "
            f"{tuple(values.shape)} and {tuple(targets.shape)}."
        )
