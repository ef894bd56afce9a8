"""Bootstrap intervals of statistics whose utterances are not independent.

Utterances of one speaker are alike, so that there is less to learn from them
than from as many of different speakers. Whole groups are drawn, therefore, as
a new test set would bring new speakers.

Authors
 * The turbo_sb developers 2026
"""

import numpy as np

from turbo_sb.utils.errors import InputError, some_of


def bootstrap_intervals(
    statistics, groups, n_resamples=1000, level=0.95, seed=1986
):
    """Percentile bootstrap over groups of utterances.

    Each resample draws as many groups as there are, with replacement, each
    with all its utterances. It is handed on as weights: how often each
    utterance was drawn. All statistics see the same resamples.

    With few groups (below 20 or so), percentile intervals are too narrow: of
    two groups there are only three different resamples.

    Arguments
    ---------
    statistics : dict
        Name to a callable, of (n,) float64 numpy.ndarray of weights, that
        returns a float: nan where a resample leaves it undefined, such as the
        EER of one class. A callable must not change the weights.
    groups : (n,) sequence of hashable
        The group of each utterance: its speaker or, where none is known, the
        utterance's own id. The intervals do not depend on the order of rows.
    n_resamples : int
        Number of resamples.
    level : float
        Share of the resamples inside the interval, above 0 and below 1.
    seed : int
        Of the resamples. The same seed and groups draw the same ones.

    Returns
    -------
    intervals : dict
        Name to (low, high), floats; resamples that gave nan are left out.
        (None, None) if more than half of them did, or if there is only one
        group.

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


def resample(statistics, groups, n_resamples=1000, seed=1986):
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


def interval(values, level=0.95):
    """The quantiles that hold `level` of the values between them.

    Arguments
    ---------
    values : (n_resamples,) numpy.ndarray
        Of `resample`; nan is left out.
    level : float
        Above 0 and below 1.

    Returns
    -------
    low : float
        None, if more than half of the values are nan.
    high : float
        Likewise.

    Example
    -------
    >>> interval(np.array([1.0, 2.0, 3.0, np.nan]), level=0.5)
    (1.5, 2.5)
    """
    kept = values[~np.isnan(values)]
    if len(kept) * 2 < len(values):
        return None, None
    low, high = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def speaker_groups(ids, speakers):
    """Whom a resample draws: speakers, or an utterance whose is not known.

    Arguments
    ---------
    ids : sequence of str
        Utterance IDs.
    speakers : sequence of str
        Of each utterance; "" where it is not known.

    Returns
    -------
    groups : list of str
        A speaker and an utterance are told apart if they are spelt alike.

    Example
    -------
    >>> speaker_groups(["a", "b", "c"], ["anna", "anna", ""])
    ['speaker anna', 'speaker anna', 'utterance c']
    """
    return [
        f"speaker {speaker}" if speaker else f"utterance {name}"
        for name, speaker in zip(ids, speakers)
    ]


def _number(groups):
    """The number of each row's group, and how many groups there are.

    Groups are numbered in the order of their names, and not of their rows.
    """
    # Elements of a tensor are all different keys, even where they are equal.
    rows = groups.tolist() if hasattr(groups, "tolist") else list(groups)
    missing = [
        f"row {row}: {group!r}"
        for row, group in enumerate(rows)
        if group is None or group == "" or group != group
    ]
    if missing or not rows:
        raise InputError(
            f"{len(missing)} of {len(rows)} utterances have no group:\n"
            f"{some_of(missing)}\nGive each its speaker or, where none is "
            "known, its own id."
        )
    names = sorted(set(rows), key=lambda name: (str(name), str(type(name))))
    numbers = {name: number for number, name in enumerate(names)}
    return np.array([numbers[group] for group in rows]), len(names)


def _check_options(n_resamples, level=0.95):
    if not isinstance(n_resamples, int) or n_resamples < 1:
        raise InputError(
            f"n_resamples is {n_resamples!r}, expected a whole number >= 1."
        )
    if not 0 < level < 1:
        raise InputError(
            f"level is {level}, expected a share above 0 and below 1, such as "
            "0.95."
        )
