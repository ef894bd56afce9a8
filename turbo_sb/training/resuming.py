"""Whether a training may resume in a folder: only the same one may.

Authors
 * The turbo_sb developers 2026
"""

from pathlib import Path

from turbo_sb.training.yaml_files import is_object, read_yaml
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import CKPT_PREFIX

# What may change when a training resumes.
RESUMABLE = {
    "number_of_epochs",
    "patience",
    "num_workers",
    "stall_limit",
    "encode_chunk",  # these two: after running out of memory
    "recompute",
    "cache_folder",
    "ckpt_interval_minutes",
    "nonfinite_loss",
    "logger",
    "skip_prep",
    "output_folder",
    "also_folds",  # the bytes are those of a fold alone
    "shortcut_report",
    "probe",
    # The same settings, where an object takes them.
    "epoch_counter.limit",
    "epoch_counter.patience",
    "model.encode_chunk",
    "model.recompute",
    "loggers.kind",
    "loggers.output_folder",
    "checkpointer.checkpoints_dir",
}
# What may change when a run resumes, but not once it has finished.
EXTENT = {
    "number_of_epochs",
    "patience",
    "epoch_counter.limit",
    "epoch_counter.patience",
}


def checkpoints_folder(settings: dict) -> Path:
    """Where a training's checkpoints are.

    Arguments
    ---------
    settings : dict
        Of `turbo_sb.training.check_arguments`.

    Returns
    -------
    folder : pathlib.Path
        What the YAML's checkpointer has, else ``save`` in the output folder.
    """
    checkpointer = settings.get("checkpointer")
    if isinstance(checkpointer, dict) and "checkpoints_dir" in checkpointer:
        return Path(str(checkpointer["checkpoints_dir"]))
    return Path(str(settings.get("output_folder", ""))) / "save"


def has_checkpoints(settings: dict) -> bool:
    """Whether a training has saved anything that it can resume from."""
    return any(checkpoints_folder(settings).glob(f"{CKPT_PREFIX}*"))


def check_resume(settings: dict) -> None:
    """Refuse to resume the training of other settings.

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
    if has_checkpoints(settings):
        check_same(settings)


def check_same(settings: dict, resumable: set[str] = RESUMABLE) -> None:
    """Refuse settings other than those that a folder was made with.

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
    text = saved.read_text(encoding="utf-8")
    saved_settings = read_yaml(text, str(saved))
    before = _without_auto(plain(saved_settings))
    now = _without_auto(plain(settings))
    _add_classes(before, saved_settings, now, settings)
    for key in now:
        if key in resumable or key not in before:
            continue
        if before[key] != now[key]:
            raise InputError(
                f"output_folder: {folder} holds a training with {key}: "
                f"{before[key]}, not {now[key]}. Give another "
                "--output_folder, or delete this one."
            )


def _add_classes(before, saved, now, settings):
    """Add the classes of objects, and what has no object in their place.

    Not those of this package, which have had other names.
    """
    for key in set(saved) & set(settings):
        values = saved[key], settings[key]
        found = [str(v.tag.value) if is_object(v) else v for v in values]
        if any(map(is_object, values)) and not any(
            "turbo_sb." in str(name) for name in found
        ):
            before[key], now[key] = found


def _without_auto(settings):
    """Settings with what `cache_features: auto` stands for.

    Trainings of before there was auto resume where it changes nothing.
    """
    if settings.get("cache_features") != "auto":
        return settings
    keys = ("frozen_layers", "audio_frozen_layers", "text_frozen_layers")
    frozen = any(settings.get(key) for key in keys)
    return {**settings, "cache_features": "auto" if frozen else False}


def reason_to_train_alone(settings: dict) -> str | None:
    """Why a training cannot be of several folds, if so.

    Arguments
    ---------
    settings : dict
        Of `turbo_sb.training.check_arguments`.

    Returns
    -------
    reason : str or None

    Example
    -------
    >>> reason_to_train_alone({"logger": "wandb"})
    'logger: wandb follows one run in a process'
    """
    if settings.get("logger") == "wandb":
        return "logger: wandb follows one run in a process"
    if settings.get("lr_scheduler") is not None:
        return "lr_scheduler: a schedule may follow a fold's validation loss"
    return None


def plain(settings: dict, prefix: str = "") -> dict:
    """The plain values, those of objects' keywords as "object.keyword".

    >>> plain(read_yaml("lr: 1\\nloss: !new:a.B\\n  views: {in: 2}", ""))
    {'lr': 1, 'loss.views': {'in': 2}}
    """
    found = {}
    for key, value in settings.items():
        if is_object(value) and isinstance(value, dict):
            found.update(plain(value, f"{prefix}{key}."))
        elif not _has_object(value):
            found[f"{prefix}{key}"] = value
    return found


def _has_object(value):
    """Whether an object is, or is in, a value: it has a key of its own."""
    values = value.values() if isinstance(value, dict) else ()
    return is_object(value) or any(map(_has_object, values))
