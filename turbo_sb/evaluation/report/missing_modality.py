"""Scores of a protocol's methods where a modality is missing.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.evaluation.report.comparison import Comparison
from turbo_sb.training.run_folder import ALONE
from turbo_sb.utils.errors import InputError


def missing(methods: list, n_resamples: int = 2000) -> dict | None:
    """Score the predictions from one modality, as those from both are scored.

    Returns ``scores``, of each of `ALONE`, method to its figures;
    ``reference``, the method that the others are compared with; ``settings``,
    method to ``modality_dropout``, and ``placeholder`` where an earlier version
    learnt one; and ``older``, methods
    of which some runs have no such predictions, and that are left out. None if
    that leaves no method.
    """
    able = [m for m in methods if all(_has_all(run) for run in m.runs)]
    if not able:
        return None
    some = [m for m in methods if any(_has_all(run) for run in m.runs)]
    return {
        "reference": able[0].name,
        "settings": {method.name: _settings(method) for method in able},
        "older": [method.name for method in some if method not in able],
        "scores": {
            name: Comparison(
                [method.alone(name) for method in able], n_resamples
            ).score_all()
            for name in ALONE
        },
    }


def _has_all(run):
    return set(run.alone) == set(ALONE)


def _settings(method):
    """The settings of a method's runs, which are all the same."""
    keys = ("modality_dropout", "placeholder")
    found = {
        (
            run.metrics.get("modality_dropout"),
            run.metrics.get("placeholder", "zeros"),
        )
        for run in method.runs
    }
    if len(found) > 1:
        raise InputError(
            f"{method.name}: its runs were trained with different {keys}: "
            f"{sorted(map(str, found))}. Give each an output folder of its own."
        )
    rate, placeholder = found.pop()
    settings = {"modality_dropout": rate}
    if placeholder != "zeros":  # of an earlier version
        settings["placeholder"] = placeholder
    return settings
