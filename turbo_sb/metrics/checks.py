"""Checks that several metrics share.

Authors
 * The turbo_sb developers 2026
"""

from collections.abc import Sequence

import numpy as np

from turbo_sb.utils.errors import InputError


def check_pairs(values: np.ndarray, targets: np.ndarray) -> None:
    """Reject lists of different lengths, and empty ones."""
    if values.ndim != 1 or values.shape != targets.shape or not len(values):
        raise InputError(
            "expected two lists of one length >= 1, not shapes "
            f"{tuple(values.shape)} and {tuple(targets.shape)}."
        )


def checked_scores(
    scores: Sequence[float], targets: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Scores as float64 and targets as bool; reject invalid values."""
    scores = as_floats("scores", scores)
    targets = as_floats("targets", targets)
    check_pairs(scores, targets)
    _check_all("targets", targets, np.isin(targets, (0, 1)), "1 or 0")
    _check_all("scores", scores, np.isfinite(scores), "finite")
    return scores, targets == 1


def as_floats(name: str, values: Sequence[float]) -> np.ndarray:
    """Convert numbers to an array of float64."""
    if hasattr(values, "detach"):  # a tensor, without importing torch
        return values.detach().cpu().double().numpy()
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: expected numbers ({error}).") from error


def _check_all(name, values, good, expected):
    """Reject values that are not good, naming the first."""
    if not good.all():
        first = int(np.argmin(good))
        raise InputError(
            f"{len(good) - int(good.sum())} of {len(good)} {name} are not "
            f"{expected}, first {name}[{first}]: {values[first]}."
        )
