"""The files of a tested run, each whole or not at all.

Authors
 * The turbo_sb developers 2026
"""

import csv
from pathlib import Path

import numpy as np

from turbo_sb.utils.files import replacing

SETS = ("train", "valid", "test")
ENCODERS = "encoders"  # their configurations, beside the checkpoints


def save_encoders(folder: str | Path, model) -> None:
    """Keep the encoders' configurations beside a training.

    With them, its model can be built again without the sources that its
    encoders' weights came from.

    Arguments
    ---------
    folder : str or pathlib.Path
        The training's output folder.
    model : TurboModel
        Of the training.
    """
    for name, encoder in model.encoders.items():
        own = Path(folder) / ENCODERS / name
        own.mkdir(parents=True, exist_ok=True)
        encoder.save_config(own)


def write_predictions(path, ids, labels, targets, probabilities):
    """Write a CSV of ID, label, prediction and each class's probability."""
    header = [f"p_{label}" for label in labels]
    with (
        replacing(path) as draft,
        open(draft, "w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["ID", "label", "prediction", *header])
        for name, target, row in zip(ids, targets, probabilities):
            prediction = labels[row.argmax()]
            # In full: every metric can be computed from this file.
            writer.writerow([name, labels[target], prediction, *row.tolist()])


def write_embeddings(path, ids, labels, embeddings):
    """Write arrays ``ids``, ``labels`` and one for each modality."""
    arrays = {name: rows.numpy() for name, rows in embeddings.items()}
    with replacing(path) as draft, open(draft, "wb") as file:
        np.savez_compressed(
            file, ids=np.array(ids), labels=np.array(labels), **arrays
        )


def manifests_of(folder: str | Path) -> dict[str, str]:
    """The manifests of a run.

    Arguments
    ---------
    folder : str or pathlib.Path
        The run's output folder.

    Returns
    -------
    manifests : dict
        "train", "valid" and "test" to a path.

    Example
    -------
    >>> manifests_of("out")["test"]
    'out/test.json'
    """
    return {name: f"{folder}/{name}.json" for name in SETS}
