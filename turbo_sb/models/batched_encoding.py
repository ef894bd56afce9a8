"""Run a batch through an encoder in chunks, with or without recomputing.

An embedding does not depend on its batch. The encoder thus runs a batch sorted
by length, in chunks with little padding, and may run a chunk again for its
gradient instead of storing activations. Loss and gradient stay the same.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import math
import random

import numpy as np
import torch
from torch.utils.checkpoint import checkpoint

from turbo_sb.encoders.padding import absolute
from turbo_sb.models.chunking import (
    chunk_by_cost,
    chunk_by_limit,
    start_in_frames,
)
from turbo_sb.utils.errors import InputError

FRAMES_PER_SECOND = 50  # of wav2vec 2.0's transformer; a token counts as one
# Most padded seconds of an automatic chunk that is recomputed.
RECOMPUTED_SECONDS = 40


def encode(
    encoder: torch.nn.Module,
    inputs: torch.Tensor,
    relative: torch.Tensor | list[float],
    n_views: int = 1,
    chunk: float | str | None = "auto",
    recompute: bool = False,
) -> torch.Tensor:
    """Embed a batch.

    Arguments
    ---------
    encoder : AudioEncoder or TextEncoder
        Its embeddings do not depend on the batch.
    inputs : (batch, time, ...) torch.Tensor
        Padded waveforms, token ids, or features.
    relative : (batch,) torch.Tensor or list of float
        Relative lengths in [0, 1]; as a list, a device is not waited for.
    n_views : int
        Number of dropout draws.
    chunk : "auto", float or None
        As in `TurboModel`'s ``encode_chunk``.
    recompute : bool
        Whether the backward pass runs each chunk again, with the same
        dropout, in place of keeping what it computed.

    Returns
    -------
    embeddings : (views, batch, dim) torch.Tensor
        In the order of the rows.
    """
    lengths = absolute(relative, inputs.shape[1])
    embed = _embed_again if recompute else _embed
    chunks = _plan(encoder, inputs, lengths, n_views, chunk, recompute)
    if len(chunks) == 1:
        return embed(encoder, inputs, lengths, n_views)
    order = _to_device(sum(chunks, []), inputs.device)
    parts, start = [], 0
    for rows in chunks:
        own = [lengths[row] for row in rows]
        index = order[start : start + len(rows)]
        part = inputs[:, : max(own)].index_select(0, index)
        parts.append(embed(encoder, part, own, n_views))
        start += len(rows)
    return torch.cat(parts, dim=1)[:, order.argsort()]


def check_chunk(chunk: object) -> None:
    """Reject an invalid `encode_chunk`."""
    number = isinstance(chunk, int | float) and not isinstance(chunk, bool)
    if chunk not in (None, "auto") and not (number and chunk > 0):
        raise InputError(
            f"encode_chunk: {chunk!r}: expected auto, padded seconds above 0, "
            "or null."
        )


def _plan(encoder, inputs, lengths, n_views, chunk, recompute):
    """Row numbers by chunk; a single chunk is the batch as it is."""
    if chunk is None:
        return [range(len(lengths))]
    frames = encoder.frames(inputs, lengths)
    if chunk != "auto":
        return chunk_by_limit(frames, chunk * FRAMES_PER_SECOND)
    start = start_in_frames(encoder.dim, inputs.device.type, n_views)
    most = RECOMPUTED_SECONDS * FRAMES_PER_SECOND if recompute else math.inf
    return chunk_by_cost(frames, start, most)


def _to_device(numbers, device):
    return torch.tensor(numbers).to(device, non_blocking=True)


def _embed(encoder, inputs, lengths, n_views):
    return encoder.embed(inputs, lengths, n_views)


def _embed_again(encoder, inputs, lengths, n_views):
    """Store only inputs and generators' states for the backward pass."""
    # Storing a frozen CNN's output costs less than computing it again.
    inputs, lengths = encoder.frozen_prefix(inputs, lengths)
    return checkpoint(
        encoder.embed,
        inputs,
        lengths,
        n_views,
        use_reentrant=False,
        context_fn=_same_draws,
    )


def _same_draws():
    """Contexts of both runs: Hugging Face draws SpecAugment from NumPy."""
    before = []
    return _remembered(before), _replayed(before)


@contextlib.contextmanager
def _remembered(before):
    before[:] = [np.random.get_state(), random.getstate()]
    yield


@contextlib.contextmanager
def _replayed(before):
    now = np.random.get_state(), random.getstate()
    _set_states(*before)
    try:
        yield
    finally:
        _set_states(*now)


def _set_states(of_numpy, of_python):
    np.random.set_state(of_numpy)
    random.setstate(of_python)
