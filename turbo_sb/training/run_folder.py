"""The folder of a training: what it writes there, and reading it back.

Reports and figures are made from finished runs' files alone: no model is loaded.

Authors
 * The turbo_sb developers 2026
"""

import csv
import dataclasses
import zipfile
from pathlib import Path

import numpy as np

from turbo_sb.data.csv_table import write_rows
from turbo_sb.data.manifest import read_json, read_manifest
from turbo_sb.training.history import curves, read_history
from turbo_sb.training.run_checks import (
    COST,
    check_entries,
    check_metrics,
    check_values,
)
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import replacing
from turbo_sb.utils.spreadsheets import as_given

SETS = ("train", "valid", "test")
ENCODERS = "encoders"  # their configurations, beside the checkpoints
# The paper's, in its order; others follow.
METHODS = ("vanilla", "cross_modal", "turbo")
# What marks a finished run: it is written last (`turbo_sb.training.outcomes`).
FINISHED = "metrics.json"
# What it says of one modality where the other is missing.
ALONE = ("audio_only", "text_only")
# And of the linear probes on its frozen encoders.
PROBES = ("probe_audio", "probe_text", "probe_both")
NEEDED = ("labels", "confusion", "protocol", "fold", "seed")


@dataclasses.dataclass(frozen=True)
class FinishedRun:
    """One training that was tested: what it is, and what it found.

    Arguments
    ---------
    folder : pathlib.Path
        The run's output folder.
    method : str
        What the report calls it, such as "turbo".
    metrics : dict
        The contents of metrics.json.

    Example
    -------
    >>> facts = {"protocol": "speaker10", "fold": 2, "seed": 1}
    >>> FinishedRun(Path("out"), "turbo", facts).key
    ('turbo', 'speaker10', 2, 1)
    """

    folder: Path
    method: str
    metrics: dict

    @property
    def key(self) -> tuple:
        """Method, protocol, fold and seed: no two runs of a report share it."""
        facts = ("protocol", "fold", "seed")
        return (self.method, *(self.metrics.get(fact) for fact in facts))

    @property
    def protocol(self) -> str:
        """The protocol that cut its sets."""
        return self.key[1]

    @property
    def fold(self) -> int:
        """The fold that it tests, from 1."""
        return self.key[2]

    @property
    def seed(self) -> int | None:
        """The seed of its training; None where there is no randomness."""
        return self.key[3]

    @property
    def labels(self) -> list[str]:
        """The classes, in the order of the classifier's outputs."""
        return self.metrics["labels"]

    @property
    def alone(self) -> dict:
        """What metrics.json says where a modality is missing: name to metrics.

        The names are of `ALONE`; empty for a model of one modality, and for a
        run of a version that did not measure it.
        """
        return {k: self.metrics[k] for k in ALONE if k in self.metrics}

    def predictions(self, alone: str | None = None) -> dict:
        """The contents of predictions.csv, or of one where half is missing.

        Arguments
        ---------
        alone : str, optional
            Of `ALONE`, for predictions_audio_only.csv or its like.

        Returns
        -------
        predictions : dict
            ``ids``, (n,) list of str; ``targets`` and ``predictions``, (n,)
            numpy.ndarray of class indices; ``probabilities``, (n, classes)
            numpy.ndarray.

        Raises
        ------
        InputError
            If the file is missing, or a row does not fit.
        """
        name = f"predictions_{alone}.csv" if alone else "predictions.csv"
        path = self.folder / name
        place = {label: index for index, label in enumerate(self.labels)}
        try:
            with open(path, encoding="utf-8", newline="") as file:
                rows = [
                    {key: as_given(cell) for key, cell in row.items()}
                    for row in csv.DictReader(file)
                ]
            columns = [f"p_{label}" for label in self.labels]
            found = {
                "ids": [row["ID"] for row in rows],
                "targets": np.array([place[row["label"]] for row in rows]),
                "predictions": np.array([place[r["prediction"]] for r in rows]),
                "probabilities": np.array(
                    [[float(row[column]) for column in columns] for row in rows]
                ),
            }
            _check_rows(rows, found["probabilities"])
        except (csv.Error, KeyError, OSError, TypeError, ValueError) as error:
            raise InputError(
                f"{path}: not what a run with the classes {self.labels} "
                f"writes ({error}). Run it again, or take its folder out."
            ) from error
        if not rows:
            raise InputError(f"{path}: has no predictions. Run it again.")
        return found

    def embeddings(self) -> dict:
        """The contents of embeddings.npz.

        Returns
        -------
        embeddings : dict
            ``ids`` and ``labels``, (n,), and for each modality, (n, dim)
            numpy.ndarray.

        Raises
        ------
        InputError
            If the file is missing or damaged.
        """
        path = self.folder / "embeddings.npz"
        try:
            with np.load(path, allow_pickle=False) as file:
                return dict(file)
        except (EOFError, OSError, ValueError, zipfile.BadZipFile) as error:
            raise InputError(
                f"{path}: cannot be read ({error}). Run it again, or take its "
                "folder out."
            ) from error

    def manifest(self, name: str) -> dict:
        """One of the run's sets.

        Arguments
        ---------
        name : str
            "train", "valid" or "test".

        Returns
        -------
        entries : dict
            Utterance ID to its fields; empty where the file is not there.

        Raises
        ------
        InputError
            If it is no manifest.
        """
        path = self.folder / f"{name}.json"
        entries = read_manifest(path, missing={})
        check_entries(path, entries)
        return entries

    def cost(self) -> dict:
        """What the training took.

        Returns
        -------
        cost : dict
            Of `turbo_sb.training.cost.measure_cost`; empty where it is not known.

        Raises
        ------
        InputError
            If the file holds anything else.
        """
        path = self.folder / "cost.json"
        found = read_json(path, missing={})
        check_values(path, found, COST)
        return found

    def curves(self) -> dict:
        """The figures of each epoch.

        Returns
        -------
        curves : dict
            Name, such as "train ce" or "valid UA", to (epochs,)
            numpy.ndarray; NaN in an epoch that does not have it. Empty for a
            run without history.jsonl, which earlier versions did not write.
        """
        found = curves(read_history(self.folder))
        return {name: np.array(values) for name, values in found.items()}


def loses(metric: str, value: float, other: float) -> bool:
    """Whether a value is worse than another one; an EER is worse if higher."""
    return value > other if metric == "EER" else value < other


def _check_rows(rows, probabilities):
    """Reject rows of another length, and what is no probability (also NaN)."""
    if any(None in row for row in rows):
        raise ValueError("a row has more cells than there are columns")
    fits = (probabilities > -1e-6) & (probabilities < 1 + 1e-6)
    if not fits.all():
        raise ValueError("a probability is not in [0, 1]")


def find_runs(folder: str | Path) -> list[FinishedRun]:
    """Find the finished runs below a folder.

    The method of a run is the folder around it, as seen from `folder`:
    ``turbo/speaker10_fold1_seed1`` is of turbo, and ``asr/turbo/...`` of
    asr/turbo.

    Arguments
    ---------
    folder : str or pathlib.Path
        Such as ``results``, or the output folder of cross_validate.py.

    Returns
    -------
    runs : list of FinishedRun
        By method, the paper's in its order and then others by name, then by
        protocol, fold and seed.

    Raises
    ------
    InputError
        If there is none, or two are of one method, protocol, fold and seed.

    Example
    -------
    >>> find_runs(getfixture("tmp_path"))
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: ...: no finished run (metrics.json) in it. ...
    """
    folder, runs = Path(folder), {}
    for path in sorted(folder.rglob(FINISHED)):
        if path.parent.name == "debug":  # beside the results of a real run
            continue
        place = path.parent.relative_to(folder).parent.as_posix()
        method = folder.resolve().name if place == "." else place
        run = FinishedRun(path.parent, method, read_metrics(path))
        if run.key in runs:
            raise InputError(
                f"{runs[run.key].folder} and {run.folder} are two runs of "
                f"{run.method} with protocol, fold and seed {run.key[1:]}. "
                "Take one away, or give the folder of one."
            )
        runs[run.key] = run
    if not runs:
        raise InputError(
            f"{folder}: no finished run ({FINISHED}) in it. Give the output "
            "folder of cross_validate.py, or a folder of train.py's."
        )
    return sorted(runs.values(), key=_order)


def read_metrics(path: Path) -> dict:
    """Read metrics.json, if it is one of this package's."""
    odd = f"{path}: not what a run of this package writes"
    again = "Run it again, or take its folder out."
    try:
        metrics = read_json(path)
    except InputError as error:
        raise InputError(f"{odd}: it cannot be read. {again}") from error
    if absent := [key for key in NEEDED if key not in metrics]:
        raise InputError(f"{odd}: {', '.join(absent)} is missing. {again}")
    check_metrics(path, metrics)
    return metrics


def _order(run):
    """Sort numbers as numbers, and None before them."""
    folder, _, name = run.method.rpartition("/")
    place = METHODS.index(name) if name in METHODS else len(METHODS)
    facts = [(value is not None, value or 0) for value in run.key[2:]]
    return folder, place, name, run.protocol, facts


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


def kept_encoders(folder: str | Path) -> dict[str, dict]:
    """Overrides of a YAML that build encoders from what a run has kept.

    Arguments
    ---------
    folder : str or pathlib.Path
        The training's output folder.

    Returns
    -------
    overrides : dict
        Of each encoder that `save_encoders` has kept. Its weights are those of
        a checkpoint.
    """
    found = {}
    for name in ("audio", "text"):
        own = Path(folder) / ENCODERS / name
        if own.is_dir():
            source = {"source": str(own), "pretrained": False}
            found[f"{name}_encoder"] = source
    return found


def write_predictions(path, ids, labels, targets, probabilities) -> None:
    """Write a CSV of ID, label, prediction and each class's probability."""
    # In full: every metric can be computed from this file.
    found = [
        [name, labels[target], labels[row.argmax()], *row.tolist()]
        for name, target, row in zip(ids, targets, probabilities)
    ]
    header = [f"p_{label}" for label in labels]
    write_rows(path, [["ID", "label", "prediction", *header], *found])


def write_embeddings(path, ids, labels, embeddings) -> None:
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
