"""What an evaluation found, utterance by utterance, and the files it leaves.

Authors
 * The turbo_sb developers 2026
"""

import csv
import json
from pathlib import Path

import numpy as np
import torch

from turbo_sb import metrics
from turbo_sb.errors import InputError
from turbo_sb.files import replacing


class Outcomes:
    """Collects an evaluation's outputs and sums them up.

    Arguments
    ---------
    labels : list of str
        The classes, in the order of the classifier's outputs.

    Example
    -------
    >>> outcomes = Outcomes(["ang", "hap"])
    >>> outputs = {
    ...     "logits": torch.tensor([[[2.0, 0.0], [3.0, 1.0]]]),
    ...     "views": {"audio": torch.eye(2)[None], "text": torch.eye(2)[None]},
    ... }
    >>> outcomes.add(["a", "b"], torch.tensor([0, 1]), outputs)
    >>> outcomes.summary()["WA"], outcomes.summary()["alignment"]
    (0.5, 0.0)
    """

    def __init__(self, labels):
        self.labels = list(labels)
        self.ids = []
        self.batches = {"targets": [], "probabilities": []}
        self.embeddings = {}

    def add(self, ids, targets, outputs):
        """Add one batch.

        Arguments
        ---------
        ids : list of str
            Utterance ids.
        targets : (batch,) torch.Tensor
            Class indices.
        outputs : dict
            Of `TurboModel`; the first view is taken.
        """
        self.ids.extend(ids)
        self.batches["targets"].append(targets.cpu())
        probabilities = outputs["logits"][0].float().softmax(dim=-1)
        self.batches["probabilities"].append(probabilities.cpu())
        for name, views in outputs["views"].items():
            kept = self.embeddings.setdefault(name, [])
            kept.append(views[0].float().cpu())

    def arrays(self):
        """All batches as one.

        Returns
        -------
        arrays : dict
            ``targets`` (n,), ``probabilities`` (n, classes), and (n, dim)
            embeddings by modality, all torch.Tensor.
        """
        batches = {**self.batches, **self.embeddings}
        return {name: torch.cat(parts) for name, parts in batches.items()}

    def summary(self):
        """The metrics, as in metrics.json.

        Returns
        -------
        summary : dict
            ``WA``, ``UA``, ``n``, ``labels``, ``confusion`` (row: label,
            column: prediction), and ``alignment``, ``uniformity_<modality>``
            on the unit sphere; None where a geometry is not defined.
        """
        arrays = self.arrays()
        targets = arrays.pop("targets")
        predictions = arrays.pop("probabilities").argmax(dim=-1)
        classes = len(self.labels)
        counts = metrics.confusion_matrix(predictions, targets, classes)
        return {
            "WA": metrics.weighted_accuracy(predictions, targets),
            "UA": metrics.unweighted_accuracy(predictions, targets, classes),
            "n": len(targets),
            "labels": self.labels,
            "confusion": counts.tolist(),
            **geometry(arrays),
        }

    def write(self, folder, **facts):
        """Write predictions.csv, metrics.json and embeddings.npz.

        Each file appears whole or not at all.

        Arguments
        ---------
        folder : str or pathlib.Path
            The run's output folder.
        **facts
            Goes into metrics.json beside the metrics.

        Returns
        -------
        summary : dict
            As written to metrics.json.
        """
        folder = Path(folder)
        summary = {**self.summary(), **facts}
        arrays = self.arrays()
        with replacing(folder / "predictions.csv") as path:
            self._write_predictions(path, arrays)
        with replacing(folder / "embeddings.npz") as path:
            names = np.array([self.labels[i] for i in arrays["targets"]])
            modalities = {
                name: arrays[name].numpy() for name in self.embeddings
            }
            with open(path, "wb") as file:
                np.savez_compressed(
                    file, ids=np.array(self.ids), labels=names, **modalities
                )
        with replacing(folder / "metrics.json") as path:
            text = json.dumps(summary, indent=2)
            path.write_text(text + "\n", encoding="utf-8")
        return summary

    def _write_predictions(self, path, arrays):
        header = [f"p_{label}" for label in self.labels]
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["ID", "label", "prediction", *header])
            rows = zip(self.ids, arrays["targets"], arrays["probabilities"])
            for name, target, row in rows:
                label = self.labels[target]
                prediction = self.labels[row.argmax()]
                cells = [f"{p:.6f}" for p in row.tolist()]
                writer.writerow([name, label, prediction, *cells])


def geometry(embeddings):
    """Alignment and uniformity of two modalities, where they are defined.

    Arguments
    ---------
    embeddings : dict
        "audio" and "text" to (n, dim) torch.Tensor.

    Returns
    -------
    geometry : dict
        ``alignment`` is None when the dimensions differ;
        ``uniformity_<modality>`` is None for one utterance.

    Example
    -------
    >>> one = torch.ones(1, 2)
    >>> geometry({"audio": one, "text": one})
    {'alignment': 0.0, 'uniformity_audio': None, 'uniformity_text': None}
    """
    found = {"alignment": _or_none(metrics.alignment, *embeddings.values())}
    for name, values in embeddings.items():
        found[f"uniformity_{name}"] = _or_none(metrics.uniformity, values)
    return found


def _or_none(metric, *tensors):
    try:
        return metric(*tensors)
    except InputError:
        return None
