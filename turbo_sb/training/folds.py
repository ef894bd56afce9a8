"""The folds of a training: one, or several that share the training set.

A fold has its own validation set, epochs, checkpoints, logs, and folder.

Authors
 * The turbo_sb developers 2026
"""

import copy
import dataclasses
import io
from pathlib import Path
from types import SimpleNamespace

import ruamel.yaml

from turbo_sb.data.manifest import read_json
from turbo_sb.training.early_stopping import EarlyStopping
from turbo_sb.training.loggers import make_loggers
from turbo_sb.training.resuming import (
    check_resume,
    checkpoints_folder,
    reason_to_train_alone,
)
from turbo_sb.training.run_folder import manifests_of
from turbo_sb.training.settings import read_settings
from turbo_sb.training.yaml_files import read_yaml
from turbo_sb.utils.distributed import on_main
from turbo_sb.utils.errors import InputError


@dataclasses.dataclass
class Fold:
    """What is a fold's own in a training.

    Arguments
    ---------
    hparams : dict
        What the YAML describes, built; ``fold``, ``output_folder``,
        ``loggers``, ``epoch_counter`` and ``checkpointer`` are the fold's.
    overrides : str
        The command line's keys, with those of the fold.

    Example
    -------
    >>> Fold({"fold": 2, "output_folder": "out"}, "fold: 2").manifests["valid"]
    'out/valid.json'
    """

    hparams: dict
    overrides: str
    facts: dict = dataclasses.field(default_factory=dict)
    others: dict = dataclasses.field(default_factory=dict)
    datasets: dict = dataclasses.field(default_factory=dict)
    loaders: dict = dataclasses.field(default_factory=dict)
    step: int = 0  # of the epoch that its last checkpoint is within

    def __post_init__(self):
        self.namespace = SimpleNamespace(**self.hparams)
        self.valid_loader = None

    @property
    def number(self) -> int:
        """From 1."""
        return self.hparams["fold"]

    @property
    def folder(self) -> str:
        """Its output folder."""
        return self.hparams["output_folder"]

    @property
    def manifests(self) -> dict[str, str]:
        """The set's name to its JSON file."""
        return manifests_of(self.folder)

    @property
    def counter(self) -> EarlyStopping:
        """Its epochs, which end when its own validation score says so."""
        return self.hparams["epoch_counter"]

    def use_counter(self) -> None:
        """Let its checkpointer save its own epochs; the rest is of all folds."""
        items = self.hparams["checkpointer"].recoverables
        for name, item in items.items():
            if isinstance(item, type(self.counter)):
                items[name] = self.counter

    def find_epoch(self) -> None:
        """Read from its last checkpoint how far it is, and load no weights."""
        self.use_counter()
        checkpointer = self.hparams["checkpointer"]
        checkpointer.set_damaged_aside()
        last = checkpointer.find_checkpoint()
        if last is None:
            return
        for name, item in checkpointer.recoverables.items():
            if item is self.counter:
                path = last.paramfiles[name]
                item._recover(path, end_of_epoch=last.meta["end-of-epoch"])
        self.step = last.meta.get("step", 0)


def check_also_folds(also_folds: dict, settings: dict) -> dict[int, str]:
    """Reject folds that cannot share a training with another.

    Arguments
    ---------
    also_folds : dict
        Of the YAML: fold to output folder.
    settings : dict
        Of `turbo_sb.training.check_arguments`: the first fold's.

    Returns
    -------
    also_folds : dict
        With whole numbers as keys.

    Example
    -------
    >>> check_also_folds({"2": "out2"}, {"fold": 1, "output_folder": "out1"})
    {2: 'out2'}
    """
    numbers, places = [settings["fold"]], [Path(settings["output_folder"])]
    for fold, folder in also_folds.items():
        if not str(fold).isdigit() or not isinstance(folder, str):
            raise InputError(
                f"also_folds: {fold}: {folder}: expected a fold's number and "
                "its output folder, as {2: results/fold2}."
            )
        numbers.append(int(fold))
        places.append(Path(folder))
    if also_folds and (reason := reason_to_train_alone(settings)):
        raise InputError(f"also_folds: {reason}. Train each fold alone.")
    resolved = {place.resolve() for place in places}
    if len(set(numbers)) < len(places) or len(resolved) < len(places):
        raise InputError(
            f"also_folds: {dict(also_folds)} beside fold {numbers[0]} in "
            f"{places[0]}: each fold needs a number and a folder of its own."
        )
    return dict(zip(numbers[1:], map(str, places[1:])))


def make_folds(
    hparams: dict,
    also_folds: dict,
    hparams_file: str,
    overrides: str,
    script: str,
) -> list[Fold]:
    """Make the fold of a training, and others that share it.

    Arguments
    ---------
    hparams : dict
        What the YAML describes, built.
    also_folds : dict
        Fold to output folder; mostly empty.
    hparams_file : str
        The YAML.
    overrides : str
        From the command line, as speechbrain.parse_arguments returns them.
    script : str
        The recipe's train.py.

    Returns
    -------
    folds : list of Fold
        The YAML's own first.

    Raises
    ------
    InputError
        If a fold's folder has a training of other settings.
    """
    folds = [Fold(hparams, overrides)]
    for fold, folder in check_also_folds(also_folds, hparams).items():
        own = _overrides_of(overrides, fold, folder)
        settings = read_settings(hparams_file, own, script)
        on_main(check_resume, settings=settings)
        folds.append(Fold(_hparams_of(hparams, settings, fold, folder), own))
    return folds


def _overrides_of(overrides, fold, folder):
    """The command line as it would be for the fold alone."""
    given = dict(read_yaml(overrides or "", "the command line"))
    given.pop("also_folds", None)
    given.update(fold=fold, output_folder=folder)
    text = io.StringIO()
    yaml = ruamel.yaml.YAML()
    yaml.width = 10**6
    yaml.dump(given, text)
    return text.getvalue()


def _hparams_of(hparams, settings, fold, folder):
    """What the YAML describes for another fold, with the first one's model."""
    checkpointer = copy.copy(hparams["checkpointer"])
    checkpointer.checkpoints_dir = checkpoints_folder(settings)
    checkpointer.checkpoints_dir.mkdir(parents=True, exist_ok=True)
    return {
        **hparams,
        "also_folds": {},
        "fold": fold,
        "output_folder": folder,
        "loggers": make_loggers(folder, hparams["logger"]),
        "epoch_counter": copy.copy(hparams["epoch_counter"]),
        "checkpointer": checkpointer,
    }


def all_manifests(folds: list[Fold]) -> dict[str, str]:
    """The manifests of several folds, as of one.

    Arguments
    ---------
    folds : list of Fold
        Of one training.

    Returns
    -------
    manifests : dict
        The set's name, and its fold where there are several, to a JSON file.

    Example
    -------
    >>> folds = [Fold({"fold": k, "output_folder": f"out{k}"}, "") for k in (1, 2)]
    >>> all_manifests(folds)["test 2"]
    'out2/test.json'
    """
    if len(folds) == 1:
        return folds[0].manifests
    return {
        f"{name} {fold.number}": path
        for fold in folds
        for name, path in fold.manifests.items()
    }


def check_same_training(folds: list[Fold]) -> None:
    """Reject folds whose training sets differ.

    Arguments
    ---------
    folds : list of Fold
        Prepared.

    Raises
    ------
    InputError
        If there is one.
    """
    first, *others = folds
    expected = list(read_json(first.manifests["train"]).items())
    for fold in others:
        path = fold.manifests["train"]
        if list(read_json(path).items()) != expected:
            raise InputError(
                f"also_folds: fold {fold.number} has another training set "
                f"({path}) than fold {first.number}. Train it alone."
            )
