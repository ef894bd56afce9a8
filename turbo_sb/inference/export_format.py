"""A folder that holds all that prediction needs, read without running any of it.

The folder may come from anybody. Its YAML is plain data, its weights are
safetensors, and nothing in it names code. `turbo_sb.inference.export` writes it.

Authors
 * The turbo_sb developers 2026
"""

from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers.initialization import no_init_weights

from turbo_sb.data.channel.equalizer import Equalizer
from turbo_sb.encoders import make_audio_encoder, make_text_encoder
from turbo_sb.inference.export_folder import WEIGHTS, left_aside
from turbo_sb.inference.export_settings import (
    OLD_SETTING,
    SETTINGS,
    read_settings,
)
from turbo_sb.inference.export_sizes import Allowance, check_sizes, read_shapes
from turbo_sb.inference.security import UNREAD, refuse_code
from turbo_sb.models.turbo_model import TurboModel
from turbo_sb.utils.checksums import (
    SUMS,
    find_damage,
    find_unlisted,
    read_sums,
)
from turbo_sb.utils.errors import InputError

# What is read at the top of a folder; all that is within another is.
READ = (".json", ".safetensors")


def is_export(folder) -> bool:
    """Whether a folder is one that `turbo_sb.inference.export` wrote."""
    return (Path(folder) / SETTINGS).is_file()


def read_export(folder) -> dict:
    """Check an exported folder, and return its settings.

    Arguments
    ---------
    folder : str or pathlib.Path
        Of `turbo_sb.inference.export`.

    Returns
    -------
    settings : dict
        What `FIELDS` lists: plain values.

    Raises
    ------
    InputError
        If a file is missing or damaged, if the YAML is more than plain data,
        or if the folder holds anything that could run.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder.{left_aside(folder)}")
    if not is_export(folder):
        raise InputError(
            f"{folder}: no {SETTINGS} in it; expected what "
            "`turbo-sb export RUN --to FOLDER` writes."
        )
    refuse_code(folder)
    settings = read_settings(folder / SETTINGS)
    modalities = settings["model"]["modalities"]
    _check_sums(folder, modalities)
    check_sizes(folder, modalities)
    return settings


def _check_sums(folder, modalities):
    """Check all files but settings and card, which people may edit."""
    path, again = folder / SUMS, "Export it again, or fetch it again."
    if not path.is_file():
        raise InputError(
            f"{folder}: no {SUMS} in it, which tells whether all of it is "
            f"there. {again}"
        )
    listed = read_sums(folder)
    parts = [f"{name}/config.json" for name in modalities]
    unlisted = [name for name in find_unlisted(folder) if _is_read(name)]
    for name in (WEIGHTS, *parts, *unlisted):
        if name not in listed:
            raise InputError(
                f"{path}: does not list {name}. {again} If the file is "
                "yours, move it elsewhere."
            )
    if damage := find_damage(folder, listed_only=True):
        raise InputError(f"{folder}: damaged: {damage}. {again}")


def _is_read(name):
    """Whether a file may change what is predicted, or shown beside it."""
    first, inside, _ = name.partition("/")
    hidden = first in UNREAD or name.rpartition("/")[2].startswith(".")
    return not hidden and bool(inside or name.endswith(READ))


def build_export(folder, settings) -> TurboModel:
    """Build the model of an exported folder, in evaluation mode."""
    folder = Path(folder)
    allowed = Allowance(read_shapes(folder / WEIGHTS))
    try:
        # Weights that are never used take most of the time to build a model.
        with torch.random.fork_rng(devices=[]), no_init_weights(), allowed:
            model = _build(folder, settings)
    except InputError:
        raise
    except Exception as error:  # of torch and transformers, given anything
        raise InputError(
            f"{folder}: no model can be built of its configurations "
            f"({type(error).__name__}: {error!s:.200}). Export it again."
        ) from error
    _check_tokens(folder, model)
    _load_weights(model, folder / WEIGHTS)
    return model.eval()


def _check_tokens(folder, model):
    if "text" in model.encoders:
        most = model.encoders["text"].max_tokens
        if not isinstance(most, int) or most < 3:
            raise InputError(
                f"{folder}/text: texts of {most!r:.60} tokens at most; expected "
                "3 or more (model_max_length, max_position_embeddings)."
            )


def _build(folder, settings):
    make = {"audio": make_audio_encoder, "text": make_text_encoder}
    encoders = dict.fromkeys(make)
    for name in settings["model"]["modalities"]:
        own = settings[name] or {}
        if name == "audio":
            own = {"sample_rate": settings["sample_rate"], **own}
        source = str(folder / name)
        encoders[name] = make[name](source, pretrained=False, **own)
    return TurboModel(
        encoders["audio"],
        encoders["text"],
        n_classes=len(settings["labels"]),
        **{k: v for k, v in settings["model"].items() if k != OLD_SETTING},
    )


def _load_weights(model, path):
    """Load the weights into the model, or name the first that does not fit."""
    try:
        weights = load_file(path)
    except Exception as error:  # safetensors has a class of its own
        raise InputError(
            f"{path}: cannot be read as safetensors ({error}). Export or "
            "fetch the folder again."
        ) from error
    model.fusion.adopt_placeholders(weights, "fusion.")
    own = model.state_dict()
    wrong = [
        f"{name} is {tuple(weights[name].shape)}, expected {tuple(x.shape)}"
        for name, x in own.items()
        if name in weights and weights[name].shape != x.shape
    ]
    wrong += [f"{name} is missing" for name in own if name not in weights]
    wrong += [
        f"unexpected weight {name}" for name in weights if name not in own
    ]
    if wrong:
        raise InputError(
            f"{path}: {len(wrong)} weights do not fit the folder's "
            f"configurations; the first: {wrong[0]}. Export it again."
        )
    model.load_state_dict(weights)


def make_equalizer(settings) -> Equalizer | None:
    """Build the equaliser that the run trained with; None without one."""
    if settings["equalizer"] is None:
        return None
    try:
        return Equalizer(
            **settings["equalizer"], sample_rate=settings["sample_rate"]
        )
    except (TypeError, OverflowError) as error:
        raise InputError(f"{SETTINGS}: equalizer: {error}.") from error
