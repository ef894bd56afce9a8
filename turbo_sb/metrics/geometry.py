"""Alignment and uniformity of embeddings.

Authors
 * The turbo_sb developers 2026
"""

import math

import torch
import torch.nn.functional as F

from turbo_sb.errors import InputError


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
