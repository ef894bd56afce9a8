"""Lengths on the host, where a batch is cut without waiting for the device.

Authors
 * The turbo_sb developers 2026
"""

import torch
from speechbrain.dataio.dataio import length_to_mask


def absolute(relative, longest):
    """Steps of each row, from SpeechBrain's relative lengths.

    Arguments
    ---------
    relative : (batch,) torch.Tensor or list of float
        Lengths in [0, 1]. Of a tensor on a device, the host waits for it.
    longest : int
        Steps of the padded batch.

    Returns
    -------
    lengths : list of int
        At least 1 each.

    Example
    -------
    >>> absolute(torch.tensor([1.0, 0.5, 0.0]), 10)
    [10, 5, 1]
    """
    if torch.is_tensor(relative):
        relative = relative.tolist()
    return [max(1, round(length * longest)) for length in relative]


def padding_mask(lengths, longest, device):
    """Which steps are a row's own; None where all are.

    Arguments
    ---------
    lengths : list of int
        Steps of each row.
    longest : int
        Steps of the padded batch.
    device : torch.device
        Of the mask.

    Returns
    -------
    mask : (batch, longest) torch.BoolTensor, or None
        True on own steps. Without a mask, attention takes its fastest kernel.

    Example
    -------
    >>> padding_mask([1, 2], 2, "cpu")
    tensor([[ True, False],
            [ True,  True]])
    >>> padding_mask([2, 2], 2, "cpu") is None
    True
    """
    if min(lengths) == longest:
        return None
    lengths = torch.tensor(lengths).to(device, non_blocking=True)
    return length_to_mask(lengths, longest).bool()
