"""A report of finished runs, as one dict: what report.json holds.

Authors
 * The turbo_sb developers 2026
"""

import statistics as stats

import numpy as np

from turbo_sb.data.splits.checks import SETS, absent_classes
from turbo_sb.data.transcripts import shared_texts
from turbo_sb.evaluation.report import checks
from turbo_sb.evaluation.report.comparison import Comparison
from turbo_sb.evaluation.report.geometry import geometry
from turbo_sb.evaluation.report.linear_probe import beside_probe
from turbo_sb.evaluation.report.missing_modality import missing
from turbo_sb.evaluation.report.paper_results import PAPER, SETTING
from turbo_sb.evaluation.report.pooled_predictions import Method, gather
from turbo_sb.training.run_folder import find_runs
from turbo_sb.utils.errors import InputError


def build_report(
    folder, reference: str | None = None, n_resamples: int = 2000
) -> dict:
    """Read the finished runs below a folder, check them, and sum them up.

    Arguments
    ---------
    folder : str or pathlib.Path
        Folder of runs; see `turbo_sb.training.run_folder.find_runs`.
    reference : str, optional
        The method that the others are compared with; default: the first, also
        in a protocol that has no run of it.
    n_resamples : int
        Resamples of the bootstrap by speaker.

    Returns
    -------
    report : dict
        ``metrics``, ``labels``, ``paper``, and ``protocols``: name to
        ``methods``, ``scores``, ``missing`` and what goes with them.

    Raises
    ------
    InputError
        If there is no run, a run's files contradict each other, or two runs
        cannot be in one report.

    Example
    -------
    >>> build_report(getfixture("tmp_path"))
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: ...: no finished run (metrics.json) in it. ...
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
    # The first is what the others are compared with; the rest keep their order.
    methods = sorted(methods, key=lambda method: method.name != reference)
    for method in methods:
        checks.check_runs(protocol, method)
    checks.check_alike(methods)
    return {
        "reference": methods[0].name,
        "baselines": baselines(methods[0]),
        "methods": {method.name: _of_method(method) for method in methods},
        "scores": Comparison(methods, n_resamples).score(),
        "missing": missing(methods, n_resamples),
        "probe": beside_probe(methods, n_resamples),
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
        **coverage(method),
        **doubts(method),
        "text_overlap": text_overlap(method),
        "confusion": confusion(method),
        "on_sphere": method.runs[0].metrics.get("on_sphere", True),
        "cost": cost(method),
    }


def coverage(method: Method) -> dict:
    """How much of the corpus is tested, over all folds.

    ``n_known`` counts utterances in any set of any fold; ``n_unknown`` tested
    ones without a speaker; ``n_left_out`` is the mean over folds of what is in
    no set, and ``texts`` says where the texts come from.
    """
    tested, known, left_out, texts = {}, set(), [], []
    for run in method.runs:
        test = run.manifest("test")
        tested.update({ID: e.get("spk_id", "") for ID, e in test.items()})
        known |= set().union(*(run.manifest(name) for name in SETS))
        left_out.append(run.metrics.get("n_left_out", 0))
        texts.append(run.metrics.get("texts"))
    return {
        "n_tested": len(tested),
        "n_known": len(known),
        "n_speakers": len(set(tested.values()) - {""}),
        "n_unknown": list(tested.values()).count(""),
        "n_left_out": stats.mean(left_out),
        "texts": sorted(set(filter(None, texts))),
    }


def doubts(method: Method) -> dict:
    """What makes figures of some folds mean less than they seem to.

    ``absent_classes`` lists fold, set and the classes that the set lacks, from
    the manifests, as earlier versions did not note it. ``n_same_recording`` is
    how many utterances of a fold have a recording that another set has too.
    """
    first = {run.fold: run for run in reversed(method.runs)}
    absent, same = [], 0
    for fold, run in sorted(first.items()):
        sets = {name: run.manifest(name) for name in SETS}
        labelled = {
            name: part
            for name, part in sets.items()
            if any("label" in entry for entry in part.values())
        }
        lacking = absent_classes(labelled, run.labels)
        absent += [[fold, name, found] for name, found in lacking.items()]
        same = max(same, run.metrics.get("n_same_recording", 0))
    return {"absent_classes": absent, "n_same_recording": same}


def baselines(method: Method) -> dict:
    """Scores that need no model of speech: name to metric to value.

    The majority class of the test sets, and the mean over folds of the
    shortcut's own score, where runs have it.
    """
    counts = np.array(confusion(method)).sum(axis=1)
    majority = {method.names[0]: float(counts.max() / counts.sum())}
    if "UA" in method.names:
        majority["UA"] = 1 / int(np.sum(counts > 0))
    found = {"majority class": majority}
    shortcut = {}
    for name in method.names:
        values = [run.metrics.get(f"shortcut_{name}") for run in method.runs]
        if values := [value for value in values if value is not None]:
            shortcut[name] = stats.mean(values)
    if shortcut:
        found["shortcut: ten features of the signal, linear"] = shortcut
    return found


def text_overlap(method: Method) -> float | None:
    """Share of the test texts that also occur in training, over all folds."""
    shared, total = 0.0, 0
    first = {run.fold: run for run in reversed(method.runs)}
    for run in first.values():
        train, test = run.manifest("train"), run.manifest("test")
        known = all("text" in e for s in (train, test) for e in s.values())
        if train and test and known:
            texts = [[e["text"] for e in s.values()] for s in (train, test)]
            shared += shared_texts(*texts) * len(test)
            total += len(test)
    return shared / total if total else None


def confusion(method: Method) -> list[list[int]]:
    """Counts over all folds and seeds, a row for each label."""
    total = sum(np.array(run.metrics["confusion"]) for run in method.runs)
    return total.tolist()


def cost(method: Method) -> dict:
    """Time and memory of the trainings; None where no run says it.

    ``seconds_per_epoch`` is the median over runs of their median, ``epochs``
    and ``best_epoch`` are medians, ``runs`` and ``trainings`` counts (folds of
    one training set may share a training), the others the largest of all runs.
    """
    costs = [run.cost() for run in method.runs]
    seconds = [run.curves().get("train seconds") for run in method.runs]
    seconds = [s for s in seconds if s is not None]
    best = [run.metrics.get("best_epoch") for run in method.runs]

    def most(key):
        """The largest value of all runs."""
        return max((c[key] for c in costs if key in c), default=None)

    shared = {
        (run.seed, *found.get("folds", [run.fold]))
        for run, found in zip(method.runs, costs)
    }
    return {
        "runs": len(costs),
        "trainings": len(shared),
        "seconds_per_epoch": _median([np.nanmedian(s) for s in seconds]),
        "epochs": _median([len(s) for s in seconds]),
        "best_epoch": _median([epoch for epoch in best if epoch is not None]),
        "peak_memory_mb": most("peak_memory_mb"),
        "peak_memory_of": most("peak_memory_of"),
        "parameters": most("parameters"),
        "trainable_parameters": most("trainable_parameters"),
    }


def _median(values):
    return float(stats.median(values)) if values else None
