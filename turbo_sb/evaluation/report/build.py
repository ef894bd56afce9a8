"""A report of finished runs, as one dict: what report.json holds.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.evaluation.report import checks, facts
from turbo_sb.evaluation.report.embeddings import geometry
from turbo_sb.evaluation.report.missing import missing
from turbo_sb.evaluation.report.paper import PAPER, SETTING
from turbo_sb.evaluation.report.pool import gather
from turbo_sb.evaluation.report.scores import Comparison
from turbo_sb.training.finished import find_runs
from turbo_sb.utils.errors import InputError


def build_report(folder, reference=None, n_resamples=2000):
    """Read the finished runs below a folder, check them, and sum them up.

    Arguments
    ---------
    folder : str or pathlib.Path
        See `turbo_sb.training.finished.find_runs`.
    reference : str, optional
        The method that the others are compared with; the first, if none, and
        in a protocol that has no run of it.
    n_resamples : int
        Of the bootstrap by speaker.

    Returns
    -------
    report : dict
        ``metrics``, ``labels``, ``paper``, and ``protocols``: name to
        ``methods``, ``scores``, ``missing`` and what goes with them.

    Raises
    ------
    InputError
        If there is no run, one is not what it says, or two do not fit.
    """
    runs = find_runs(folder)
    methods = dict.fromkeys(run.method for run in runs)
    if reference is not None and reference not in methods:
        raise InputError(
            f"reference: {reference}: {folder} has runs of "
            f"{', '.join(methods)}."
        )
    protocols = gather(runs)
    names = next(iter(protocols.values()))[0].names
    return {
        "folder": str(folder),
        "metrics": list(names),
        "labels": runs[0].labels,
        "paper": {"setting": SETTING[names], "values": PAPER[names]},
        "n_resamples": n_resamples,
        "protocols": {
            protocol: _of_protocol(protocol, methods, reference, n_resamples)
            for protocol, methods in protocols.items()
        },
    }


def _of_protocol(protocol, methods, reference, n_resamples):
    # Stable: the first is what the others are compared with.
    methods = sorted(methods, key=lambda method: method.name != reference)
    for method in methods:
        checks.check_runs(protocol, method)
    checks.check_alike(methods)
    return {
        "reference": methods[0].name,
        "baselines": facts.baselines(methods[0]),
        "methods": {method.name: _of_method(method) for method in methods},
        "scores": Comparison(methods, n_resamples).score(),
        "missing": missing(methods, n_resamples),
        "geometry": geometry(methods, n_resamples),
    }


def _of_method(method):
    return {
        "folds": method.folds,
        "seeds": method.seeds,
        "n_runs": len(method.runs),
        "unfinished": [
            [fold, seed]
            for seed in method.seeds
            for fold in method.folds
            if not any((r.fold, r.seed) == (fold, seed) for r in method.runs)
        ],
        **facts.coverage(method),
        "text_overlap": facts.text_overlap(method),
        "confusion": facts.confusion(method),
        "on_sphere": method.runs[0].metrics.get("on_sphere", True),
        "cost": facts.cost(method),
    }
