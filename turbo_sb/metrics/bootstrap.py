"""Bootstrap by groups of utterances, such as speakers.

Utterances of one speaker are not independent, so whole speakers are drawn.

Authors
 * The turbo_sb developers 2026
"""

from collections.abc import Callable, Hashable, Sequence
from numbers import Real

import numpy as np

from turbo_sb.utils.errors import InputError, some_of


def bootstrap_intervals(
    statistics: dict[str, Callable[[np.ndarray], float]],
    groups: Sequence[Hashable],
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int = 1986,
) -> dict[str, tuple[float | None, float | None]]:
    """Percentile bootstrap over groups of utterances.

    Each resample draws as many groups as there are, with replacement.
    Statistics get weights: how often each utterance was drawn. All see the
    same resamples. With fewer than about 20 groups, the intervals are too
    narrow.

    Arguments
    ---------
    statistics : dict
        Name to a callable, of (n,) float64 numpy.ndarray of weights, that
        returns a float, or nan where it is undefined. It must not change the
        weights.
    groups : (n,) sequence of hashable
        The group of each utterance: its speaker or, if unknown, its own id.
        The order of rows does not matter.
    n_resamples : int
        Number of resamples.
    level : float
        Share of the resamples inside the interval, above 0 and below 1.
    seed : int
        Of the resamples. The same seed and groups draw the same ones.

    Returns
    -------
    intervals : dict
        Name to (low, high), without resamples that gave nan. (None, None) if
        most did, or if there is only one group.

    Raises
    ------
    InputError
        If an utterance has no group, or an option is out of its range.

    Example
    -------
    >>> scores = np.array([1.0, 1.0, 3.0, 3.0])
    >>> mean = lambda weights: np.average(scores, weights=weights)
    >>> bootstrap_intervals({"mean": mean}, ["anna", "anna", "ben", "ben"])
    {'mean': (1.0, 3.0)}
    """
    _check_options(n_resamples, level)
    values = resample(statistics, groups, n_resamples, seed)
    return {name: interval(found, level) for name, found in values.items()}


def resample(
    statistics: dict[str, Callable[[np.ndarray], float]],
    groups: Sequence[Hashable],
    n_resamples: int = 1000,
    seed: int = 1986,
) -> dict[str, np.ndarray]:
    """The statistics of each resample; see `bootstrap_intervals`.

    Arguments
    ---------
    statistics : dict
        Name to a callable, of (n,) float64 numpy.ndarray of weights, that
        returns a float.
    groups : (n,) sequence of hashable
        The group of each utterance.
    n_resamples : int
        Number of resamples.
    seed : int
        Of the resamples.

    Returns
    -------
    values : dict
        Name to (n_resamples,) numpy.ndarray: of nan, if there is only one
        group, which every resample would repeat.

    Example
    -------
    >>> total = {"weight": lambda weights: weights.sum()}
    >>> resample(total, ["anna", "ben"], n_resamples=3)["weight"].tolist()
    [2.0, 2.0, 2.0]
    """
    _check_options(n_resamples)
    members, n_groups = _number(groups)
    values = {name: np.full(n_resamples, np.nan) for name in statistics}
    rng = np.random.default_rng(seed)
    for number in range(n_resamples if n_groups > 1 else 0):
        drawn = rng.integers(n_groups, size=n_groups)
        counts = np.bincount(drawn, minlength=n_groups)
        weights = counts[members].astype(np.float64)
        for name, statistic in statistics.items():
            values[name][number] = statistic(weights)
    return values


def interval(
    values: np.ndarray, level: float = 0.95
) -> tuple[float | None, float | None]:
    """Quantiles that hold `level` of the values; None if most are nan, or inf."""
    kept = values[~np.isnan(values)]
    few = not len(kept) or len(kept) * 2 < len(values)
    if few or np.isinf(kept).any():
        return None, None
    low, high = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def speaker_groups(ids: Sequence[str], speakers: Sequence[str]) -> list[str]:
    """The group of each utterance: its speaker, or itself if unknown."""
    return [
        f"speaker {speaker}" if speaker else f"utterance {name}"
        for name, speaker in zip(ids, speakers)
    ]


def _number(groups):
    """Number of each row's group, by name, and the number of groups."""
    # Equal elements of a tensor are different keys.
    rows = groups.tolist() if hasattr(groups, "tolist") else list(groups)
    missing = [
        f"row {row}: {group!r}"
        for row, group in enumerate(rows)
        if group is None or group == "" or group != group
    ]
    if missing or not rows:
        raise InputError(
            f"{len(missing)} of {len(rows)} utterances have no group:\n"
            f"{some_of(missing)}\nGive each its speaker or, if unknown, its "
            "own id."
        )
    if not all(isinstance(group, Hashable) for group in rows):
        raise InputError("groups: expected a name of each utterance.")
    names = sorted(set(rows), key=lambda name: (str(name), str(type(name))))
    numbers = {name: number for number, name in enumerate(names)}
    return np.array([numbers[group] for group in rows]), len(names)


def _check_options(n_resamples, level=0.95):
    whole = isinstance(n_resamples, int) and n_resamples is not True
    if not whole or n_resamples < 1:
        raise InputError(
            f"n_resamples is {n_resamples!r}, expected a whole number >= 1."
        )
    if not isinstance(level, Real) or not 0 < level < 1:
        raise InputError(
            f"level is {level}, expected a share above 0 and below 1, such as "
            "0.95."
        )
