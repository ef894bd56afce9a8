"""What a report states beside the scores.

Authors
 * The turbo_sb developers 2026
"""

import statistics as stats

import numpy as np

from turbo_sb.data.splits.checks import SETS
from turbo_sb.data.transcripts import shared_texts


def coverage(method):
    """How much of the corpus is tested.

    Arguments
    ---------
    method : turbo_sb.evaluation.report.pool.Method
        One method's runs in one protocol.

    Returns
    -------
    coverage : dict
        ``n_tested``, over all folds; ``n_known``, in any set of any fold;
        ``n_speakers``, of those tested, and ``n_unknown``, tested utterances
        whose speaker is not known; ``n_left_out``, the mean over folds of
        what is in no set, and ``texts``, where they come from.
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


def baselines(method):
    """What takes no model of speech, to read the scores against.

    Arguments
    ---------
    method : turbo_sb.evaluation.report.pool.Method
        One method's runs in one protocol.

    Returns
    -------
    baselines : dict
        Name to metric to value: the majority class of the test sets, and the
        mean over folds of the shortcut's own score, where runs have it.
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


def text_overlap(method):
    """Share of the test texts that also occur in training, over all folds.

    Arguments
    ---------
    method : turbo_sb.evaluation.report.pool.Method
        One method's runs in one protocol.

    Returns
    -------
    share : float
        None where no run has its sets.
    """
    shared, total = 0.0, 0
    first = {run.fold: run for run in reversed(method.runs)}
    for run in first.values():
        train, test = run.manifest("train"), run.manifest("test")
        if train and test:
            texts = [[e["text"] for e in s.values()] for s in (train, test)]
            shared += shared_texts(*texts) * len(test)
            total += len(test)
    return shared / total if total else None


def confusion(method):
    """Counts over all folds and seeds.

    Arguments
    ---------
    method : turbo_sb.evaluation.report.pool.Method
        One method's runs in one protocol.

    Returns
    -------
    confusion : list of list of int
        Row: label; column: prediction.
    """
    total = sum(np.array(run.metrics["confusion"]) for run in method.runs)
    return total.tolist()


def cost(method):
    """What the trainings took.

    Arguments
    ---------
    method : turbo_sb.evaluation.report.pool.Method
        One method's runs in one protocol.

    Returns
    -------
    cost : dict
        ``seconds_per_epoch`` (median over runs of their median),
        ``epochs`` and ``best_epoch`` (medians), ``peak_memory_mb`` (the
        most), ``parameters``, ``trainable_parameters``; None where no run
        says it.
    """
    costs = [run.cost() for run in method.runs]
    seconds = [run.curves().get("train seconds") for run in method.runs]
    seconds = [s for s in seconds if s is not None]
    best = [run.metrics.get("best_epoch") for run in method.runs]

    def most(key):
        return max((c[key] for c in costs if key in c), default=None)

    return {
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
