"""Pool a sequence of frames or tokens into one embedding.

Authors
 * The turbo_sb developers 2026
"""

import torch


def masked_mean(
    sequences: torch.Tensor, mask: torch.Tensor | None
) -> torch.Tensor:
    """Mean over the valid steps of each sequence, in float32 or better.

    SpeechBrain's StatisticsPooling adds noise, also in evaluation.
    """
    dtype = torch.promote_types(sequences.dtype, torch.float32)
    if mask is None:
        return sequences.mean(dim=1, dtype=dtype)
    # Not multiplied: NaN in the padding would spread.
    kept = sequences.masked_fill(~mask[:, :, None], 0)
    return kept.sum(dim=1, dtype=dtype) / mask.sum(dim=1)[:, None]


def last_step(
    sequences: torch.Tensor, mask: torch.Tensor | None
) -> torch.Tensor:
    """The last valid step of each sequence."""
    if mask is None:
        return sequences[:, -1]
    rows = torch.arange(len(sequences), device=sequences.device)
    return sequences[rows, mask.sum(dim=1) - 1]
