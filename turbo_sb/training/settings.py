"""What a user may set, checked before anything is built from it.

Authors
 * The turbo_sb developers 2026
"""

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from turbo_sb.data.splits.checks import check_labels
from turbo_sb.training.old_names import RENAMED
from turbo_sb.training.run_options import run_options
from turbo_sb.training.yaml_files import (
    is_object,
    read_yaml,
    referred,
    yaml_keys,
)
from turbo_sb.utils.errors import InputError

KINDS = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    list: "a list such as [ang, hap]",
    dict: "a mapping such as {in: 0.5}",
}
# A number or a word.
MIXED = (
    *("ce_view", "dropout", "encode_chunk", "frozen_layers"),
    "cache_features",
)
AT_LEAST = {
    "batch_size": 1,
    "projection_dim": 1,
    "sample_rate": 1,
    "num_workers": 0,
    "stall_limit": 0,
}
BELOW_ONE = ("modality_dropout", "head_dropout")  # shares, from 0
FROZEN = ("frozen_layers", "audio_frozen_layers", "text_frozen_layers")
CHOICES = {
    "cache_features": ("auto", True, False),
    "nonfinite_loss": ("stop", "skip"),
    "same_recordings": ("stop", "warn"),
}
# What a YAML of an earlier version lacks.
ADDED = {
    "stall_limit": 45,
    "same_recordings": "stop",
    "rates": None,
    "also_folds": {},
    "probe": False,
}
RATES = ("lr", "head_lr", "layer_sum_lr", "weight_decay")


class Hparams(dict):
    """What a YAML describes; a key that it lacks is a clear error.

    Arguments
    ---------
    found : dict
        Key to value.
    hparams_file : str
        Its name in the message.

    Example
    -------
    >>> Hparams({"lr": 0.1}, "mine.yaml")["seed"]
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: mine.yaml: it has no key seed, which ...
    """

    def __init__(self, found, hparams_file):
        super().__init__(found)
        self.hparams_file = hparams_file

    def __missing__(self, key):
        if key in ADDED:
            return ADDED[key]
        raise InputError(
            f"{self.hparams_file}: it has no key {key}, which the recipe "
            "reads. Copy it from the recipe's own YAMLs, which may be newer."
        )


def read_settings(
    hparams_file: str, overrides: str | None, script: str
) -> Hparams:
    """Check a YAML and the command line, and build nothing.

    Arguments
    ---------
    hparams_file : str
        The YAML.
    overrides : str
        From the command line, as speechbrain.parse_arguments returns them.
    script : str
        The recipe's train.py.

    Returns
    -------
    settings : Hparams
        The YAML with the command line in it: plain values have their types,
        what would be built is a tagged node.

    Raises
    ------
    InputError
        For a missing file or value, an unknown key, and an invalid value.
    """
    path = Path(hparams_file)
    if not path.is_file():
        raise InputError(f"there is no hyperparameter file {hparams_file}.")
    text = path.read_text(encoding="utf-8")
    base = read_yaml(text, hparams_file)
    given = read_yaml(overrides or "", "the command line")
    check_overrides(given, base, hparams_file)
    check_types(given, base, hparams_file)
    check_used(text, base, script, hparams_file)
    check_rates({**base, **given}, hparams_file)
    settings = read_yaml(_resolve(text, overrides, hparams_file), hparams_file)
    check_values(settings)
    return Hparams(settings, hparams_file)


def _resolve(text, overrides, hparams_file):
    """The YAML with the command line in it."""
    # Imported here: it takes a while, and most mistakes are found before.
    from hyperpyyaml import resolve_references

    try:
        return resolve_references(text, overrides)
    except ValueError as error:
        missing = re.search(r"'(\w+)' is a !PLACEHOLDER", str(error))
        if missing is None:
            raise InputError(
                f"the command line does not fit {hparams_file}: {error}"
            ) from error
        key = missing[1]
        raise InputError(
            f"{hparams_file}: {key} has no value. Give it on the command "
            f"line: --{key}=..."
        ) from error


def check_overrides(given: dict, base: dict, hparams_file: str) -> None:
    """Reject a command-line key that the YAML does not have.

    Arguments
    ---------
    given : dict
        From the command line.
    base : dict
        The YAML, as `read_yaml` reads it.
    hparams_file : str
        Its name in the message.

    Example
    -------
    >>> check_overrides({"lr": 1}, {"lr": 0.1, "seed": 1}, "turbo.yaml")
    """
    for key, value in given.items():
        if key not in base:
            _reject(key, list(base), base, hparams_file)
        if not (is_object(base[key]) and isinstance(base[key], dict)):
            continue
        if not isinstance(value, dict):
            name = next(iter(base[key]), "key")
            raise InputError(
                f"--{key}={value}: {hparams_file} builds an object there. Set "
                f"one of its keywords, as --{key}.{name}=..."
            )
        for name in value:
            if name not in base[key]:
                names = [f"{key}.{known}" for known in base[key]]
                _reject(f"{key}.{name}", names, {}, hparams_file)
            if refers := referred(base[key][name]):
                # Else the object would have one value, and all others another.
                raise InputError(
                    f"--{key}.{name}: {hparams_file} takes it from "
                    f"{', '.join(refers)}. Set --{refers[0]}=..."
                )


def _reject(key, known, base, hparams_file):
    """Raise the error, with what may have been meant."""
    if key in RENAMED:
        raise InputError(
            f"--{key}: {hparams_file} has no key {key}. It is "
            f"--{RENAMED[key]} now."
        )
    owners = [k for k, v in base.items() if isinstance(v, dict) and key in v]
    close = [f"{k}.{key}" for k in owners if is_object(base[k])]
    close = close or difflib.get_close_matches(key, known, n=1)
    hint = f" Did you mean --{close[0]}?" if close else ""
    raise InputError(f"--{key}: {hparams_file} has no key {key}.{hint}")


def check_types(
    given: dict, base: dict, hparams_file: str, owner: str = ""
) -> None:
    """Reject a value that is not of the kind that the YAML has.

    A word where the YAML has True would count as True, even "no".

    Arguments
    ---------
    given : dict
        From the command line.
    base : dict
        The YAML.
    hparams_file : str
        Its name in the message.
    owner : str
        "object." where they are keywords of an object.

    Example
    -------
    >>> check_types({"lr": 1}, {"lr": 0.1}, "turbo.yaml")
    """
    for key, value in given.items():
        if is_object(base.get(key)) and isinstance(value, dict):
            check_types(value, base[key], hparams_file, f"{key}.")
            continue
        kind = next((k for k in KINDS if isinstance(base.get(key), k)), None)
        allowed = (int, float) if kind is float else kind
        if kind is None or key in MIXED:
            continue
        if not isinstance(value, allowed) or (
            isinstance(value, bool) and kind is not bool
        ):
            raise InputError(
                f"--{owner}{key}={value}: expected {KINDS[kind]}, as "
                f"{hparams_file} has with {key}: {base[key]}."
            )


def check_used(
    text: str, base: dict, script: str | Path, hparams_file: str
) -> None:
    """Reject a YAML key that changes nothing, such as a misspelt one.

    A key is used if the YAML refers to it, if it is one of SpeechBrain's run
    options, or if train.py reads it: SpeechBrain's own rule for recipes.

    Arguments
    ---------
    text : str
        The YAML.
    base : dict
        The same, read.
    script : str
        The recipe's train.py.
    hparams_file : str
        Its name in the message.

    Raises
    ------
    InputError
        If there is such a key.
    """
    used = set(referred(text))
    used.update(field.name for field in fields(run_options()))
    source = Path(script).read_text(encoding="utf-8")
    used.update(re.findall(r'hparams(?:\.|\[")(\w+)', source))
    unused = [key for key in yaml_keys(base) if key not in used]
    if unused:
        raise InputError(
            f"{hparams_file}: neither it nor {Path(script).name} uses the keys "
            f"{unused}. Remove them, or check their spelling."
        )


def check_values(settings: dict) -> None:
    """Reject numbers out of range, invalid classes, and a missing corpus.

    Arguments
    ---------
    settings : dict
        The YAML with the command line in it.

    Raises
    ------
    InputError
        For the first invalid value.

    Example
    -------
    >>> check_values({"lr": 0.1, "batch_size": 64})
    """
    for key, least in AT_LEAST.items():
        if key in settings and settings[key] < least:
            raise InputError(
                f"--{key}={settings[key]}: expected at least {least}."
            )
    for key in RATES:
        if key in settings:
            _check_rate(key, settings[key])
    for key in BELOW_ONE:
        if not 0 <= settings.get(key, 0) < 1:
            raise InputError(
                f"--{key}={settings[key]}: expected a share in [0, 1)."
            )
    for key in FROZEN:
        number = settings.get(key, 0)
        whole = isinstance(number, int) and not isinstance(number, bool)
        if number != "all" and not whole:
            raise InputError(
                f"--{key}={number}: expected a whole number, or all."
            )
    for key, choices in CHOICES.items():
        check_choice(key, settings.get(key, choices[0]), choices)
    if "labels" in settings:
        check_labels(settings["labels"])
    folder = settings.get("data_folder")
    if folder is not None and not Path(folder).is_dir():
        raise InputError(f"data_folder: {folder}: no such folder.")


def _check_rate(key, value):
    """Reject what is no learning rate; null is another one's."""
    if value is None and key != "lr":
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"--{key}={value}: expected a number, as 0.001.")
    if not 0 <= value < math.inf:
        raise InputError(f"--{key}={value}: expected at least 0, and finite.")


def check_rates(settings: dict, hparams_file: str) -> None:
    """Reject a rate of the head in a YAML that has none of the encoders."""
    own = [k for k in RATES[1:3] if settings.get(k) is not None]
    if own and settings.get("lr") is None:
        raise InputError(
            f"{hparams_file}: {own[0]} without lr, which is the encoders' "
            "rate. Copy lr, rates and opt_class from the recipe's own YAMLs, "
            "which may be newer."
        )


def check_choice(key: str, value, choices: Iterable) -> None:
    """Reject a value that is not one of a few."""
    if value not in choices:
        expected = ", ".join(map(str, choices))
        raise InputError(f"{key}: {value!r}: expected one of {expected}.")
