"""InfoNCE with in-batch negatives, Eq. 2 and 3 of the Turbo paper.

The paper prints -log SUM_i p_ii. The works that it builds on have the mean of
-log p_ii, which is the default here; the printed form is an option.

Authors
 * The turbo_sb developers 2026
"""

import math
from numbers import Real

import torch
import torch.nn.functional as F

from turbo_sb.losses.blocks import (
    BLOCK,
    blocked_cross_entropy,
    false_negatives,
)
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.unit_rows import unit_rows

SIMILARITIES = ("cosine", "dot")
REDUCTIONS = ("mean", "sum", "log_of_sum")


def info_nce(
    anchors: torch.Tensor,
    positives: torch.Tensor,
    temperature: float | torch.Tensor = 0.07,
    symmetric: bool = False,
    similarity: str = "cosine",
    reduction: str = "mean",
    ids: torch.Tensor | None = None,
    block: int = BLOCK,
) -> torch.Tensor:
    """InfoNCE: find the positive of each anchor among the batch's rows.

    Row i of ``positives`` is the positive of row i of ``anchors``, and the
    other rows are its negatives:
    ``mean_i -log(exp(s_ii / temperature) / sum_j exp(s_ij / temperature))``.

    Arguments
    ---------
    anchors : (batch, dim) torch.Tensor
        The queries.
    positives : (batch, dim) torch.Tensor
        The keys.
    temperature : float or () torch.Tensor
        Divides the similarities; dimensionless, > 0. The paper does not say.
    symmetric : bool
        Whether to average both directions, as CLIP and CLAP do. The paper
        prints one direction.
    similarity : str
        "cosine", or "dot" for the plain inner product of the paper's listing.
    reduction : str
        Over the batch: "mean", "sum", or "log_of_sum" for the paper's printed
        -log SUM_i p_ii, with little gradient for rows of low probability.
    ids : (batch,) torch.Tensor, optional
        Rows with equal ids are not negatives of each other.
    block : int
        Rows and columns of logits at a time, for larger batches: exact, in
        bounded memory, without a second derivative.

    Returns
    -------
    loss : () torch.Tensor
        In nats, in float32 or better. 0 for a batch of one; log(batch) for
        equal embeddings.

    Example
    -------
    >>> same = torch.ones(4, 2)
    >>> info_nce(same, same, temperature=0.1)
    tensor(1.3863)
    """
    check_options(similarity, reduction, temperature)
    _check_inputs(anchors, positives, ids, block)
    with torch.autocast(anchors.device.type, enabled=False):
        batch = _prepare(anchors, positives, similarity)
        given = (*batch, temperature, symmetric, reduction, ids)
        if len(anchors) <= block:
            return _whole(*given)
        return _in_blocks(*given, block)


def _check_inputs(anchors, positives, ids, block):
    shape = anchors.shape
    if len(shape) != 2 or shape != positives.shape or not all(shape):
        raise InputError(
            "InfoNCE takes anchors and positives of one shape (batch, dim), "
            f"none empty, not {tuple(shape)} and {tuple(positives.shape)}."
        )
    if anchors.is_complex() or positives.is_complex():
        raise InputError("InfoNCE takes real numbers, not complex ones.")
    if ids is not None and ids.shape != anchors.shape[:1]:
        raise InputError(
            f"ids: expected one a row, ({len(anchors)},), not "
            f"{tuple(ids.shape)}."
        )
    if not block >= 1:
        raise InputError(f"block: {block} is not >= 1. It counts rows.")


def _prepare(anchors, positives, similarity):
    """Embeddings whose inner products are the similarities."""
    # bfloat16 logits at 1 / temperature = 14 lose two digits.
    dtype = torch.promote_types(anchors.dtype, torch.float32)
    wide = anchors.to(dtype), positives.to(dtype)
    if similarity == "dot":
        return wide
    return unit_rows(wide[0], anchors.dtype), unit_rows(
        wide[1], positives.dtype
    )


def _whole(anchors, positives, temperature, symmetric, reduction, ids):
    """The loss from all logits, (batch, batch)."""
    logits = anchors @ positives.t() / temperature
    if ids is not None:
        logits = logits.masked_fill(false_negatives(ids), -torch.inf)
    loss = _reduce(logits, reduction)
    if symmetric:
        loss = (loss + _reduce(logits.t(), reduction)) / 2
    return loss


def _in_blocks(
    anchors, positives, temperature, symmetric, reduction, ids, block
):
    """The same loss, from blocks of logits."""
    losses = blocked_cross_entropy(
        anchors / temperature, positives, ids, symmetric, block
    )
    if reduction == "log_of_sum":
        return -(-losses).logsumexp(dim=1).mean()
    over = losses.mean if reduction == "mean" else losses.sum
    return over(dim=1).mean()


def _reduce(logits, reduction):
    """Cross-entropy of all rows against the diagonal."""
    if reduction == "log_of_sum":
        return -F.log_softmax(logits, dim=1).diagonal().logsumexp(dim=0)
    targets = torch.arange(len(logits), device=logits.device)
    return F.cross_entropy(logits, targets, reduction=reduction)


def check_options(
    similarity: str, reduction: str, temperature: float | torch.Tensor
) -> None:
    """Reject invalid options of `info_nce`."""
    if similarity not in SIMILARITIES:
        raise InputError(
            f"similarity: {similarity!r} is not one of {SIMILARITIES}."
        )
    if reduction not in REDUCTIONS:
        raise InputError(
            f"reduction: {reduction!r} is not one of {REDUCTIONS}."
        )
    # Comparing a tensor, which the module clamps, would wait for the device.
    known = torch.is_tensor(temperature) or (
        isinstance(temperature, Real) and 0 < temperature < math.inf
    )
    if not known:
        raise InputError(
            f"temperature: {temperature!r} is not > 0, and finite. It divides the "
            "similarities; 0.05 to 0.5 is usual."
        )
