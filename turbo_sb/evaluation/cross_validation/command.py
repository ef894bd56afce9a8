"""The steps of cross_validate.py.

Authors
 * The turbo_sb developers 2026
"""

import sys
from pathlib import Path

from turbo_sb.evaluation.cross_validation.options import parse
from turbo_sb.evaluation.cross_validation.plan import (
    Plan,
    Recipe,
    keep_checkpoints,
)
from turbo_sb.evaluation.cross_validation.sharing import share
from turbo_sb.evaluation.jobs import run_jobs
from turbo_sb.evaluation.progress import SAY, Progress
from turbo_sb.evaluation.report.write import (
    read_report,
    result_lines,
    write_report,
)
from turbo_sb.training.run_folder import FINISHED
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import LOCK, hold
from turbo_sb.utils.signals import exit_code, listen, mute


def main(arguments: list[str], recipe: Recipe) -> None:
    """Run what is not finished, draw figures, write the report.

    Exits with 0, with 1 if a run failed, or with the signal's code.

    Arguments
    ---------
    arguments : list of str
        The command line.
    recipe : Recipe
        The recipe whose train.py runs.

    Example
    -------
    >>> from turbo_sb.metrics import Classification
    >>> recipe = Recipe(Path("train.py"), print, Classification)
    >>> main(["--help"], recipe)
    Traceback (most recent call last):
    ...
    SystemExit: 0
    """
    options, interruption = parse(arguments), Interruption()
    try:
        failed = cross_validate(options, recipe, interruption.check)
        try:
            SAY(_report(options))
        finally:
            _name(failed)
    except KeyboardInterrupt:
        SAY("interrupted; run the same command again to continue")
        sys.exit(interruption.code)
    sys.exit(1 if failed else 0)


class Interruption:
    """Handle Ctrl-C, SIGTERM and SIGHUP: end the trainings, then this process."""

    def __init__(self):
        self.code = None
        listen(self._note)

    def _note(self, number, _):
        mute()
        self.code = exit_code(number)
        raise KeyboardInterrupt

    def check(self) -> None:
        """Raise again, as Python swallows what a signal raises in some places.

        One of them are its own hooks around a fork.
        """
        if self.code is not None:
            raise KeyboardInterrupt


def cross_validate(options, recipe: Recipe, check=lambda: None) -> list:
    """Run what is not finished yet, and return the jobs that failed.

    `check` is called several times a second; if it raises, the trainings are
    ended. An InputError if a setting, the corpus or a fold is wrong; nothing
    has been started then.
    """
    plan = Plan(options, recipe)
    # Before days of training.
    check_comparable(options.compare, recipe.scoring)
    busy = f"{plan.folder}: another process works in it. Wait, or end it."
    with hold(plan.folder / LOCK, busy):
        trainings = plan.trainings()
        plan.write_splits()
        if options.text_baseline:
            plan.run_text_baselines()
        for training in trainings:
            _tidy(training, options)
        finished = [t for t in trainings if t.is_finished()]
        waiting = [t for t in trainings if t not in finished]
        jobs = share(waiting) if options.share_training else waiting
        progress = Progress([*finished, *jobs], options.jobs)
        SAY(
            f"{len(trainings)} runs, {len(finished)} of them finished before, "
            f"{options.jobs} at a time, in {plan.folder}"
        )
        if len(jobs) < len(waiting):
            SAY(
                f"{len(waiting)} runs by {len(jobs)} "
                f"training{'s' if len(jobs) > 1 else ''}: "
                "folds of the same training set share one "
                "(--share_training=False: none)"
            )
        run_jobs(
            jobs,
            options.jobs,
            progress,
            every=options.every,
            gpus=options.gpus,
            on_end=lambda job, _: [_tidy(run, options) for run in job.runs],
            check=check,
        )
    return list(progress.failed.values())


def check_comparable(compare, scoring) -> None:
    """Reject a report to compare with that is missing, or of another task."""
    other = read_report(compare)
    if other is None:
        return
    known = {*scoring.higher, *scoring.lower}
    if not set(other["metrics"]) <= known:
        raise InputError(
            f"compare: {compare} reports {' and '.join(other['metrics'])}; "
            f"this recipe has {', '.join(sorted(known))}."
        )


def _tidy(job, options):
    """Delete the checkpoints of a finished run that are not to be kept."""
    if job.is_finished():
        keep_checkpoints(job.folder / "save", options.keep_checkpoints)


def _report(options):
    """Draw the figures and write the report of the finished runs."""
    folder, reference = Path(options.output_folder), None
    first = Path(options.yamls[0]).stem
    if any((folder / first).rglob(FINISHED)):
        reference = first
    text = write_report(folder, reference, options.compare, draw=True)
    return f"{text}\n{result_lines(folder)}"


def _name(failed):
    """Name the runs that failed, with the ends of their logs."""
    if failed:
        SAY(f"{len(failed)} runs failed; the same command runs them again:")
    for job in failed:
        log = job.log.read_text(encoding="utf-8", errors="replace").rstrip()
        # The error message, if the log ends with one; else the last line.
        _, found, message = log.rpartition("\nerror: ")
        last = message if found else log.split("\n")[-1]
        SAY(f"{job.name}: {last}\n  ({job.log})")
