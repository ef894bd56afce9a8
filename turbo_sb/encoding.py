"""How a batch runs through an encoder: in chunks of about one length.

The loss sees a random batch; padded to its longest utterance, three quarters
of such a batch are silence on IEMOCAP. An utterance's embedding does not
depend on its batch, so the encoder may as well run the utterances sorted by
length, a few at a time, each chunk padded to its own longest only. Neither the
loss nor a gradient changes by that.

Authors
 * The turbo_sb developers 2026
"""

import torch


def chunk_by_length(lengths, limit):
    """Group rows of about one length.

    Arguments
    ---------
    lengths : (batch,) torch.Tensor
        Of each row, in samples or tokens.
    limit : float
        Most that a chunk may hold, padding and all, in the same unit. A row
        that is longer is a chunk of its own.

    Returns
    -------
    chunks : list of (rows,) torch.LongTensor
        Row numbers, each in one chunk, the longest first.

    Example
    -------
    >>> chunk_by_length(torch.tensor([2, 9, 3, 5]), limit=10)
    [tensor([1]), tensor([3, 2]), tensor([0])]
    """
    # Fetched from the device once.
    lengths = lengths.tolist()
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    chunks = []
    for row in order:
        longest = lengths[chunks[-1][0]] if chunks else 0
        if not chunks or (len(chunks[-1]) + 1) * longest > limit:
            chunks.append([])
        chunks[-1].append(row)
    return [torch.tensor(chunk) for chunk in chunks]


def encode(encoder, inputs, relative, n_views=1, seconds=None):
    """Embed a batch, in chunks if wanted.

    Arguments
    ---------
    encoder : torch.nn.Module
        Maps padded inputs, relative lengths and n_views to embeddings that do
        not depend on the batch; has ``per_second``, how long an input takes it
        as long as a second of audio.
    inputs : (batch, time) torch.Tensor
        Padded waveforms or token ids.
    relative : (batch,) torch.Tensor
        Relative lengths in [0, 1].
    n_views : int
        Number of dropout draws.
    seconds : float, optional
        Most that a chunk may hold, in padded seconds. None runs the batch as
        it is.

    Returns
    -------
    embeddings : (views, batch, dim) torch.Tensor
        In the order of the rows.
    """
    if seconds is None:
        return encoder(inputs, relative, n_views)
    lengths = torch.round(relative * inputs.shape[1]).long().clamp(min=1)
    chunks = chunk_by_length(lengths, seconds * encoder.per_second)
    embeddings = torch.cat(
        [_encode_rows(encoder, inputs, lengths, c, n_views) for c in chunks],
        dim=1,
    )
    back = torch.cat(chunks).argsort()
    return embeddings[:, back.to(embeddings.device)]


def _encode_rows(encoder, inputs, lengths, rows, n_views):
    """Embed some rows, padded to the longest of them."""
    rows = rows.to(inputs.device)
    own = lengths[rows]
    longest = own[0]  # of a chunk, the first
    return encoder(inputs[rows, :longest], own / longest, n_views)
