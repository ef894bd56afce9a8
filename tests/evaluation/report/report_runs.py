"""Finished runs whose every prediction one chooses."""

import csv
import json

import numpy as np

from turbo_sb.data.manifest import write_json
from turbo_sb.training.run_folder import find_runs

LABELS = ["ang", "hap"]


def write_fold(
    folder,
    method,
    fold,
    tested,
    seed=1,
    train=None,
    labels=LABELS,
    alone=None,
    **facts,
):
    """Write a run that tests `tested`: ID, speaker, label, prediction, ...

    A fifth column is the kind. The probability of a prediction is 0.75.
    `alone` has the predictions where one modality is missing, such as
    {"audio_only": ["ang", ...], "text_only": [...]}.
    """
    run = folder / method / f"speaker10_fold{fold}_seed{seed}"
    run.mkdir(parents=True)
    entries = {
        ID: {
            "spk_id": speaker,
            "text": f"text of {ID}",
            "kind": kind[0] if kind else "",
        }
        for ID, speaker, _, _, *kind in tested
    }
    train = train or {"other": {"spk_id": "else", "text": "text of a"}}
    valid = {"third": {"spk_id": "third", "text": "x"}}
    sets = {"train": train, "valid": valid, "test": entries}
    write_json({run / f"{name}.json": part for name, part in sets.items()})
    write_predictions(run / "predictions.csv", tested, labels)
    pairs = [(row[2], row[3]) for row in tested]
    right = share_right(tested)
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
    for name, guesses in (alone or {}).items():
        heard = [(*r[:3], guess) for r, guess in zip(tested, guesses)]
        write_predictions(run / f"predictions_{name}.csv", heard, labels)
        found[name] = dict.fromkeys(names, share_right(heard))
    (run / "metrics.json").write_text(json.dumps(found))
    return run


def share_right(tested):
    """The accuracy of rows as in `write_fold`."""
    return float(np.mean([row[2] == row[3] for row in tested]))


def write_predictions(path, tested, labels):
    """Write rows as in `write_fold`, as a run does."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        header = [f"p_{label}" for label in labels]
        writer.writerow(["ID", "label", "prediction", *header])
        for ID, _, label, prediction, *_ in tested:
            rest = 0.25 / (len(labels) - 1)
            p = [0.75 if x == prediction else rest for x in labels]
            writer.writerow([ID, label, prediction, *p])


def rows(text):
    """Turn "a x ang ang; b y hap ang" into rows."""
    return [tuple(row.split()) for row in text.split(";")]


def read(folder):
    """All runs below a folder."""
    return find_runs(folder)
