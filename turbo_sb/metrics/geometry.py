"""Alignment and uniformity of embeddings.

Authors
 * The turbo_sb developers 2026
"""

import math
from typing import TYPE_CHECKING

from turbo_sb.utils.errors import InputError

if TYPE_CHECKING:  # they take seconds to import
    import torch

FAR = 1e-6  # variance beside the mean square, of embeddings far from 0
BLOCK = 1024  # rows at a time; of 256 to 2048, the fastest


def alignment(
    audio: "torch.Tensor",
    text: "torch.Tensor",
    alpha: float = 2,
    normalize: bool = True,
) -> float:
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
    >>> import torch
    >>> alignment(torch.eye(2), -torch.eye(2))
    4.0
    """
    audio, text = _rows("alignment", audio), _rows("alignment", text)
    _check_power("alpha", alpha)
    if audio.dim() != 2 or audio.shape != text.shape or not all(audio.shape):
        raise InputError(
            "alignment takes two tensors of one shape (n, dim), both >= 1, not "
            f"{tuple(audio.shape)} and {tuple(text.shape)}."
        )
    total = 0.0
    for a, b in zip(audio.split(BLOCK), text.split(BLOCK)):
        difference = _sphere(a, normalize) - _sphere(b, normalize)
        total += difference.norm(dim=1).pow(alpha).sum().item()
    return _finite("alignment", total / len(audio))


def uniformity(
    embeddings: "torch.Tensor",
    t: float = 2,
    normalize: bool = True,
    block: int = BLOCK,
) -> float:
    """Logarithm of the mean Gaussian potential over all pairs of embeddings.

    Lower is better: 0 when all embeddings coincide, about -2 t when they are
    spread over a sphere of many dimensions. Exact, in float64, in blocks.

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
    >>> import torch
    >>> uniformity(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]))
    -8.0
    """
    import torch  # Here: a report need not wait for it.

    embeddings = _rows("uniformity", embeddings)
    _check_power("t", t)
    n, flat = embeddings.numel() and len(embeddings), embeddings.dim() != 2
    if flat or n < 2 or not block >= 1:
        raise InputError(
            "uniformity takes a tensor of shape (n, dim), n >= 2, and blocks "
            f"of >= 1 rows, not {tuple(embeddings.shape)} and {block}."
        )
    parts, sums = embeddings.split(block), []
    centre = 0 if normalize else _centre(parts, n)
    for k, part in enumerate(parts):
        rows = _sphere(part, normalize) - centre
        for other in parts[k:]:
            columns = _sphere(other, normalize) - centre
            sums.append(_log_sum(rows, columns, t, same=other is part))
    total = torch.tensor(sums, dtype=torch.float64).logsumexp(dim=0)
    return _finite("uniformity", total.item() - math.log(n * (n - 1) / 2))


def _centre(parts, n):
    """The mean of embeddings that lie far from 0 beside their spread, else 0.

    Their distances, as differences of squares, would be rounding alone.
    """
    mean = sum(part.detach().cpu().double().sum(0) for part in parts) / n
    squares = sum(part.detach().cpu().double().square().sum() for part in parts)
    spread = squares / n - mean.square().sum()
    return 0 if spread > FAR * squares / n else mean


def _log_sum(rows, columns, t, same):
    """Log of the summed potentials of two blocks, each pair once."""
    import torch

    squares = columns.square().sum(1)
    distances = torch.addmm(squares, rows, columns.t(), alpha=-2)
    distances.add_(rows.square().sum(1)[:, None])
    potentials = distances.clamp_min_(0).mul_(-t)
    if same:
        lower = torch.ones_like(potentials, dtype=torch.bool).tril()
        potentials.masked_fill_(lower, -math.inf)
    # A float: small tensors would fragment the memory.
    return potentials.logsumexp(dim=(0, 1)).item()


def _sphere(embeddings, normalize):
    from turbo_sb.utils.unit_rows import unit_rows

    embeddings = embeddings.detach().cpu().double()
    return unit_rows(embeddings) if normalize else embeddings


def _rows(name, embeddings):
    """Embeddings as a tensor of finite numbers."""
    import torch

    try:
        given = torch.is_tensor(embeddings)
        rows = embeddings if given else torch.as_tensor(embeddings)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{name} takes numbers, not {error}.") from error
    if rows.is_complex():
        raise InputError(f"{name} takes real numbers, not {rows.dtype}.")
    odd = sum(int((~part.isfinite()).sum()) for part in rows.split(BLOCK))
    if odd:
        raise InputError(
            f"{name}: {odd} values of the embeddings are NaN or infinite."
        )
    return rows


def _check_power(name, value):
    if not 0 < value < math.inf:
        raise InputError(f"{name}: {value} is not > 0, and finite.")


def _finite(name, value):
    """Reject what float64 cannot hold: without the sphere, 1e200 will do."""
    if not math.isfinite(value):
        raise InputError(
            f"{name}: the distances of these embeddings are beyond float64. "
            "Use normalize=True."
        )
    return value
