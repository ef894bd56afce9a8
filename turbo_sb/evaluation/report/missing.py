"""What a protocol's methods find where a modality is missing.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.evaluation.report.cells import interval, mean_sd, share
from turbo_sb.evaluation.report.scores import Comparison
from turbo_sb.training.finished import ALONE
from turbo_sb.utils.errors import InputError


def missing(methods, n_resamples=2000):
    """Score the predictions from one modality, as those from both are scored.

    Arguments
    ---------
    methods : list of turbo_sb.evaluation.report.pool.Method
        Of one protocol.
    n_resamples : int
        Of the bootstrap by speaker.

    Returns
    -------
    found : dict
        ``scores``, of each of `ALONE`, method to its figures; ``reference``,
        the method that the others are compared with; ``settings``, method to
        ``modality_dropout``, and ``placeholder`` where an older version
        learnt one; and ``older``, methods of
        which some runs have no such predictions, and that are left out. None
        if that leaves nothing.

    Raises
    ------
    InputError
        If the runs of a method were trained with different settings.
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


def missing_table(names, part):
    """Three rows a method: both modalities, the audio alone, the text alone.

    Arguments
    ---------
    names : sequence of str
        The metrics.
    part : dict
        A protocol of a report, in which ``missing`` is not None.

    Returns
    -------
    columns : list of str
    rows : list of list of str
    """
    columns, rows = ["", "from"], []
    for name in names:
        columns += [name, "95 %", f"{name} by fold"]
    found = {"both": part["scores"]["all"], **part["missing"]["scores"]}
    for method, settings in part["missing"]["settings"].items():
        for source, scores in found.items():
            row = [method, source.replace("_", " ")]
            for name in names:
                row += _cells(scores[method][name])
            rows.append([*row, _trained(settings)])
    return [*columns, "modality_dropout"], rows


def _cells(found):
    folds = mean_sd(found["fold_mean"], found["fold_sd"], 3)
    return [share(found["value"]), interval(found["interval"]), folds]


def _trained(settings):
    rate = settings["modality_dropout"]
    if not rate:
        return "0: not trained for it"
    learnt = settings.get("placeholder") == "learnt"
    return f"{rate:g}, learnt placeholder" if learnt else f"{rate:g}"


def _has_all(run):
    return set(run.alone) == set(ALONE)


def _settings(method):
    """What all runs of a method were trained with."""
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
    if placeholder != "zeros":  # until version 0.1.0
        settings["placeholder"] = placeholder
    return settings
