"""What an evaluation found, utterance by utterance, and the files it leaves.

Authors
 * The turbo_sb developers 2026
"""

import json
from pathlib import Path

import torch

from turbo_sb import metrics
from turbo_sb.metrics.bootstrap import speaker_groups
from turbo_sb.training.run_folder import write_embeddings, write_predictions
from turbo_sb.utils.distributed import world_size
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import replacing


class Outcomes:
    """Collects an evaluation's outputs and sums them up.

    Arguments
    ---------
    scoring : turbo_sb.metrics.scoring.Classification
        Has the classes, and knows the task's metrics.
    on_sphere : bool
        Whether alignment and uniformity are on the unit sphere. The paper's
        listing does not normalise.

    Example
    -------
    >>> from turbo_sb.metrics.scoring import Classification
    >>> outcomes = Outcomes(Classification(["ang", "hap"]))
    >>> outputs = {
    ...     "logits": torch.tensor([[[2.0, 0.0], [3.0, 1.0]]]),
    ...     "views": {"audio": torch.eye(2)[None], "text": torch.eye(2)[None]},
    ... }
    >>> outcomes.add(["a", "b"], torch.tensor([0, 1]), outputs)
    >>> outcomes.summary()["WA"], outcomes.summary()["alignment"]
    (0.5, 0.0)
    """

    def __init__(self, scoring, on_sphere=True):
        self.scoring, self.on_sphere = scoring, on_sphere
        self.labels = scoring.labels
        self.ids, self.speakers = [], []
        self.batches = {"targets": [], "probabilities": []}
        self.embeddings, self.alone = {}, {}

    def add(
        self,
        ids: list[str],
        targets: torch.Tensor,
        outputs: dict,
        speakers: list[str] | None = None,
    ) -> None:
        """Add one batch.

        Arguments
        ---------
        ids : list of str
            Utterance ids.
        targets : (batch,) torch.Tensor
            Class indices.
        outputs : dict
            Of `TurboModel`; the first view is taken.
        speakers : list of str, optional
            "" where one is not known.
        """
        self.ids.extend(ids)
        self.speakers.extend(speakers or [""] * len(ids))
        self.batches["targets"].append(targets.cpu())
        probabilities = outputs["logits"][0].double().softmax(dim=-1)
        self.batches["probabilities"].append(probabilities.cpu())
        for name, views in outputs["views"].items():
            kept = self.embeddings.setdefault(name, [])
            kept.append(views[0].float().cpu())
        for name, logits in outputs.get("alone", {}).items():
            kept = self.alone.setdefault(f"{name}_only", [])
            kept.append(logits[0].double().softmax(dim=-1).cpu())

    def gather(self) -> None:
        """Let every process have what all of them evaluated."""
        if world_size() == 1:
            return
        own = self.ids, self.speakers, self.batches, self.embeddings, self.alone
        parts = [None] * world_size()
        torch.distributed.all_gather_object(parts, own)
        self.ids, self.speakers = [], []
        self.batches = {"targets": [], "probabilities": []}
        self.embeddings, self.alone = {}, {}
        mine_of_all = self.batches, self.embeddings, self.alone
        for ids, speakers, *others in parts:
            self.ids += ids
            self.speakers += speakers
            for mine, its in zip(mine_of_all, others):
                for name, kept in its.items():
                    mine.setdefault(name, []).extend(kept)

    def loss(self) -> float:
        """The mean cross-entropy of all utterances.

        Returns
        -------
        loss : float
            In nats.
        """
        arrays = self.arrays()
        rows = torch.arange(len(arrays["targets"]))
        own = arrays["probabilities"][rows, arrays["targets"]]
        return -own.clamp(min=torch.finfo(own.dtype).tiny).log().mean().item()

    def arrays(self) -> dict[str, torch.Tensor]:
        """All batches as one, in the order of the ids.

        Returns
        -------
        arrays : dict
            ``targets`` (n,), ``probabilities`` (n, classes) in float64, and
            (n, dim) embeddings by modality, all torch.Tensor.
        """
        rows, batches = self._rows(), {**self.batches, **self.embeddings}
        return {name: torch.cat(parts)[rows] for name, parts in batches.items()}

    def arrays_alone(self) -> dict[str, torch.Tensor]:
        """The probabilities where one modality is missing, in the same order.

        Returns
        -------
        arrays : dict
            ``audio_only`` and ``text_only`` to (n, classes), if there are two.
        """
        rows = self._rows()
        return {k: torch.cat(parts)[rows] for k, parts in self.alone.items()}

    def _rows(self):
        """In the order of the ids, in whatever order they were evaluated."""
        return sorted(range(len(self.ids)), key=self.ids.__getitem__)

    def summary(self) -> dict:
        """The metrics, as in metrics.json.

        Returns
        -------
        summary : dict
            The scoring's metrics, ``n``, ``labels``, ``confusion`` (row:
            label, column: prediction), and ``alignment``,
            ``uniformity_<modality>``, ``on_sphere`` or not; None where a
            metric is not defined.
        """
        arrays = self.arrays()
        targets, probabilities = map(arrays.pop, self.batches)
        counts = metrics.confusion_matrix(
            probabilities.argmax(dim=-1), targets, len(self.labels)
        )
        return {
            **self.scoring.measure(targets, probabilities),
            "n": len(targets),
            "labels": self.labels,
            "confusion": counts.tolist(),
            **geometry(arrays, self.on_sphere),
            "on_sphere": self.on_sphere,
        }

    def figures(self) -> dict[str, float]:
        """What a log can follow over epochs: the metrics that are numbers.

        Returns
        -------
        figures : dict
        """
        return floats(self.summary())

    def test_summary(self, valid: dict) -> dict:
        """The metrics, and what is reported of a test only.

        Arguments
        ---------
        valid : dict
            The metrics of the validation of the model under test.

        Returns
        -------
        summary : dict
            As `summary`, with more from the scoring, and ``audio_only`` and
            ``text_only``: the scoring's metrics where the other is missing.
        """
        arrays = self.arrays()
        speakers = [self.speakers[row] for row in self._rows()]
        groups = speaker_groups(sorted(self.ids), speakers)
        found = self.scoring.measure_test(
            arrays["targets"], arrays["probabilities"], groups, valid
        )
        for name, probabilities in self.arrays_alone().items():
            found[name] = self.scoring.measure(arrays["targets"], probabilities)
        return {**self.summary(), **found}

    def write(self, folder, summary, others=None) -> None:
        """Write predictions, embeddings.npz, figures and metrics.json.

        Each file appears whole or not at all, metrics.json last. Of two
        modalities, predictions_audio_only.csv and its like stand beside.

        Arguments
        ---------
        folder : str or pathlib.Path
            The run's output folder.
        summary : dict
            What metrics.json will hold.
        others : dict, optional
            Name to (scores, targets), drawn beside the model's.
        """
        folder, arrays, ids = Path(folder), self.arrays(), sorted(self.ids)
        targets, probabilities = map(arrays.pop, self.batches)
        predicted = {"predictions.csv": probabilities}
        for name, found in self.arrays_alone().items():
            predicted[f"predictions_{name}.csv"] = found
        for name, found in predicted.items():
            write_predictions(folder / name, ids, self.labels, targets, found)
        labels = [self.labels[target] for target in targets]
        write_embeddings(folder / "embeddings.npz", ids, labels, arrays)
        self.scoring.draw(folder, targets, probabilities, others or {})
        with replacing(folder / "metrics.json") as path:
            path.write_text(json.dumps(summary, indent=2) + "\n", "utf-8")


def geometry(embeddings: dict, on_sphere: bool = True) -> dict:
    """Alignment and uniformity of the modalities; None where undefined.

    Alignment is undefined for one modality and for two of different dimensions,
    uniformity for a single utterance.
    """
    pair = embeddings.get("audio"), embeddings.get("text")
    found = {"alignment": None}
    if all(values is not None for values in pair):
        found["alignment"] = _or_none(metrics.alignment, pair, on_sphere)
    for name, values in embeddings.items():
        found[f"uniformity_{name}"] = _or_none(
            metrics.uniformity, [values], on_sphere
        )
    return found


def _or_none(metric, tensors, on_sphere):
    try:
        return metric(*tensors, normalize=on_sphere)
    except InputError:
        return None


def floats(found: dict) -> dict[str, float]:
    """Pick what a log can follow over epochs.

    Arguments
    ---------
    found : dict
        Metrics and what goes with them.

    Returns
    -------
    figures : dict
        Those that are floats.

    Example
    -------
    >>> floats({"UA": 0.5, "n": 10, "alignment": None})
    {'UA': 0.5}
    """
    return {k: v for k, v in found.items() if type(v) is float}
