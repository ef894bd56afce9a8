"""Load the best model of a training from its output folder.

Authors
 * The turbo_sb developers 2026
"""

import math
from pathlib import Path

from hyperpyyaml import load_hyperpyyaml
from speechbrain.utils.checkpoints import ckpt_recency

import turbo_sb
from turbo_sb.data.manifest import read_json
from turbo_sb.data.transcripts import EMPTY_TEXT
from turbo_sb.inference.export_settings import FORMAT
from turbo_sb.training.checkpoints import AtomicCheckpointer, earliest_best
from turbo_sb.training.old_names import renamed
from turbo_sb.training.run_folder import kept_encoders
from turbo_sb.training.yaml_files import read_yaml
from turbo_sb.utils.errors import InputError

TRAINING = "hyperparams.yaml"
WINDOW = 30  # s; a training whose utterances are longer has longer ones
RATE = 16000  # Hz
EQUALIZER = ("trim", "band", "codec", "snr_db", "rms_db")


def is_run(folder) -> bool:
    """Whether a folder is a training's output folder."""
    folder = Path(folder)
    return (folder / TRAINING).is_file() and (folder / "save").is_dir()


def load_run(folder) -> tuple:
    """Build a training's model, with the weights of its best epoch."""
    folder = Path(folder)
    if not is_run(folder):
        raise InputError(
            f"{folder}: not the output folder of a training: expected "
            f"{TRAINING} and save/."
        )
    hparams = _build(folder)
    model = hparams["model"].eval()
    checkpointer = AtomicCheckpointer(folder / "save", {"model": model})
    found = checkpointer.recover_if_possible(
        importance_key=earliest_best("score"),
        ckpt_predicate=lambda checkpoint: "score" in checkpoint.meta,
    )
    if found is None:
        raise InputError(
            f"{folder}/save: no checkpoint of a whole epoch. Train on: the "
            "same command goes on."
        )
    newest = max(checkpointer.list_checkpoints(), key=ckpt_recency)
    best = newest.meta.get("best_epoch", found.meta["epoch"])
    if best != found.meta["epoch"]:
        raise InputError(
            f"{folder}/save: the checkpoint of the best epoch, {best}, is not "
            "there any more. Train again, in another --output_folder."
        )
    # Nothing is trained: the CNN may take a few rows at a time.
    if "audio" in model.encoders:
        model.encoders["audio"].freeze_cnn = True
    return model, hparams


def _build(folder):
    """Build what the YAML describes, without writing or fetching."""
    text = renamed((folder / TRAINING).read_text(encoding="utf-8"))
    # Written out by SpeechBrain, it refers to nothing: each place is changed.
    overrides = {
        "loggers": {"output_folder": str(folder), "kind": None},
        "checkpointer": {"checkpoints_dir": str(folder / "save")},
    }
    overrides |= kept_encoders(folder)
    known = read_yaml(text, str(folder / TRAINING))
    overrides = {key: own for key, own in overrides.items() if key in known}
    return load_hyperpyyaml(text, overrides)


def describe(model, hparams, folder=None) -> dict:
    """Return the settings of an export, from a model and its training."""
    encoders = dict(model.encoders)
    labels, n_classes = list(hparams["labels"]), model.classifier.out_features
    if len(labels) != n_classes or len(set(map(str, labels))) != n_classes:
        raise InputError(
            f"labels: {labels}: expected {n_classes} different ones, as the "
            "classifier has outputs."
        )
    equalizer = {key: hparams.get(f"equalize_{key}") for key in EQUALIZER}
    longest = _longest(folder) if folder else 0
    rate = encoders["audio"].sample_rate if "audio" in encoders else RATE
    return {
        "format": FORMAT,
        "version": turbo_sb.__version__,
        "labels": [str(label) for label in labels],
        "sample_rate": hparams.get("sample_rate", rate),
        "window_seconds": max(WINDOW, longest),
        "empty_text": hparams.get("empty_text", EMPTY_TEXT),
        "model": model.settings(),
        **{
            name: encoders[name].inference_settings()
            if name in encoders
            else None
            for name in ("audio", "text")
        },
        "equalizer": _plain(equalizer) if any(equalizer.values()) else None,
        "asr": None,
    }


def _plain(settings):
    """Turn YAML's lists into Python's."""
    return {
        key: list(value) if isinstance(value, list | tuple) else value
        for key, value in settings.items()
    }


def _longest(folder):
    """Return the longest utterance in seconds, rounded up."""
    seconds = [
        entry["duration"]
        for name in ("train", "valid", "test")
        for entry in read_json(folder / f"{name}.json", missing={}).values()
    ]
    return math.ceil(max(seconds, default=0))
