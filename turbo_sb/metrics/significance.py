"""Whether two methods differ by more than chance, on the same utterances.

Authors
 * The turbo_sb developers 2026
"""

from collections.abc import Sequence

import numpy as np

from turbo_sb.metrics.checks import as_bools, as_floats
from turbo_sb.utils.errors import InputError


def mcnemar(first: np.ndarray, second: np.ndarray) -> float:
    """McNemar's exact test of two classifiers on the same utterances.

    It treats utterances as independent, which those of one speaker are not.

    Arguments
    ---------
    first : (n,) numpy.ndarray of bool
        Where the first is right.
    second : (n,) numpy.ndarray of bool
        Where the second is right.

    Returns
    -------
    p : float
        Two-sided; 1 where they never differ.

    Raises
    ------
    InputError
        If they are not of one length.

    Example
    -------
    >>> right, wrong = np.ones(5, bool), np.zeros(5, bool)
    >>> mcnemar(right, wrong)
    0.0625
    """
    # Imported here, as it takes half a second; scipy.stats takes two.
    from scipy.special import bdtr

    if np.shape(first) != np.shape(second):
        raise InputError(
            "McNemar's test is of the same utterances; came: "
            f"{np.shape(first)} and {np.shape(second)}."
        )
    first, second = as_bools("first", first), as_bools("second", second)
    lost = int(np.sum(first & ~second))
    won = int(np.sum(second & ~first))
    if not lost + won:
        return 1.0
    return float(min(1.0, 2 * bdtr(min(lost, won), lost + won, 0.5)))


def combine(p_values: Sequence[float]) -> float:
    """One p-value of several dependent ones, such as of seeds.

    The k-th smallest of n, times n / k, is valid whatever the dependence
    (Rüger 1978); here the middle one, the upper of two: of three, 1.5 times
    the median, and of two, the larger.
    """
    if not len(p_values) or not all(0 <= p <= 1 for p in p_values):
        raise InputError(f"p_values: expected some in [0, 1]: {p_values}.")
    place = len(p_values) // 2
    middle = sorted(p_values)[place]
    return float(min(1.0, middle * len(p_values) / (place + 1)))


def bootstrap_p(differences: np.ndarray, n_groups: int) -> float | None:
    """Two-sided p-value of a difference that was resampled.

    Arguments
    ---------
    differences : (n_resamples,) numpy.ndarray
        Of `turbo_sb.metrics.bootstrap.resample`; nan is left out.
    n_groups : int
        How many groups, such as speakers, were drawn from.

    Returns
    -------
    p : float
        Twice the share of resamples on the rarer side of 0 (those at 0 on
        both), counting the sample itself, and at least 2 / 2 ** n_groups, the
        smallest that exchanging the methods in each group could give. None if
        most values are nan.

    Example
    -------
    >>> differences = np.array([1.0] * 98 + [-1.0])
    >>> bootstrap_p(differences, n_groups=10), bootstrap_p(differences, 3)
    (0.04, 0.25)
    """
    differences = as_floats("differences", differences)
    kept = differences[~np.isnan(differences)]
    if not len(kept) or len(kept) * 2 < len(differences):
        return None
    rarer = min(np.sum(kept <= 0), np.sum(kept >= 0))
    least = 2.0 ** (1 - n_groups)
    return float(min(1.0, max(least, 2 * (rarer + 1) / (len(kept) + 1))))
