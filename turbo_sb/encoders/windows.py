"""Utterances cut into windows, and put together again.

Authors
 * The turbo_sb developers 2026
"""

import torch
import torch.nn.functional as F

from turbo_sb.encoders.lengths import padding_mask


def split(lengths, longest):
    """Lengths of the windows of some utterances, all full but the last.

    Arguments
    ---------
    lengths : list of int
        Steps of each utterance.
    longest : int
        Steps of a full window.

    Returns
    -------
    windows : list of int
        Steps of each window, utterance by utterance.
    owners : list of int
        Number of the utterance of each.

    Example
    -------
    >>> split([4, 25], 10)
    ([4, 10, 10, 5], [0, 1, 1, 1])
    """
    windows, owners = [], []
    for number, length in enumerate(lengths):
        for start in range(0, length, longest):
            windows.append(min(longest, length - start))
            owners.append(number)
    return windows, owners


def cut(wavs, lengths, longest):
    """Cut waveforms into windows, silent behind their own samples.

    Arguments
    ---------
    wavs : (batch, samples) torch.Tensor
        Padded waveforms.
    lengths : list of int
        Number of each waveform's own samples.
    longest : int
        Samples of a full window.

    Returns
    -------
    windows : (windows, samples) torch.Tensor
        Padded to their longest.
    samples : list of int
        Number of each window's own.

    Example
    -------
    >>> cut(torch.tensor([[1, 2, 3, 9], [4, 5, 6, 7]]), [3, 4], 2)[0]
    tensor([[1, 2],
            [3, 0],
            [4, 5],
            [6, 7]])
    """
    samples, owners = split(lengths, longest)
    if max(lengths) > longest:
        parts = [
            row[start : start + longest]
            for row, length in zip(wavs, lengths)
            for start in range(0, length, longest)
        ]
        wavs = torch.stack(
            [F.pad(part, (0, longest - len(part))) for part in parts]
        )
    wavs = wavs[:, : max(samples)]
    mask = padding_mask(samples, wavs.shape[1], wavs.device)
    return wavs if mask is None else wavs.masked_fill(~mask, 0), samples


def mean_by_utterance(sequences, mask, owners):
    """Mean over the own steps of all windows of each utterance.

    Arguments
    ---------
    sequences : (windows, steps, dim) torch.Tensor
        Padded.
    mask : (windows, steps) torch.BoolTensor, optional
        True on own steps. None: all are.
    owners : list of int
        Number of the utterance of each window.

    Returns
    -------
    means : (batch, dim) torch.Tensor
        In float32 or better.

    Example
    -------
    >>> sequences = torch.tensor([[[1.0], [2.0]], [[6.0], [99.0]]])
    >>> mask = torch.tensor([[True, True], [True, False]])
    >>> mean_by_utterance(sequences, mask, [0, 0])
    tensor([[3.]])
    """
    dtype = torch.promote_types(sequences.dtype, torch.float32)
    if mask is None:
        mask = sequences.new_ones(sequences.shape[:2], dtype=torch.bool)
    # Chosen and not multiplied, so that NaN in the padding stays there.
    sums = sequences.masked_fill(~mask[:, :, None], 0).sum(dim=1, dtype=dtype)
    counts = mask.sum(dim=1).to(dtype)[:, None]
    index = torch.tensor(owners).to(sums.device, non_blocking=True)
    shape = owners[-1] + 1, sums.shape[1]
    total = sums.new_zeros(shape).index_add(0, index, sums)
    count = sums.new_zeros(shape[0], 1).index_add(0, index, counts)
    return total / count
