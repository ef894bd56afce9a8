"""What a user may set, checked before anything is built from it.

Authors
 * The turbo_sb developers 2026
"""

from pathlib import Path

import ruamel.yaml

from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import CKPT_PREFIX

KINDS = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    list: "a list such as [ang, hap]",
    dict: "a mapping such as {in: 0.5}",
}
MIXED = ("ce_view", "encode_chunk")  # a number or a word
AT_LEAST = {
    "batch_size": 1,
    "projection_dim": 1,
    "sample_rate": 1,
    "num_workers": 0,
    "frozen_layers": 0,
    "lr": 0,
    "shortcut_limit": 2,
}
BELOW_ONE = ("modality_dropout",)  # shares, from 0
# What may differ when a training goes on; all else would be another training.
RESUMABLE = {
    "number_of_epochs",
    "patience",
    "num_workers",
    # What a run that was out of memory goes on with.
    "encode_chunk",
    "recompute",
    "cache_folder",
    "ckpt_interval_minutes",
    "nonfinite_loss",
    "logger",
    "skip_prep",
    "output_folder",
    "save_folder",
    "train_annotation",
    "valid_annotation",
    "test_annotation",
    "preparation_file",
    "shortcut_report",
    "shortcut_limit",
    "shortcut_file",
}
# What a finished training is, and one that goes on need not be yet.
EXTENT = {"number_of_epochs", "patience"}


def read_yaml(text, where):
    """Read a HyperPyYAML text without building its objects.

    Arguments
    ---------
    text : str or file
        A mapping.
    where : str
        Names it in the message.

    Returns
    -------
    settings : dict
        Plain values have their types; the rest are tagged nodes.

    Raises
    ------
    InputError
        If it is no mapping, or not YAML.

    Example
    -------
    >>> dict(read_yaml("lr: 0.1\\nfold: 2", "the command line"))
    {'lr': 0.1, 'fold': 2}
    """
    try:
        settings = ruamel.yaml.YAML().load(text) or {}
    except ruamel.yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or str(error)
        raise InputError(f"{where}: {problem}") from error
    if not isinstance(settings, dict):
        raise InputError(f"{where}: expected --key=value, came {settings!r}.")
    return settings


def check_types(given, base, hparams_file):
    """Refuse a value that is not of the kind that the YAML has.

    A word where the YAML has True would count as True, also if it is "no".

    Arguments
    ---------
    given : dict
        From the command line.
    base : dict
        The YAML.
    hparams_file : str
        For the message.

    Example
    -------
    >>> check_types({"lr": 1}, {"lr": 0.1}, "turbo.yaml")
    """
    for key, value in given.items():
        kind = next((k for k in KINDS if isinstance(base.get(key), k)), None)
        allowed = (int, float) if kind is float else kind
        if kind is None or key in MIXED:
            continue
        if not isinstance(value, allowed) or (
            isinstance(value, bool) and kind is not bool
        ):
            raise InputError(
                f"--{key}={value}: expected {KINDS[kind]}, as {hparams_file} "
                f"has with {key}: {base[key]}."
            )


def check_values(settings):
    """Refuse numbers out of their range, and a corpus that is not there.

    Arguments
    ---------
    settings : dict
        The YAML with the command line in it.

    Example
    -------
    >>> check_values({"lr": 0.1, "batch_size": 64})
    """
    for key, least in AT_LEAST.items():
        if key in settings and settings[key] < least:
            raise InputError(
                f"--{key}={settings[key]}: expected at least {least}."
            )
    for key in BELOW_ONE:
        if not 0 <= settings.get(key, 0) < 1:
            raise InputError(
                f"--{key}={settings[key]}: expected a share in [0, 1)."
            )
    folder = settings.get("data_folder")
    if folder is not None and not Path(folder).is_dir():
        raise InputError(f"data_folder: {folder}: no such folder.")


def check_resume(settings):
    """Refuse to go on with the training of other settings in one folder.

    It would be reported under the new settings, or, with another fold, tested
    on what it was trained on.

    Arguments
    ---------
    settings : dict
        The YAML with the command line in it.

    Raises
    ------
    InputError
        If output_folder has a checkpoint, and one of its settings differs.
    """
    save_folder = Path(str(settings.get("save_folder", "")))
    if any(save_folder.glob(f"{CKPT_PREFIX}*")):
        check_same(settings)


def check_same(settings, resumable=RESUMABLE):
    """Refuse settings that differ from those that a folder was made with.

    Arguments
    ---------
    settings : dict
        The YAML with the command line in it.
    resumable : set of str
        Keys that may differ; for a finished training, `RESUMABLE - EXTENT`.

    Raises
    ------
    InputError
        If output_folder has a hyperparams.yaml, and a setting differs.
    """
    folder = Path(str(settings.get("output_folder", "")))
    saved = folder / "hyperparams.yaml"
    if not saved.is_file():
        return
    before = read_yaml(saved.read_text(encoding="utf-8"), str(saved))
    for key, value in settings.items():
        if key in resumable or key not in before or _is_built(value):
            continue
        if before[key] != value:
            raise InputError(
                f"output_folder: {folder} holds a training with {key}: "
                f"{before[key]}, not {value}. Give another --output_folder, "
                "or delete this one."
            )


def _is_built(value):
    """Whether YAML builds an object from it."""
    tag = getattr(value, "tag", None)
    return tag is not None and str(tag.value or "").startswith("!")
