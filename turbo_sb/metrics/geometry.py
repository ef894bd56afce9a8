"""Alignment and uniformity of embeddings.

Authors
 * The turbo_sb developers 2026
"""

import math
from typing import TYPE_CHECKING

from turbo_sb.utils.errors import InputError

if TYPE_CHECKING:  # they take seconds to import
    import torch

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
    if audio.dim() != 2 or audio.shape != text.shape or not len(audio):
        raise InputError(
            "alignment takes two tensors of one shape (n, dim), n >= 1, not "
            f"{tuple(audio.shape)} and {tuple(text.shape)}."
        )
    total = 0.0
    for a, b in zip(audio.split(BLOCK), text.split(BLOCK)):
        difference = _sphere(a, normalize) - _sphere(b, normalize)
        total += difference.norm(dim=1).pow(alpha).sum().item()
    return total / len(audio)


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

    n = len(embeddings)
    if embeddings.dim() != 2 or n < 2:
        raise InputError(
            "uniformity takes a tensor of shape (n, dim), n >= 2, not "
            f"{tuple(embeddings.shape)}."
        )
    parts, sums = embeddings.split(block), []
    for k, part in enumerate(parts):
        rows = _sphere(part, normalize)
        for other in parts[k:]:
            columns = _sphere(other, normalize)
            sums.append(_log_sum(rows, columns, t, same=other is part))
    total = torch.tensor(sums, dtype=torch.float64).logsumexp(dim=0)
    return (total - math.log(n * (n - 1) / 2)).item()


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
    import torch.nn.functional as F

    embeddings = embeddings.detach().cpu().double()
    return F.normalize(embeddings, dim=-1) if normalize else embeddings
