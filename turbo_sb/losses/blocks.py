"""Cross-entropy of a batch against itself, whose logits are never whole.

A batch of 65,536 has 17 GB of logits in float32. Here they are made block by
block and dropped, once for the loss and once more for its gradient.

Authors
 * The turbo_sb developers 2026
"""

from itertools import product

import torch

from turbo_sb.losses.masking import false_negatives
from turbo_sb.utils.errors import InputError

BLOCK = 2048  # from 512 on as fast on a CPU; a GPU wants large blocks


class BlockedCrossEntropy(torch.autograd.Function):
    """The gradient of `blocked_cross_entropy`, from logits made again.

    Example
    -------
    >>> keys = torch.eye(3)
    >>> BlockedCrossEntropy.apply(keys, keys, None, 1, 2)
    tensor([[0.5514, 0.5514, 0.5514]])
    """

    @staticmethod
    def forward(ctx, queries, keys, ids, directions, block):
        """Cross-entropies, from running sums over the blocks.

        Arguments
        ---------
        ctx : object
            Takes what `backward` needs.
        queries : (batch, dim) torch.Tensor
            As in `blocked_cross_entropy`.
        keys : (batch, dim) torch.Tensor
            As in `blocked_cross_entropy`.
        ids : (batch,) torch.Tensor, optional
            As in `blocked_cross_entropy`.
        directions : int
            1 for the queries alone, 2 for the keys as well.
        block : int
            As in `blocked_cross_entropy`.

        Returns
        -------
        losses : (directions, batch) torch.Tensor
            Of each query, then of each key.
        """
        own = queries.new_empty(len(queries))
        total = queries.new_zeros(directions, len(queries))
        # Finite: a block may have nothing but false negatives in a column.
        peak = torch.full_like(total, torch.finfo(total.dtype).min)
        for rows, columns, logits in _blocks(queries, keys, ids, block):
            for k, (part, dim) in enumerate(_sides(rows, columns, directions)):
                _add_exp(logits, dim, peak[k, part], total[k, part])
            if rows == columns:
                own[rows] = logits.diagonal()
        ctx.save_for_backward(queries, keys, ids, peak, total)
        ctx.block = block
        return peak - own + total.log()

    @staticmethod
    def backward(ctx, grad):
        """Softmax minus one-hot, times the other side's rows.

        Arguments
        ---------
        ctx : object
            What `forward` put there.
        grad : (directions, batch) torch.Tensor
            Gradient of the losses.

        Returns
        -------
        gradients : tuple
            Of the queries and the keys, (batch, dim) torch.Tensor each; None
            for the rest.

        Raises
        ------
        InputError
            If a second derivative may follow: create_graph=True.
        """
        # once_differentiable lets it pass, and wrong, when `grad` is constant.
        if torch.is_grad_enabled():
            raise InputError(
                "A loss in blocks has no second derivative. Leave out "
                f"create_graph=True, or give block={grad.shape[1]}."
            )
        queries, keys, ids, peak, total = ctx.saved_tensors
        gradients = torch.zeros_like(queries), torch.zeros_like(keys)
        # backward() may be called under autocast.
        with torch.autocast(queries.device.type, enabled=False):
            for rows, columns, logits in _blocks(queries, keys, ids, ctx.block):
                sides = _sides(rows, columns, len(grad))
                slope = _slope(logits, sides, peak, grad / total)
                if rows == columns:
                    slope.diagonal().sub_(grad[:, rows].sum(dim=0))
                if ctx.needs_input_grad[0]:
                    gradients[0][rows].addmm_(slope, keys[columns])
                if ctx.needs_input_grad[1]:
                    gradients[1][columns].addmm_(slope.t(), queries[rows])
        return *gradients, None, None, None


def blocked_cross_entropy(
    queries, keys, ids=None, symmetric=False, block=BLOCK
):
    """Cross-entropy of each row of ``queries @ keys.t()``, on its diagonal.

    ``F.cross_entropy(queries @ keys.t(), arange(batch), reduction="none")``
    up to rounding, at a third more arithmetic with its gradient, for the
    logits are made twice. A second derivative is refused.

    Arguments
    ---------
    queries : (batch, dim) torch.Tensor
        Floating point.
    keys : (batch, dim) torch.Tensor
        Of the same type; row i is the target of query i.
    ids : (batch,) torch.Tensor, optional
        Rows with equal ids are not negatives of each other.
    symmetric : bool
        Whether to find the query of each key as well.
    block : int
        Rows and columns of the logits at a time.

    Returns
    -------
    losses : (1 or 2, batch) torch.Tensor
        In nats: of each query, then of each key if symmetric.

    Example
    -------
    >>> blocked_cross_entropy(torch.zeros(4, 2), torch.ones(4, 2), block=3)
    tensor([[1.3863, 1.3863, 1.3863, 1.3863]])
    """
    directions = 2 if symmetric else 1
    return BlockedCrossEntropy.apply(queries, keys, ids, directions, block)


def _blocks(queries, keys, ids, block):
    """Yield which rows, which columns, and their logits."""
    starts = range(0, len(queries), block)
    slices = [slice(start, start + block) for start in starts]
    for rows, columns in product(slices, slices):
        logits = queries[rows] @ keys[columns].t()
        if ids is not None:
            mask = false_negatives(ids, rows, columns)
            logits.masked_fill_(mask, -torch.inf)
        yield rows, columns, logits


def _sides(rows, columns, directions):
    """Of each direction: whose losses a block adds to, and what it sums."""
    return ((rows, 1), (columns, 0))[:directions]


def _add_exp(logits, dim, peak, total):
    """Add exp(logits) to the sums ``total * exp(peak)``, in place.

    With the peak apart, a loss near zero is the difference of equal numbers
    and a small logarithm, as precise as in log_softmax.
    """
    higher = torch.maximum(peak, logits.amax(dim))
    added = (logits - higher.unsqueeze(dim)).exp_().sum(dim)
    total.mul_((peak - higher).exp_()).add_(added)
    peak.copy_(higher)


def _slope(logits, sides, peak, weights):
    """Gradient of a block's logits, but for its targets: weighted softmax."""
    slopes = []
    for k, (part, dim) in enumerate(sides):
        softmax = (logits - peak[k, part].unsqueeze(dim)).exp_()
        slopes.append(softmax.mul_(weights[k, part].unsqueeze(dim)))
    return slopes[0] if len(slopes) == 1 else slopes[0].add_(slopes[1])
