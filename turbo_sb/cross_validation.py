"""Several YAMLs, all folds, several seeds: one command, one report.

Each training is a process of its own, through the recipe's train.py, in
``<output_folder>/<YAML's name>/<protocol>_fold<k>_seed<s>``.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import dataclasses
import inspect
import json
import signal
import sys
from pathlib import Path

import speechbrain as sb
from speechbrain.utils.logger import get_logger

from turbo_sb.checkpoints import WholeCheckpointer, earliest_best
from turbo_sb.cross_validation_options import parse
from turbo_sb.errors import InputError, some_of
from turbo_sb.finished import FINISHED
from turbo_sb.jobs import Job, run_jobs
from turbo_sb.locking import locked
from turbo_sb.manifest import check_unchanged, write_sets
from turbo_sb.progress import Progress
from turbo_sb.recipe import read_settings
from turbo_sb.report import write_report
from turbo_sb.settings import check_resume, check_same
from turbo_sb.split_file import write_split_file

logger = get_logger(__name__)


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
        check_resume(self.settings)
        if self.is_finished():
            check_same(self.settings)
            check_unchanged(self.folder, self.sets)


class Plan:
    """What a call of cross_validate.py runs.

    Arguments
    ---------
    options : argparse.Namespace
        Of `turbo_sb.cross_validation_options.parse`.
    script : pathlib.Path
        The recipe's train.py.
    prepare_folds : callable
        The recipe's: takes settings of the YAML by name, and returns fold to
        (sets, facts), and notes.
    """

    def __init__(self, options, script, prepare_folds):
        self.options, self.script = options, Path(script)
        self.prepare_folds = prepare_folds
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
        _, _, overrides = sb.parse_arguments([yaml, *passed])
        settings = read_settings(yaml, overrides, self.script)
        folds = self.folds(settings)
        seeds = self.options.seeds or [settings["seed"]]
        wanted = self.options.folds or list(folds)
        if absent := [fold for fold in wanted if fold not in folds]:
            raise InputError(
                f"--folds: there is no fold {absent[0]} in "
                f"{settings['protocol']}; it has {', '.join(map(str, folds))}."
            )
        return [
            self._training(yaml, method, passed, settings, fold, seed, folds)
            for seed in seeds
            for fold in wanted
        ]

    def _training(self, yaml, method, passed, settings, fold, seed, folds):
        protocol = settings["protocol"]
        name = f"{protocol}_fold{fold}_seed{seed}"
        folder = self.folder / method / name
        own = {"fold": fold, "seed": seed, "output_folder": str(folder)}
        arguments = [str(self.script), yaml, *passed, "--skip_prep=True"]
        arguments += [f"--{key}={value}" for key, value in own.items()]
        return Training(
            name=f"{method} {protocol} fold {fold} seed {seed}",
            folder=folder,
            arguments=[*arguments, "--noprogressbar"],
            place=Path.cwd(),
            epochs=settings["number_of_epochs"],
            kind=f"{method} {protocol}",
            sets=folds[fold][0],
            facts=folds[fold][1],
            settings={**settings, **own, "save_folder": str(folder / "save")},
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
        names = inspect.signature(self.prepare_folds).parameters
        given = {name: settings[name] for name in names if name in settings}
        key = json.dumps(given, sort_keys=True)
        if key not in self._prepared:
            folds, notes = self.prepare_folds(**given)
            print("\n".join(notes), flush=True)
            self._prepared[key] = folds
            self.cut[settings["protocol"]] = folds
        return self._prepared[key]

    def write_splits(self):
        """Write the exact sets of all folds: ``splits/<protocol>.csv``."""
        for protocol, folds in self.cut.items():
            path = self.folder / "splits" / f"{protocol}.csv"
            write_split_file(path, {k: sets for k, (sets, _) in folds.items()})


def main(arguments, script, prepare_folds):
    """Run what is not finished, write the report, name what failed.

    Arguments
    ---------
    arguments : list of str
        The command line.
    script : pathlib.Path
        The recipe's train.py.
    prepare_folds : callable
        The recipe's; see `Plan`.
    """
    options = parse(arguments)
    # A scheduler's notice ends the trainings too, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        failed = cross_validate(options, script, prepare_folds)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here")
        sys.exit(128 + signal.SIGINT)
    try:
        print(_report(options), end="", flush=True)
    finally:
        if failed:
            _name(failed)
    sys.exit(1 if failed else 0)


def _report(options):
    """Write the report of what is finished, and return it."""
    folder = Path(options.output_folder)
    reference = Path(options.yamls[0]).stem
    if not any((folder / reference).rglob(FINISHED)):
        reference = None
    text = write_report(folder, reference, options.compare)
    return f"{text}\nreport.md, report.json and report.csv are in {folder}\n"


def _name(failed):
    """Name what failed, with the end of its log."""
    print(f"{len(failed)} runs failed; the same command tries them again:")
    print("\n".join(f"{job.name}: {_end_of(job.log)}" for job in failed))


def _end_of(log):
    """The last line of a log, and where the rest is."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    last = next((line for line in reversed(lines) if line.strip()), "")
    return f"{last}\n  ({log})"


def cross_validate(options, script, prepare_folds):
    """Run what is not finished yet.

    Arguments
    ---------
    options : argparse.Namespace
        Of `turbo_sb.cross_validation_options.parse`.
    script : str or pathlib.Path
        The recipe's train.py.
    prepare_folds : callable
        The recipe's; see `Plan`.

    Returns
    -------
    failed : list of Job
        Those that ended without a result.

    Raises
    ------
    InputError
        If there is nothing that could run; nothing is started then.
    """
    plan = Plan(options, script, prepare_folds)
    with locked(plan.folder / ".lock") as lock:
        trainings = plan.trainings()
        plan.write_splits()
        progress = Progress(trainings, options.jobs)
        waiting = [t for t in trainings if not t.is_finished()]
        print(
            f"{len(trainings)} runs, {len(trainings) - len(waiting)} of them "
            f"finished before, {options.jobs} at a time, in {plan.folder}",
            flush=True,
        )

        def tidy(job, code):
            if code == 0:
                keep_checkpoints(job.folder / "save", options.keep_checkpoints)

        run_jobs(
            waiting,
            options.jobs,
            progress,
            every=options.every,
            gpus=options.gpus,
            kept_open=[lock],
            on_end=tidy,
        )
    return list(progress.failed.values())


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
    >>> keep_checkpoints(getfixture("tmp_path"), "best")
    """
    if kept == "all":
        return
    with contextlib.suppress(FileNotFoundError):
        WholeCheckpointer(folder).delete_checkpoints(
            num_to_keep=int(kept == "best"),
            importance_keys=[earliest_best("score")],
        )
