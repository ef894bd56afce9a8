"""Lengths of a batch as numbers on the host, and masks from them.

Authors
 * The turbo_sb developers 2026
"""

import torch
from speechbrain.dataio.dataio import length_to_mask


def absolute(relative: torch.Tensor | list[float], longest: int) -> list[int]:
    """Steps of each row, at least 1, from SpeechBrain's relative lengths."""
    if torch.is_tensor(relative):
        relative = relative.tolist()
    return [max(1, round(length * longest)) for length in relative]


def padding_mask(
    lengths: list[int], longest: int, device: torch.device | str
) -> torch.Tensor | None:
    """True on own steps, (batch, longest); None where all are."""
    if min(lengths) == longest:
        return None
    lengths = torch.tensor(lengths).to(device, non_blocking=True)
    return length_to_mask(lengths, longest).bool()
