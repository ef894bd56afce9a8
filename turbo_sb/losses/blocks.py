"""Cross-entropy of a batch against itself, computed in blocks of logits.

A batch of 65,536 has 17 GB of logits in float32. Here each block is computed
twice, for the loss and for its gradient, and never stored.

Authors
 * The turbo_sb developers 2026
"""

from itertools import product

import torch

from turbo_sb.utils.errors import InputError

BLOCK = 2048  # from 512 on as fast on a CPU; a GPU wants large blocks


class BlockedCrossEntropy(torch.autograd.Function):
    """`blocked_cross_entropy` with a gradient that computes logits again."""

    @staticmethod
    def forward(ctx, queries, keys, ids, directions, block) -> torch.Tensor:
        """Cross-entropies, (directions, batch), from running sums over blocks."""
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
    def backward(ctx, grad) -> tuple:
        """Softmax minus one-hot, times the rows of the other side."""
        # once_differentiable would miss a constant `grad`.
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
    queries: torch.Tensor,
    keys: torch.Tensor,
    ids: torch.Tensor | None = None,
    symmetric: bool = False,
    block: int = BLOCK,
) -> torch.Tensor:
    """Cross-entropy of each row of ``queries @ keys.t()``, on its diagonal.

    ``F.cross_entropy(queries @ keys.t(), arange(batch), reduction="none")``
    up to rounding, of shape (1 or 2, batch), also of each key if `symmetric`.
    It has no second derivative.
    """
    directions = 2 if symmetric else 1
    return BlockedCrossEntropy.apply(queries, keys, ids, directions, block)


def false_negatives(
    ids: torch.Tensor,
    rows: slice = slice(None),
    columns: slice = slice(None),
) -> torch.Tensor:
    """Where two different rows of the batch share an id: (rows, columns) bool.

    `columns` is `rows` again, or has none of the batch's rows that `rows` has.
    """
    same = ids[rows, None] == ids[None, columns]
    return same.fill_diagonal_(False) if rows == columns else same


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
    """Of each direction: the losses that a block adds to, and its dimension."""
    return ((rows, 1), (columns, 0))[:directions]


def _add_exp(logits, dim, peak, total):
    """Add exp(logits) to the sums ``total * exp(peak)``, in place.

    Kept apart, both are as precise as log_softmax for losses near zero.
    """
    higher = torch.maximum(peak, logits.amax(dim))
    added = (logits - higher.unsqueeze(dim)).exp_().sum(dim)
    total.mul_((peak - higher).exp_()).add_(added)
    peak.copy_(higher)


def _slope(logits, sides, peak, weights):
    """Weighted softmax: gradient of a block's logits without its targets."""
    slopes = []
    for k, (part, dim) in enumerate(sides):
        softmax = (logits - peak[k, part].unsqueeze(dim)).exp_()
        slopes.append(softmax.mul_(weights[k, part].unsqueeze(dim)))
    return slopes[0] if len(slopes) == 1 else slopes[0].add_(slopes[1])
