"""Curves of several trainings as one.

Authors
 * The turbo_sb developers 2026
"""

from typing import NamedTuple

import numpy as np


class MeanCurve(NamedTuple):
    """Mean and standard deviation over runs, each (epochs,) numpy.ndarray."""

    mean: np.ndarray
    spread: np.ndarray


def mean_curve(curves):
    """Average curves that may end at different epochs.

    Arguments
    ---------
    curves : list of (epochs,) numpy.ndarray
        At least one; nan where a run has no value.

    Returns
    -------
    curve : MeanCurve
        As long as at least half of the curves are. At each epoch over those
        that have a value: nan if none has; the spread is nan for one.

    Example
    -------
    >>> curve = mean_curve([np.array([1.0, 2, 3]), np.array([3.0, 4]), np.ones(1)])
    >>> curve.mean.round(2).tolist(), curve.spread.round(2).tolist()
    ([1.67, 3.0], [1.15, 1.41])
    """
    lengths = sorted(map(len, curves), reverse=True)
    epochs = lengths[(len(curves) + 1) // 2 - 1]  # half reached, rounded up
    table = np.full((len(curves), epochs), np.nan)
    for row, curve in zip(table, curves):
        row[: len(curve)] = curve[:epochs]
    there = np.isfinite(table)
    count = there.sum(axis=0)
    # As floats, where 0 / 0 is nan, which is meant.
    with np.errstate(invalid="ignore"):
        mean = np.where(there, table, 0).sum(axis=0) / count
        squares = np.where(there, table - mean, 0) ** 2
        spread = np.sqrt(squares.sum(axis=0) / np.maximum(count - 1, 0))
    return MeanCurve(mean, spread)
