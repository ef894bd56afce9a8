"""What a report checks before it states anything.

Authors
 * The turbo_sb developers 2026
"""

import numpy as np

from turbo_sb.data.splits.checks import (
    COMPLETE,
    SETS,
    check_manifests,
    check_tested_once,
)
from turbo_sb.utils.errors import InputError


def check_runs(protocol: str, method) -> None:
    """Verify that a method's runs are what the protocol says they are.

    An InputError if an utterance is tested in two folds, or was also trained
    on, if predictions, also those where a modality is missing, are not of the
    run's test set, or do not give what metrics.json says.
    """
    for run in method.runs:
        files = {name: run.folder / f"{name}.json" for name in SETS}
        if absent := [p for p in files.values() if not p.is_file()]:
            raise InputError(
                f"{absent[0]} is missing: without its sets, a run cannot be "
                "checked. Put the run's manifests there, or take it out."
            )
        for name in SETS:
            run.manifest(name)  # of the right kinds
        check_manifests(files, protocol)
        _check_tested(run)
    for seed, pool in method.pools.items():
        tests = {}
        for fold, ID in pool.keys:
            tests.setdefault(fold, []).append(ID)
        try:
            for fold, names in tests.items():
                check_tested_once({fold: names})
            if protocol in COMPLETE:
                check_tested_once(tests)
        except RuntimeError as error:
            raise InputError(
                f"{method.name}, {protocol}, seed {seed}: {error}. Its runs "
                "are not of one cross-validation; take the wrong ones away."
            ) from error


def check_alike(methods: list) -> None:
    """Verify that all runs of a fold test the same utterances.

    Otherwise methods would be compared on what they happen to share.
    """
    first = {}
    for run in (run for method in methods for run in method.runs):
        tested = set(run.manifest("test"))
        other, known = first.setdefault(run.fold, (run, tested))
        if odd := sorted(known ^ tested):
            raise InputError(
                f"{other.folder} and {run.folder} are of fold {run.fold}, and "
                f"test different utterances; the first is {odd[0]}. They were "
                "cut in two ways (split_seed, split_file, corpus): report them "
                "apart."
            )


def _check_tested(run):
    """Compare the predictions with test.json and with metrics.json."""
    stated = {None: run.metrics, **run.alone}
    for alone, found in stated.items():
        _check_predictions(run, run.predictions(alone), found, alone)


def _check_predictions(run, found, stated, alone):
    name = f"predictions_{alone}.csv" if alone else "predictions.csv"
    test = run.manifest("test")
    if odd := sorted(set(found["ids"]) ^ set(test)):
        raise InputError(
            f"{run.folder}: {odd[0]} is in {name} or in test.json, and not "
            "in both. Run it again."
        )
    if alone is None:
        _check_confusion(run, found)
    accuracy = np.mean(found["predictions"] == found["targets"])
    stated = stated.get("WA", stated.get("ACC"))
    if stated is None or abs(accuracy - stated) > 1e-9:
        says = f"says {stated}{f' for {alone}' if alone else ''}"
        raise InputError(
            f"{run.folder}: {name} has {accuracy:.4f} of its rows right, and "
            f"metrics.json {says}. Run it again."
        )


def _check_confusion(run, found):
    """Count again what metrics.json has counted."""
    n = len(run.labels)
    cells = found["targets"] * n + found["predictions"]
    counts = np.bincount(cells, minlength=n * n).reshape(n, n)
    if counts.tolist() != run.metrics["confusion"]:
        raise InputError(
            f"{run.folder}: metrics.json has another confusion than "
            "predictions.csv gives. One of them was changed: run it again."
        )
