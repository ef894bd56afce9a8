"""Rows of length 1, also of rows whose own length cannot be computed.

Authors
 * The turbo_sb developers 2026
"""

import torch
import torch.nn.functional as F

EPS = 1e-12  # of F.normalize: a shorter row would not get the length 1
STEEPEST = 1e12  # of a gradient at such rows; that at a row of length EPS
USES = 64  # of one row whose gradients may be added up, in its own type


def unit_rows(
    rows: torch.Tensor, given: torch.dtype | None = None
) -> torch.Tensor:
    """`F.normalize`, where it overflows and underflows too.

    The squares of 1e20 are infinite in float32, and those of 1e-25 are 0:
    such rows are divided by their largest value before. All other rows are
    what F.normalize makes of them, to the bit, and so are their gradients.

    Arguments
    ---------
    rows : (..., dim) torch.Tensor
        In float32 or float64. A row of zeros stays one.
    given : torch.dtype, optional
        The type that the rows came in. The gradient of a row that is too small
        for its normal numbers is bounded to be finite in it.

    Returns
    -------
    rows : (..., dim) torch.Tensor

    Example
    -------
    >>> unit_rows(torch.tensor([[3e30, 4e30], [3e-30, 4e-30], [0, 0]]))
    tensor([[0.6000, 0.8000],
            [0.6000, 0.8000],
            [0.0000, 0.0000]])
    """
    if not rows.shape[-1]:
        return rows
    given = given or rows.dtype
    with torch.no_grad():
        length = torch.linalg.vector_norm(rows, dim=-1, keepdim=True)
        peak = rows.abs().amax(dim=-1, keepdim=True)
        lost = (length < EPS) | length.isinf()
        lost &= (peak > 0) & peak.isfinite()
        scale = torch.where(lost, peak, 1)
    limits = torch.finfo(given) if given.is_floating_point else None
    if limits and limits.bits < 32 and rows.requires_grad:
        # A copy, so that no hook stays on what the caller has.
        rows = rows.view_as(rows)
        _bound(rows, 1, peak < limits.tiny, limits.max / USES)
    scaled = rows / scale
    if scaled.requires_grad:
        most = min(limits.max / USES, STEEPEST)
        _bound(scaled, scale, lost, most)
    # Both, for a device that is not waited for; and F.normalize of the rows
    # themselves, for gradients that are added up in the same order.
    own = F.normalize(rows, dim=-1)
    return torch.where(lost, F.normalize(scaled, dim=-1), own)


def _bound(rows, scale, weak, limit):
    """Shorten the gradients of weak rows, before they are divided by a scale.

    Each by one factor, so that it keeps its direction.
    """
    most = limit * scale

    def shorten(gradient):
        """The gradient, where it is too steep by less."""
        with torch.no_grad():  # a constant, in second derivatives too
            steepest = gradient.abs().amax(dim=-1, keepdim=True)
            over = weak & (steepest > most)
            factor = torch.where(over, most / steepest, 1)
        return gradient * factor

    rows.register_hook(shorten)
