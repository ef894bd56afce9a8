"""Checks that several metrics share.

Authors
 * The turbo_sb developers 2026
"""

from collections.abc import Sequence

import numpy as np

from turbo_sb.utils.errors import InputError

EXACT = 2**53  # below which float64 has each whole number


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
    targets = as_bools("targets", targets)
    check_all("scores", scores, np.isfinite(scores), "finite")
    return scores, targets


def as_bools(name: str, values: Sequence[int]) -> np.ndarray:
    """Convert ones and zeros, or bools, to an array of bool."""
    values = as_floats(name, values)
    check_all(name, values, np.isin(values, (0, 1)), "1 or 0")
    return values == 1


def as_floats(name: str, values: Sequence[float]) -> np.ndarray:
    """Convert numbers to an array of float64."""
    if hasattr(values, "detach"):  # a tensor, without importing torch
        values = values.detach().cpu()
        # NumPy has no bfloat16.
        values = (
            values.double() if values.is_floating_point() else values
        ).numpy()
    try:
        given = np.asarray(values)
        found = given if given.dtype.kind == "c" else given.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{name}: expected numbers ({error}).") from error
    if given.dtype.kind == "c":
        raise InputError(f"{name}: expected real numbers, not complex ones.")
    if given.dtype.kind in "iuO" and np.any(np.abs(found) >= EXACT):
        raise InputError(
            f"{name}: whole numbers from 2 ** 53 on are not all different in "
            "float64. Give floats, or subtract a number from all."
        )
    return found


def check_all(
    name: str, values: np.ndarray, good: np.ndarray, expected: str
) -> None:
    """Reject values that are not good, naming the first."""
    if not good.all():
        first = int(np.argmin(good))
        raise InputError(
            f"{len(good) - int(good.sum())} of {len(good)} {name} are not "
            f"{expected}, first {name}[{first}]: {values[first]}."
        )
