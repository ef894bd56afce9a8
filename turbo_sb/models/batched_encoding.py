"""How a batch runs through an encoder: in chunks, and without keeping it all.

The loss sees a random batch. An utterance's embedding does not depend on its
batch, so the encoder may as well run the utterances sorted by length, a few
at a time, each chunk padded to its own longest only; and, for the gradient,
run a chunk again in place of keeping all that it computed. Neither the loss
nor a gradient changes by that.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import math
import random

import numpy as np
import torch
from torch.utils.checkpoint import checkpoint

from turbo_sb.encoders.lengths import absolute
from turbo_sb.models.chunking import (
    chunk_by_cost,
    chunk_by_limit,
    start_in_frames,
)
from turbo_sb.utils.errors import InputError

FRAMES_PER_SECOND = 50  # of wav2vec 2.0's transformer; a token counts as one
# Padded seconds of an automatic chunk that is run again for the gradient, at
# most: what is held then does not grow with the batch.
RECOMPUTED_SECONDS = 40


def encode(encoder, inputs, relative, n_views=1, chunk="auto", recompute=False):
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


def check_chunk(chunk):
    """Refuse a value of encode_chunk that is none.

    Arguments
    ---------
    chunk : "auto", float or None
        As in `TurboModel`'s ``encode_chunk``.

    Example
    -------
    >>> check_chunk(-1)
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: encode_chunk: -1: expected auto, ...
    """
    number = isinstance(chunk, int | float) and not isinstance(chunk, bool)
    if chunk not in (None, "auto") and not (number and chunk > 0):
        raise InputError(
            f"encode_chunk: {chunk!r}: expected auto, padded seconds above 0, "
            "or null."
        )


def _plan(encoder, inputs, lengths, n_views, chunk, recompute):
    """Row numbers by chunk; one chunk is the batch as it is."""
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
    """Keep the inputs and the generators' states, and nothing in between."""
    # What a frozen CNN gives is less to keep than to compute again.
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
    """Contexts of the first run and of the second.

    torch replays its own generators; Hugging Face draws the masks of
    SpecAugment from NumPy's.
    """
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
