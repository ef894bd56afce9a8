"""From a sequence of frames or tokens to one embedding.

Authors
 * The turbo_sb developers 2026
"""

import torch


def masked_mean(sequences, mask):
    """Mean over the valid steps of each sequence.

    SpeechBrain's StatisticsPooling adds random noise to its mean, also in
    evaluation; this one is deterministic.

    Arguments
    ---------
    sequences : (batch, time, dim) torch.Tensor
        Padded sequences.
    mask : (batch, time) torch.Tensor, optional
        True on valid steps; at least one a row. None: all are.

    Returns
    -------
    means : (batch, dim) torch.Tensor
        In float32 or better.

    Example
    -------
    >>> sequences = torch.tensor([[[1.0], [3.0], [99.0]]])
    >>> masked_mean(sequences, torch.tensor([[True, True, False]]))
    tensor([[2.]])
    """
    # A sum over many bfloat16 frames would lose digits.
    dtype = torch.promote_types(sequences.dtype, torch.float32)
    if mask is None:
        return sequences.mean(dim=1, dtype=dtype)
    # Chosen and not multiplied, so that NaN in the padding stays there.
    kept = sequences.masked_fill(~mask[:, :, None], 0)
    return kept.sum(dim=1, dtype=dtype) / mask.sum(dim=1)[:, None]


def last_step(sequences, mask):
    """The last valid step of each sequence.

    Arguments
    ---------
    sequences : (batch, time, dim) torch.Tensor
        Padded behind.
    mask : (batch, time) torch.Tensor, optional
        True on valid steps; at least one a row. None: all are.

    Returns
    -------
    steps : (batch, dim) torch.Tensor

    Example
    -------
    >>> sequences = torch.tensor([[[1.0], [3.0], [99.0]]])
    >>> last_step(sequences, torch.tensor([[True, True, False]]))
    tensor([[3.]])
    """
    if mask is None:
        return sequences[:, -1]
    rows = torch.arange(len(sequences), device=sequences.device)
    return sequences[rows, mask.sum(dim=1) - 1]
