"""A recipe's start: its YAML checked and built, with errors one can act on.

Authors
 * The turbo_sb developers 2026
"""

import difflib
import re
import time
from dataclasses import fields
from pathlib import Path

from hyperpyyaml import load_hyperpyyaml, resolve_references

import turbo_sb
from turbo_sb.training.nonfinite import check_policy
from turbo_sb.training.old_names import renamed
from turbo_sb.training.run_options import run_options
from turbo_sb.training.settings import (
    check_resume,
    check_types,
    check_values,
    read_yaml,
)
from turbo_sb.utils.distributed import on_main, rank, world_size
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.logs import get_logger

logger = get_logger(__name__)

HEAD_START = 1  # s: the first process tells, and is ended with the others


def load_hparams(hparams_file, overrides, settings):
    """Build what the YAML describes.

    Arguments
    ---------
    hparams_file : str
        The YAML.
    overrides : str
        From the command line, as speechbrain.parse_arguments returns them.
    settings : dict
        The same, checked: what `check_arguments` returns.

    Returns
    -------
    hparams : dict
        The built objects by key.

    Raises
    ------
    InputError
        For a folder with the training of other settings.
    """
    # In one process: it writes the file that is read here soon after.
    on_main(check_resume, settings=settings)
    text = renamed(Path(hparams_file).read_text(encoding="utf-8"))
    return Hparams(load_hyperpyyaml(text, overrides), hparams_file)


def check_arguments(arguments, script, check_fold=None):
    """Check a command line as train.py reads it, and build nothing.

    It needs neither torch nor SpeechBrain, whose imports take seconds: what is
    mistyped is told before them, and so is --help.

    Arguments
    ---------
    arguments : list of str
        A YAML, and overrides of its keys.
    script : str
        As in `read_settings`.
    check_fold : callable, optional
        Of the recipe's preparation, which comes later: from a protocol and a
        fold; it raises an InputError. Not called with skip_prep.

    Returns
    -------
    settings : Hparams
        As in `read_settings`.

    Raises
    ------
    InputError
        As in `read_settings`.
    """
    parse = run_options().from_command_line_args
    hparams_file, _, overrides = parse(arguments)
    try:
        found = read_settings(hparams_file, overrides, script)
        settings = Hparams(found, hparams_file)
        if check_fold is not None and not settings["skip_prep"]:
            check_fold(settings["protocol"], settings["fold"])
    except InputError:
        if rank() > 0:
            time.sleep(HEAD_START)
        raise
    return settings


class Hparams(dict):
    """What a YAML describes, built; a key that it lacks is a clear error.

    Arguments
    ---------
    built : dict
        Key to value.
    hparams_file : str
        For the message.

    Example
    -------
    >>> Hparams({"lr": 0.1}, "mine.yaml")["seed"]
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: mine.yaml: it has no key seed, which ...
    """

    def __init__(self, built, hparams_file):
        super().__init__(built)
        self.hparams_file = hparams_file

    def __missing__(self, key):
        raise InputError(
            f"{self.hparams_file}: it has no key {key}, which the recipe "
            "reads. Take it over from the recipe's own YAMLs, which may be "
            "newer."
        )


def read_settings(hparams_file, overrides, script):
    """Check a YAML and the command line, and build nothing.

    Arguments
    ---------
    hparams_file : str
        The YAML.
    overrides : str
        From the command line, as speechbrain.parse_arguments returns them.
    script : str
        The recipe's train.py, whose use of keys counts.

    Returns
    -------
    settings : dict
        The YAML with the command line in it: plain values have their types,
        what would be built is a tagged node.

    Raises
    ------
    InputError
        For a missing file or value, a key that nothing uses, and a value of
        the wrong kind.
    """
    path = Path(hparams_file)
    if not path.is_file():
        raise InputError(f"there is no hyperparameter file {hparams_file}.")
    text = path.read_text(encoding="utf-8")
    base = read_yaml(text, hparams_file)
    given = read_yaml(overrides or "", "the command line")
    check_overrides(list(given), list(base), hparams_file)
    check_types(given, base, hparams_file)
    check_keys_used(text, yaml_keys(text), script, hparams_file)
    settings = read_yaml(_resolve(text, overrides, hparams_file), hparams_file)
    check_values(settings)
    return settings


def _resolve(text, overrides, hparams_file):
    """The YAML with the command line in it."""
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


def yaml_keys(text):
    """Top-level keys of a YAML text, without those that begin with "__".

    Arguments
    ---------
    text : str
        HyperPyYAML.

    Returns
    -------
    keys : list of str

    Example
    -------
    >>> yaml_keys("seed: 1\\n__set_seed: 2\\nlr: 0.1 # Adam")
    ['seed', 'lr']
    """
    return re.findall(r"^(?!__)(\w+):", text or "", flags=re.MULTILINE)


def check_overrides(given, known, hparams_file):
    """Refuse a command-line key that the YAML does not have.

    Arguments
    ---------
    given : list of str
        Keys from the command line.
    known : list of str
        The YAML's keys.
    hparams_file : str
        For the message.

    Example
    -------
    >>> check_overrides(["lr"], ["lr", "seed"], "turbo.yaml")
    """
    for key in given:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f" Did you mean --{close[0]}?" if close else ""
            raise InputError(f"--{key}: {hparams_file} has no key {key}.{hint}")


def check_keys_used(text, keys, script, hparams_file):
    """Refuse a YAML key that changes nothing: mostly a misspelt one.

    A key is used if the YAML refers to it, if it is one of SpeechBrain's run
    options, or if `script` or the package reads it from its hparams.

    Arguments
    ---------
    text : str
        The YAML.
    keys : list of str
        Its keys.
    script : str
        The recipe's train.py.
    hparams_file : str
        For the message.
    """
    used = set(re.findall(r"<(\w+)", text))
    used.update(field.name for field in fields(run_options()))
    package = Path(turbo_sb.__file__).parent
    rooms = (package / name for name in ("training", "inference"))
    readers = [Path(script), *(f for room in rooms for f in room.glob("*.py"))]
    for reader in readers:
        source = reader.read_text(encoding="utf-8")
        used.update(re.findall(r"hparams(?:\.|\[f?[\"'])(\w+)", source))
    unused = [key for key in keys if key not in used]
    if unused:
        raise InputError(
            f"{hparams_file}: nothing uses the keys {unused}. Remove them, or "
            "check their spelling."
        )


def check_run(brain, n_train, batch_size):
    """Refuse settings that would train on nothing or learn nothing.

    Arguments
    ---------
    brain : TurboBrain
        Has the settings of the YAML and of the command line.
    n_train : int
        Number of training utterances.
    batch_size : int
        Of all processes together.

    Raises
    ------
    InputError
        For a batch without negatives, an epoch without a step, and a
        gradient norm that is not positive.
    """
    check_policy(brain.hparams.nonfinite_loss)
    ranks = world_size()
    if batch_size < ranks:
        raise InputError(
            f"batch_size: {batch_size} is of all {ranks} processes together, "
            "and leaves some of them without an utterance. Use a larger one, "
            "or batch_size_per_process."
        )
    if batch_size < 2 and brain.hparams.loss.contrastive is not None:
        raise InputError(
            f"batch_size: {batch_size}. A contrastive loss takes its "
            "negatives from the batch and needs at least 2; the paper has 64."
        )
    modalities, loss = list(brain.hparams.modalities), brain.hparams.loss
    if len(modalities) < 2 and loss.contrastive and loss.n_views < 2:
        raise InputError(
            f"modalities: {modalities}: one pass of one modality has nothing "
            "to contrast. Use vanilla.yaml or turbo.yaml, or both modalities."
        )
    if n_train < batch_size:
        raise InputError(
            f"batch_size: {batch_size}, of all processes together, is more "
            f"than the {n_train} training utterances. Incomplete batches are "
            "dropped, so there would be no step: use a smaller batch_size."
        )
    steps, factor = n_train // batch_size, brain.grad_accumulation_factor
    if factor > 1 and loss.contrastive is not None:
        logger.warning(
            f"grad_accumulation_factor: {factor}: the negatives are those of "
            f"each batch of {batch_size} alone, which is another loss than "
            f"that of {factor * batch_size}. With --recompute=True, a batch "
            "of that size takes the memory of a chunk of it."
        )
    if steps < factor:
        raise InputError(
            f"grad_accumulation_factor: {factor} is more than the {steps} "
            "batches of an epoch, and what is left of them at its end is "
            "dropped, so there would be no step."
        )
    # SpeechBrain would climb the loss with a negative one.
    if not brain.max_grad_norm > 0:
        raise InputError(
            f"max_grad_norm: {brain.max_grad_norm} is not > 0. Use a very "
            "large value to disable clipping."
        )
