"""A folder that holds all that prediction needs, read without running any of it.

The folder may come from anybody. Its YAML is plain data, its weights are
safetensors, and nothing in it names code. `turbo_sb.inference.export` writes it.

Authors
 * The turbo_sb developers 2026
"""

import math
from pathlib import Path

import ruamel.yaml
import torch
from safetensors.torch import load_file
from transformers.initialization import no_init_weights

from turbo_sb.data.channel.equalizer import Equalizer
from turbo_sb.encoders import make_audio_encoder, make_text_encoder
from turbo_sb.inference.security import refuse_code
from turbo_sb.models.turbo_model import TurboModel
from turbo_sb.utils.checksums import SUMS, find_damage
from turbo_sb.utils.errors import InputError

SETTINGS, WEIGHTS, CARD = "inference.yaml", "model.safetensors", "README.md"
FORMAT = 1
OLD_SETTING = "placeholder"  # of models that may have learnt one
MODALITIES = (["audio", "text"], ["audio"], ["text"])
# Field of inference.yaml to its kinds.
FIELDS = {
    "format": (int,),
    "version": (str,),
    "labels": (list,),
    "sample_rate": (int,),
    "window_seconds": (int, float),
    "empty_text": (str,),
    "model": (dict,),
    "audio": (dict, type(None)),
    "text": (dict, type(None)),
    "equalizer": (dict, type(None)),
    "asr": (str, dict, type(None)),
}


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
        raise InputError(f"{folder}: no such folder.")
    if not is_export(folder):
        raise InputError(
            f"{folder}: no {SETTINGS} in it; expected what "
            "`turbo-sb export RUN --to FOLDER` writes."
        )
    refuse_code(folder)
    settings = _read_plain(folder / SETTINGS)
    _check_sums(folder, settings)
    return settings


def _check_sums(folder, settings):
    """Check all files but settings and card, which people may edit."""
    path, again = folder / SUMS, "Export it again, or fetch it again."
    if not path.is_file():
        raise InputError(
            f"{folder}: no {SUMS} in it, which tells whether all of it is "
            f"there. {again}"
        )
    text = path.read_text(encoding="utf-8", errors="replace")
    listed = {line.partition("  ")[2] for line in text.splitlines()}
    parts = [f"{name}/config.json" for name in settings["model"]["modalities"]]
    for name in (WEIGHTS, *parts):
        if name not in listed:
            raise InputError(f"{path}: does not list {name}. {again}")
    if damage := find_damage(folder, listed_only=True):
        raise InputError(f"{folder}: damaged: {damage}. {again}")


def _read_plain(path):
    """Read a YAML without tags, and check its fields."""
    yaml = ruamel.yaml.YAML(typ="safe", pure=True)
    try:
        settings = yaml.load(path.read_text(encoding="utf-8"))
    except (ruamel.yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise InputError(
            f"{path}: {line}{problem}. An export's YAML is plain data, and "
            "nothing in it is run: do not trust a folder that has more."
        ) from error
    if not isinstance(settings, dict):
        raise InputError(f"{path}: expected a mapping, it is {settings!r:.60}.")
    if settings.get("format") != FORMAT:
        raise InputError(
            f"{path}: format {settings.get('format')!r}; this version of "
            f"turbo_sb reads {FORMAT}. It was written by turbo_sb "
            f"{settings.get('version')}: install that one."
        )
    for field, kinds in FIELDS.items():
        value = settings.get(field)
        if not isinstance(value, kinds) or isinstance(value, bool):
            names = " or ".join(kind.__name__ for kind in kinds)
            raise InputError(
                f"{path}: {field}: {value!r:.60}; expected {names}."
            )
    for field in ("sample_rate", "window_seconds"):
        if not 0 < settings[field] < math.inf:
            raise InputError(
                f"{path}: {field}: {settings[field]}; expected more than 0."
            )
    labels = settings["labels"]
    words = [label for label in labels if isinstance(label, str)]
    if len(set(words)) < len(labels):
        raise InputError(f"{path}: labels: {labels}; expected different words.")
    if settings["model"].get("modalities") not in MODALITIES:
        raise InputError(
            f"{path}: model: modalities: {settings['model'].get('modalities')}"
            f"; expected one of {MODALITIES}."
        )
    if unknown := sorted(set(map(str, settings)) - set(FIELDS)):
        raise InputError(f"{path}: keys that nothing reads: {unknown}.")
    return settings


def build_export(folder, settings) -> TurboModel:
    """Build the model of an exported folder, in evaluation mode."""
    folder, path = Path(folder), Path(folder) / SETTINGS
    try:
        # Weights that are never used take most of the time to build a model.
        with torch.random.fork_rng(devices=[]), no_init_weights():
            model = _build(folder, settings)
    except TypeError as error:
        raise InputError(f"{path}: {error}. Export it again.") from error
    _load_weights(model, folder / WEIGHTS)
    return model.eval()


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
    except TypeError as error:
        raise InputError(f"{SETTINGS}: equalizer: {error}.") from error
