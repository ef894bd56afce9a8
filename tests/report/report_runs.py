"""Finished runs whose every prediction one chooses."""

import csv
import json

import numpy as np

from turbo_sb.finished import find_runs
from turbo_sb.manifest import write_json

LABELS = ["ang", "hap"]


def write_fold(
    folder, method, fold, tested, seed=1, train=None, labels=LABELS, **facts
):
    """Write a run that tests `tested`: ID, speaker, label, prediction, ...

    A fifth column is the kind. The probability of a prediction is 0.75.
    """
    run = folder / method / f"speaker10_fold{fold}_seed{seed}"
    run.mkdir(parents=True)
    entries = {
        ID: {
            "speaker": speaker,
            "text": f"text of {ID}",
            "kind": kind[0] if kind else "",
        }
        for ID, speaker, _, _, *kind in tested
    }
    train = train or {"other": {"speaker": "else", "text": "text of a"}}
    valid = {"third": {"speaker": "third", "text": "x"}}
    sets = {"train": train, "valid": valid, "test": entries}
    write_json({run / f"{name}.json": part for name, part in sets.items()})
    with open(run / "predictions.csv", "w", newline="") as file:
        writer = csv.writer(file)
        header = [f"p_{label}" for label in labels]
        writer.writerow(["ID", "label", "prediction", *header])
        for ID, _, label, prediction, *_ in tested:
            rest = 0.25 / (len(labels) - 1)
            p = [0.75 if x == prediction else rest for x in labels]
            writer.writerow([ID, label, prediction, *p])
    pairs = [(row[2], row[3]) for row in tested]
    right = float(np.mean([a == b for a, b in pairs]))
    counts = [[pairs.count((a, b)) for b in labels] for a in labels]
    names = ("ACC", "EER") if "directed" in labels else ("WA", "UA")
    found = {
        **dict.fromkeys(names, right),
        "labels": labels,
        "confusion": counts,
        "protocol": "speaker10",
        "fold": fold,
        "seed": seed,
        "best_epoch": 3,
        "alignment": 1.0 + fold,
        "uniformity_audio": -2.0,
        **facts,
    }
    (run / "metrics.json").write_text(json.dumps(found))
    return run


def rows(text):
    """Turn "a x ang ang; b y hap ang" into rows."""
    return [tuple(row.split()) for row in text.split(";")]


def read(folder):
    """All runs below a folder."""
    return find_runs(folder)
