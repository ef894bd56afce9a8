"""Alignment and uniformity of a protocol's methods, and how they differ.

Authors
 * The turbo_sb developers 2026
"""

import statistics as stats
from collections import defaultdict

import numpy as np

from turbo_sb.evaluation.report.comparison import FEWEST_GROUPS
from turbo_sb.metrics.bootstrap import interval, resample
from turbo_sb.metrics.significance import bootstrap_p
from turbo_sb.utils.errors import InputError

GEOMETRY = ("alignment", "uniformity_audio", "uniformity_text")


def geometry(methods: list, n_resamples: int = 2000) -> dict:
    """Mean and spread over runs, and the difference from the first method.

    A difference is of the folds that both have, each the mean of its seeds,
    and its interval is of folds drawn with replacement. The folds of one
    cross-validation share most of their training data, so that the interval
    is too narrow rather than too wide. Returns method to name to ``mean``,
    ``sd``, ``n`` and, but for the first, ``difference``,
    ``difference_interval`` and ``p_bootstrap``; None where no run has it.
    """
    runs = [run for method in methods for run in method.runs]
    if len({run.metrics.get("on_sphere", True) for run in runs}) > 1:
        raise InputError(
            "alignment and uniformity are on the unit sphere in some runs and "
            "not in others (on_sphere). Report them apart."
        )
    found = defaultdict(dict)
    for name in GEOMETRY:
        folds = {method.name: _by_fold(method, name) for method in methods}
        first = folds[methods[0].name]
        for method in methods:
            summary = spread(_values(method, name))
            if summary and method is not methods[0] and first:
                own = folds[method.name]
                summary.update(_difference(first, own, n_resamples))
            found[method.name][name] = summary
    return dict(found)


def _values(method, name):
    values = [run.metrics.get(name) for run in method.runs]
    return [value for value in values if value is not None]


def _by_fold(method, name):
    """Map each fold to the mean of its seeds."""
    folds = defaultdict(list)
    for run in method.runs:
        if run.metrics.get(name) is not None:
            folds[run.fold].append(run.metrics[name])
    return {fold: stats.mean(values) for fold, values in folds.items()}


def _difference(first, own, n_resamples):
    """Compare two methods on the folds that both have."""
    both = sorted(set(first) & set(own))
    if not both:
        return {}
    values = np.array([own[fold] - first[fold] for fold in both])
    drawn = resample(
        {"mean": lambda weights: np.average(values, weights=weights)},
        both,
        n_resamples,
    )["mean"]
    return {
        "difference": float(values.mean()),
        "difference_interval": interval(drawn),
        "p_bootstrap": bootstrap_p(drawn, len(both))
        if len(both) >= FEWEST_GROUPS
        else None,
    }


def spread(values: list) -> dict | None:
    """``mean``, ``sd`` (None for one value) and ``n``; None for no value."""
    if not values:
        return None
    sd = stats.stdev(values) if len(values) > 1 else None
    return {"mean": stats.mean(values), "sd": sd, "n": len(values)}
