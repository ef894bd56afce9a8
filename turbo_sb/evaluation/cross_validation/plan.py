"""What a call of cross_validate.py runs: methods, folds and seeds.

Each training is a process of its own, through the recipe's train.py, in
``<output_folder>/<YAML's name>/<protocol>_fold<k>_seed<s>``.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import dataclasses
import inspect
import json
from collections.abc import Callable
from pathlib import Path

from turbo_sb.data.manifest import check_unchanged, write_sets
from turbo_sb.data.splits.split_file import write_split_file
from turbo_sb.evaluation.jobs import Job
from turbo_sb.training.finished import FINISHED
from turbo_sb.training.recipe import check_arguments
from turbo_sb.training.settings import (
    EXTENT,
    RESUMABLE,
    check_resume,
    check_same,
)
from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.files import CKPT_PREFIX

TEXT_BASELINE = "text_baseline"


@dataclasses.dataclass
class Training(Job):
    """A job that writes its sets before it starts.

    Arguments
    ---------
    sets : dict
        "train", "valid" and "test" to a manifest's contents.
    facts : dict
        What metrics.json says of them.
    settings : dict
        The YAML with the command line in it.
    """

    sets: dict = dataclasses.field(default_factory=dict)
    facts: dict = dataclasses.field(default_factory=dict)
    settings: dict = dataclasses.field(default_factory=dict)

    def prepare(self):
        """Write the sets, unless a training on others is in the folder."""
        write_sets(self.folder, self.sets, preparation=self.facts)

    def check(self):
        """Refuse a folder that holds a run of other settings or sets."""
        own = Path(str(self.settings["save_folder"])).resolve()
        if self.folder not in own.parents:
            raise InputError(
                f"save_folder: {own} is not in the run's folder, "
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
    """What is a recipe's own in a cross-validation.

    Arguments
    ---------
    script : pathlib.Path
        Its train.py.
    prepare_folds : callable
        Takes settings of the YAML by name, and optionally ``folds``; returns
        fold to (sets, facts), of all folds, and notes.
    scoring : type
        `turbo_sb.metrics.scoring.Classification`, or one that is made alike.
    """

    script: Path
    prepare_folds: Callable
    scoring: type


class Plan:
    """What a call of cross_validate.py runs.

    Arguments
    ---------
    options : argparse.Namespace
        Of `turbo_sb.evaluation.cross_validation.options.parse`.
    recipe : Recipe
        Whose train.py runs.
    """

    def __init__(self, options, recipe):
        self.options, self.recipe = options, recipe
        self.folder = Path(options.output_folder).resolve()
        self._prepared, self.cut = {}, {}

    def trainings(self):
        """All runs: each method in turn, fold after fold, seed after seed.

        A call that is interrupted leaves the methods equally far.

        Returns
        -------
        trainings : list of Training

        Raises
        ------
        InputError
            If a setting, the corpus or a fold is not what it should be, or a
            folder holds a run of other settings.
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
        """The runs of one method in one protocol."""
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
        # Anew: any key of the YAML may refer to one of these.
        settings = check_arguments(arguments, self.recipe.script)
        sets, facts = self.folds(settings)[fold]
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
            settings=settings,
        )

    def folds(self, settings):
        """Prepare the corpus as the settings say, once for equal ones.

        Arguments
        ---------
        settings : dict
            The YAML with the command line in it.

        Returns
        -------
        folds : dict
            Fold to (sets, facts), of all folds.
        """
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
        """Cut all folds, which is checked; if one cannot be, those wanted."""
        try:
            return self.recipe.prepare_folds(**given)
        except InputError:
            if not self.options.folds:
                raise
            wanted = list(self.options.folds)
            return self.recipe.prepare_folds(**given, folds=wanted)

    def write_splits(self):
        """Write the exact sets of all folds: ``splits/<protocol>.csv``."""
        for protocol, (_, folds) in self.cut.items():
            path = self.folder / "splits" / f"{protocol}.csv"
            write_split_file(path, {k: sets for k, (sets, _) in folds.items()})

    def run_text_baselines(self):
        """What the words alone tell a linear model, on the same folds.

        With the texts that the first YAML sees. What is there already is not
        run again.
        """
        # Here: a call without a baseline need not wait for scikit-learn.
        from turbo_sb.evaluation.baselines.text_baseline import (
            run_text_baseline,
        )

        for protocol, (settings, folds) in self.cut.items():
            labels = list(settings["labels"])
            options = (settings["best_metric"],)
            scoring = self.recipe.scoring(labels, *options)
            for fold in self.options.folds or folds:
                name = f"{protocol}_fold{fold}"
                folder = self.folder / TEXT_BASELINE / name
                sets, facts = folds[fold]
                if (folder / FINISHED).exists():
                    check_unchanged(folder, sets)
                    continue
                folder.mkdir(parents=True, exist_ok=True)
                own = {"protocol": protocol, "fold": fold, "seed": None}
                run_text_baseline(
                    *(folder, sets, labels, scoring),
                    {**facts, **own, "best_epoch": None},
                )


def _members(folds):
    """The IDs of every set of every fold."""
    return {
        fold: {name: sorted(part) for name, part in sets.items()}
        for fold, (sets, _) in folds.items()
    }


def keep_checkpoints(folder, kept):
    """Delete the checkpoints of a finished run that are not wanted.

    Arguments
    ---------
    folder : str or pathlib.Path
        Its save_folder.
    kept : str
        "all"; "best", the one that was tested; or "none".

    Example
    -------
    >>> from turbo_sb.training.checkpoints import AtomicCheckpointer
    >>> folder = getfixture("tmp_path")
    >>> _ = AtomicCheckpointer(folder).save_checkpoint(meta={"score": 1})
    >>> keep_checkpoints(folder, "none")
    >>> list(folder.iterdir())
    []
    """
    if kept == "all":
        return
    # Here: the first trainings start before torch is imported.
    from turbo_sb.training.checkpoints import AtomicCheckpointer, earliest_best

    with contextlib.suppress(FileNotFoundError):
        AtomicCheckpointer(folder).delete_checkpoints(
            num_to_keep=int(kept == "best"),
            importance_keys=[earliest_best("score")],
        )
