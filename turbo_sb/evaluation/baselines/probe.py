"""The linear probe: what the pre-trained encoders know without a training.

A logistic regression on embeddings of frozen encoders takes seconds. A model
that was trained for hours has to be read beside it.

Authors
 * The turbo_sb developers 2026
"""

import functools
import time
from pathlib import Path

import numpy as np
import speechbrain as sb
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from speechbrain.utils.distributed import if_main_process
from tqdm import tqdm

from turbo_sb.data.feature_cache import FeatureCache, TextFeatureCache
from turbo_sb.data.manifest import load_manifest, read_json, write_json
from turbo_sb.evaluation.baselines.text_baseline import (
    best_of,
    predictor,
    shares_of,
    targets_of,
)
from turbo_sb.training.brain import RATES
from turbo_sb.training.run_folder import write_predictions
from turbo_sb.utils.distributed import on_all, on_main
from turbo_sb.utils.logs import get_logger
from turbo_sb.utils.rounding import fixed

logger = get_logger(__name__)

STRENGTHS = (1e-4, 1e-3, 1e-2, 0.1, 1)  # C, the strongest regularisation first
# From pooled states, (n, layers + 1, dim), to embeddings.
EMBEDDINGS = {
    "mean of all layers": lambda states: states.mean(axis=1),
    "last layer": lambda states: states[:, -1],
}
SETS = ("train", "valid", "test")


def probe(states: dict, targets: dict, n_classes: int, scoring) -> dict:
    """Fit logistic regressions on each encoder's embeddings, and on both.

    The validation set chooses C, and whether an embedding is the mean of all
    layers or the last one; of two that are equal, the stronger regularisation.
    "both" has each encoder's own embedding. The test set's labels are not
    read, and nothing is random.

    Arguments
    ---------
    states : dict
        "audio", "text" or both to a dict, "train", "valid" and "test" to
        (n, layers + 1, dim) numpy.ndarray.
    targets : dict
        "train" and "valid" to (n,) numpy.ndarray of class indices.
    n_classes : int
        Also those that the training set has not, whose probability is 0.
    scoring : turbo_sb.metrics.Classification
        Chooses by its score of the validation set.

    Returns
    -------
    found : dict
        "audio", "text" and "both", those that there are, to ``probabilities``,
        (n_test, classes) numpy.ndarray, ``embedding``, ``C`` (None where there
        was nothing to fit) and ``valid``, the metrics of the validation set.

    Example
    -------
    >>> from turbo_sb.metrics import Classification
    >>> states = dict.fromkeys(SETS, np.array([[[0.0]], [[9.0]]]))
    >>> targets = dict.fromkeys(SETS, np.array([0, 1]))
    >>> scoring = Classification(["no", "yes"])
    >>> found = probe({"audio": states}, targets, 2, scoring)
    >>> found["audio"]["probabilities"].argmax(axis=1).tolist()
    [0, 1]
    """
    found, chosen = {}, {}
    for name, parts in states.items():
        kinds = {
            kind: {k: of(part.astype(np.float64)) for k, part in parts.items()}
            for kind, of in EMBEDDINGS.items()
        }
        found[name] = _best(kinds, targets, n_classes, scoring)
        chosen[name] = kinds[found[name]["embedding"]]
    if len(states) > 1:
        joint = {
            k: np.concatenate([part[k] for part in chosen.values()], axis=1)
            for k in SETS
        }
        kind = ", ".join(f"{k}: {v['embedding']}" for k, v in found.items())
        found["both"] = _best({kind: joint}, targets, n_classes, scoring)
    return found


def _best(kinds, targets, n_classes, scoring):
    """The kind of embedding and the C that validate best."""
    candidates = [
        (kind, strength, _fit(parts["train"], targets["train"], strength))
        for kind, parts in kinds.items()
        for strength in STRENGTHS
    ]

    def predict(number, name):
        """The probabilities of a set by one of the candidates."""
        kind, _, model = candidates[number]
        if model is None:
            shares = shares_of(targets["train"], n_classes)
            return shares(kinds[kind][name])
        return predictor(model, n_classes)(kinds[kind][name])

    functions = [functools.partial(predict, n) for n in range(len(candidates))]
    best, valid = best_of(functions, "valid", targets["valid"], scoring)
    kind, strength, model = candidates[best.args[0]]
    return {
        "probabilities": best("test"),
        "embedding": kind,
        "C": None if model is None else strength,
        "valid": valid,
    }


def _fit(rows, targets, strength):
    """A regression on standardised features; None of a single class."""
    if len(set(targets)) < 2:
        return None
    regression = LogisticRegression(C=strength, max_iter=10000)
    return make_pipeline(StandardScaler(), regression).fit(rows, targets)


def report_probe(
    hparams: dict, brain: sb.Brain, manifests: dict, folder: str | Path
) -> dict:
    """Probe the encoders of a run on its own sets, before it is trained.

    The pooled states are kept in ``cache_folder``, for all runs. The run's
    folder gets predictions_probe_audio.csv and its like, and probe.json, last.

    Arguments
    ---------
    hparams : dict
        What the YAML describes, built: the encoders have the weights that they
        start with.
    brain : speechbrain.Brain
        Has the device.
    manifests : dict
        "train", "valid" and "test" to a manifest.
    folder : str or pathlib.Path
        The run's.

    Returns
    -------
    facts : dict
        For metrics.json: ``probe_audio``, ``probe_text`` and ``probe_both``,
        those that there are, to metrics of the test set, and ``probe``, the
        one of them that the validation set prefers. Empty in a trial.
    """
    if brain.on_trial:
        return {}
    output = Path(folder) / "probe.json"
    begun = time.monotonic()
    if not output.exists():
        states, sets = _pooled_states(hparams, brain, manifests)
        on_main(
            _write, hparams=hparams, states=states, sets=sets, output=output
        )
    report = read_json(output)
    if if_main_process():
        for name, found in report["probes"].items():
            rates = [
                f"{k} {fixed(found['test'][k], 3)}"
                for k in RATES
                if found["test"].get(k) is not None
            ]
            logger.info(
                f"linear probe, {name}: {', '.join(rates)} (test); C "
                f"{found['C']}, {found['embedding']}, chosen by the validation"
            )
        seconds = time.monotonic() - begun
        logger.info(f"linear probe: {seconds:.0f} s; --probe=False: without")
    facts = {f"probe_{k}": v["test"] for k, v in report["probes"].items()}
    return {**facts, "probe": report["best"]}


def _pooled_states(hparams, brain, manifests):
    """Each modality's states of each set, and the sets' entries."""
    sets = {name: load_manifest(path) for name, path in manifests.items()}
    entries = {k: entry for part in sets.values() for k, entry in part.items()}
    states = {}
    for name in hparams["modalities"]:
        cache = _cache(hparams, name)
        progress = functools.partial(
            tqdm,
            desc=f"probe, {name}",
            disable=brain.noprogressbar or not if_main_process(),
        )
        on_all(
            cache.fill, entries=entries, device=brain.device, progress=progress
        )
        states[name] = {
            # Where a set is empty, the error comes later, and says which.
            k: torch.stack([cache(ID) for ID in part]).numpy()
            for k, part in sets.items()
        }
    return states, sets


def _cache(hparams, name):
    """The cache of an encoder's pooled states."""
    folder = hparams["cache_folder"]
    encoder = hparams[f"{name}_encoder"].all_frozen_copy()
    if name == "text":
        return TextFeatureCache(encoder, folder)
    return FeatureCache(
        encoder,
        folder,
        sample_rate=hparams["sample_rate"],
        equalizer=hparams.get("equalizer"),
        data_root=hparams["data_folder"],
    )


def _write(hparams, states, sets, output):
    """Fit, and write predictions and probe.json."""
    labels, scoring = list(hparams["labels"]), hparams["scoring"]
    targets = {name: targets_of(sets, name, labels) for name in sets}
    found = probe(states, targets, len(labels), scoring)
    truth, ids = torch.from_numpy(targets["test"]), list(sets["test"])
    order = sorted(range(len(ids)), key=ids.__getitem__)  # as predictions.csv
    rows = [sorted(ids), labels, truth[order]]
    best = max(found, key=lambda name: scoring.score(found[name]["valid"]))
    probes = {}
    for name, one in found.items():
        probabilities = torch.from_numpy(one.pop("probabilities"))
        path = output.with_name(f"predictions_probe_{name}.csv")
        write_predictions(path, *rows, probabilities[order])
        measured = scoring.measure(truth, probabilities)
        probes[name] = {**one, "test": measured}
    write_json({output: {"best": best, "probes": probes}})
