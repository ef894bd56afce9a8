"""The trainings of a call of cross_validate.py: methods, folds and seeds.

Each training is a process of its own, through the recipe's train.py, in
``<output_folder>/<YAML's name>/<protocol>_fold<k>_seed<s>``.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses
import inspect
import json
import math
import multiprocessing
import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from yaml import safe_load

from turbo_sb.data.manifest import (
    Skipped,
    check_unchanged,
    write_sets,
    write_skipped,
)
from turbo_sb.data.splits.split_file import write_split_file
from turbo_sb.evaluation.jobs import Job
from turbo_sb.training.command_line import check_arguments
from turbo_sb.training.resuming import (
    EXTENT,
    RESUMABLE,
    check_resume,
    check_same,
    checkpoints_folder,
)
from turbo_sb.training.run_folder import FINISHED
from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.files import CKPT_PREFIX, DRAFT

TEXT_BASELINE = "text_baseline"


@dataclasses.dataclass
class Training(Job):
    """A job that writes its sets before it starts.

    ``sets`` maps "train", "valid" and "test" to a manifest's contents,
    ``facts`` are what metrics.json says of them, and ``settings`` are the
    YAML's with the command line's. ``skipped`` is what is in none of the sets.
    """

    sets: dict = dataclasses.field(default_factory=dict)
    facts: dict = dataclasses.field(default_factory=dict)
    skipped: Skipped = ()
    settings: dict = dataclasses.field(default_factory=dict)

    def prepare(self) -> None:
        """Write the sets; an InputError if the folder has other sets."""
        facts = {"preparation": self.facts}
        write_sets(self.folder, self.sets, self.skipped, **facts)

    def check(self) -> None:
        """Reject a folder that holds a run of other settings or sets."""
        own = checkpoints_folder(self.settings).resolve()
        if self.folder not in own.parents:
            raise InputError(
                f"checkpoints_dir: {own} is not in the run's folder, "
                f"{self.folder}: runs would go on from each other's "
                "checkpoints. In the YAML, let it begin with <output_folder>."
            )
        check_resume(self.settings)
        if self.is_finished():
            check_same(self.settings, RESUMABLE - EXTENT)
        if self.is_finished() or any(own.glob(f"{CKPT_PREFIX}*")):
            check_unchanged(self.folder, self.sets)


@dataclasses.dataclass
class Recipe:
    """The parts of a cross-validation that differ between recipes.

    Arguments
    ---------
    script : pathlib.Path
        The recipe's train.py.
    prepare_folds : callable
        Takes settings of the YAML by name, and optionally ``folds``; returns
        fold to (sets, facts, skipped), of all folds, and notes.
    scoring : type
        `turbo_sb.metrics.Classification`, or a class with its methods.

    Example
    -------
    >>> from turbo_sb.metrics import Classification
    >>> prepare_folds = lambda data_folder: ({}, [])
    >>> Recipe(Path("train.py"), prepare_folds, Classification).script.name
    'train.py'
    """

    script: Path
    prepare_folds: Callable
    scoring: type


class Plan:
    """The trainings that the options of a call ask for.

    Arguments
    ---------
    options : argparse.Namespace
        Result of `turbo_sb.evaluation.cross_validation.options.parse`.
    recipe : Recipe
        The recipe whose train.py runs.
    """

    def __init__(self, options, recipe):
        self.options, self.recipe = options, recipe
        self.folder = Path(options.output_folder).resolve()
        self._prepared, self.cut = {}, {}

    def trainings(self) -> list[Training]:
        """All runs, the methods in turn: seed after seed, fold after fold.

        A call that is interrupted leaves the methods equally far. An
        InputError if a setting, the corpus or a fold is wrong, or a folder
        holds a run of other settings.
        """
        methods = [Path(yaml).stem for yaml in self.options.yamls]
        if len(set(methods)) < len(methods):
            raise InputError(
                f"two YAMLs of one name: {some_of(sorted(self.options.yamls))}"
                "\nA method is called as its YAML is: rename one."
            )
        found = []
        for yaml, method in zip(self.options.yamls, methods):
            for protocol in self.options.protocols or [None]:
                found += self._of_method(yaml, method, protocol)
        for training in found:
            training.check()
        return sorted(
            found, key=lambda t: (t.settings["seed"], t.settings["fold"])
        )

    def _of_method(self, yaml, method, protocol):
        """One method's runs in one protocol."""
        passed = list(self.options.passed)
        passed += [f"--protocol={protocol}"] if protocol else []
        settings = check_arguments([yaml, *passed], self.recipe.script)
        folds = self.folds(settings)
        seeds = self.options.seeds or [settings["seed"]]
        wanted = self.options.folds or list(folds)
        if absent := [fold for fold in wanted if fold not in folds]:
            raise InputError(
                f"--folds: there is no fold {absent[0]} in "
                f"{settings['protocol']}; it has {', '.join(map(str, folds))}."
            )
        return [
            self._training([yaml, *passed], settings["protocol"], fold, seed)
            for seed in seeds
            for fold in wanted
        ]

    def _training(self, arguments, protocol, fold, seed):
        method = Path(arguments[0]).stem
        folder = self.folder / method / f"{protocol}_fold{fold}_seed{seed}"
        own = {"fold": fold, "seed": seed, "output_folder": folder}
        arguments = [*arguments, *(f"--{k}={v}" for k, v in own.items())]
        # Read again, as any key of the YAML may refer to one of these.
        settings = check_arguments(arguments, self.recipe.script)
        sets, facts, skipped = self.folds(settings)[fold]
        flags = ["--skip_prep=True", "--noprogressbar"]
        return Training(
            name=f"{method} {protocol} fold {fold} seed {seed}",
            folder=folder,
            arguments=[str(self.recipe.script), *arguments, *flags],
            place=Path.cwd(),
            epochs=settings["number_of_epochs"],
            kind=f"{method} {protocol}",
            sets=sets,
            facts=facts,
            skipped=skipped,
            settings=settings,
        )

    def folds(self, settings: dict) -> dict:
        """Fold to (sets, facts, skipped), of all folds; prepared once."""
        names = inspect.signature(self.recipe.prepare_folds).parameters
        given = {name: settings[name] for name in names if name in settings}
        key = json.dumps(given, sort_keys=True)
        if key not in self._prepared:
            folds, notes = self._prepare(given)
            print("\n".join(notes), flush=True)
            self._prepared[key] = folds
            first = self.cut.setdefault(settings["protocol"], (settings, folds))
            if _members(first[1]) != _members(folds):
                raise InputError(
                    f"{settings['protocol']} is cut in two ways, by different "
                    "settings of the YAMLs (split_seed, split_file, ...): "
                    "their runs cannot be compared. Give each an "
                    "--output_folder of its own."
                )
        return self._prepared[key]

    def _prepare(self, given):
        """All folds; if one of them is impossible, those that are wanted."""
        try:
            return self.recipe.prepare_folds(**given)
        except InputError:
            if not self.options.folds:
                raise
            wanted = list(self.options.folds)
            return self.recipe.prepare_folds(**given, folds=wanted)

    def write_splits(self) -> None:
        """Write the exact sets of all folds: ``splits/<protocol>.csv``."""
        for protocol, (_, folds) in self.cut.items():
            path = self.folder / "splits" / f"{protocol}.csv"
            write_split_file(path, {k: own[0] for k, own in folds.items()})

    def run_text_baselines(self) -> None:
        """Train a linear model of the words alone on the same folds.

        With the texts that the first YAML has, and in another process, as it
        needs torch. Finished ones are not run again.
        """
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            for protocol, (settings, folds) in self.cut.items():
                for fold in self.options.folds or folds:
                    name = f"{protocol}_fold{fold}"
                    folder = self.folder / TEXT_BASELINE / name
                    sets, facts, skipped = folds[fold]
                    if (folder / FINISHED).exists():
                        check_unchanged(folder, sets)
                        continue
                    write_skipped(folder, skipped)
                    own = {"protocol": protocol, "fold": fold, "seed": None}
                    facts = {**facts, **own, "best_epoch": None}
                    labels = list(settings["labels"])
                    scoring = self.recipe.scoring(
                        labels, settings["best_metric"]
                    )
                    given = (folder, sets, labels, scoring, facts)
                    pool.submit(_run_text_baseline, given).result()


def _run_text_baseline(given):
    """Import it in the process that runs it."""
    from turbo_sb.evaluation.baselines.text_baseline import run_text_baseline

    run_text_baseline(*given)


def _members(folds):
    """The IDs of every set of every fold."""
    return {
        fold: {name: sorted(part) for name, part in sets.items()}
        for fold, (sets, *_) in folds.items()
    }


def keep_checkpoints(folder, kept: str) -> None:
    """Delete the checkpoints of a finished run that are not to be kept.

    `folder` is its save_folder, `kept` "all", "best" (the one that was tested)
    or "none". From the files alone, as SpeechBrain's checkpointer needs torch.
    """
    if kept == "all":
        return
    found = Path(folder).glob(f"{CKPT_PREFIX}*/CKPT.yaml")
    found = sorted(path.parent for path in found)
    best = max(found, key=_rank, default=None) if kept == "best" else None
    for path in found:
        if path != best:
            shutil.rmtree(path.rename(path.with_name(DRAFT + path.name)))


def _rank(checkpoint):
    """By score, and of equal scores the earliest, as early stopping does."""
    text = (checkpoint / "CKPT.yaml").read_text(encoding="utf-8")
    meta = safe_load(text)
    score = meta.get("score", -math.inf)
    score = -math.inf if math.isnan(score) else score
    return score, -meta.get("epoch", math.inf)
