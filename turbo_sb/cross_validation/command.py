"""The steps of cross_validate.py.

Authors
 * The turbo_sb developers 2026
"""

import signal
import sys
from pathlib import Path

from turbo_sb.cross_validation.options import parse
from turbo_sb.cross_validation.plan import Plan, keep_checkpoints
from turbo_sb.finished import FINISHED
from turbo_sb.jobs import run_jobs
from turbo_sb.locking import locked
from turbo_sb.progress import SAY, Progress
from turbo_sb.report import read_report, write_report


def main(arguments, recipe):
    """Run what is not finished, write the report, name what failed.

    Exits with 0, or with 1 if a run failed.

    Arguments
    ---------
    arguments : list of str
        The command line.
    recipe : turbo_sb.cross_validation.plan.Recipe
        Whose train.py runs.
    """
    options = parse(arguments)
    # A scheduler's notice ends the trainings too, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        failed = cross_validate(options, recipe)
    except KeyboardInterrupt:
        SAY("interrupted; the same command goes on from here")
        sys.exit(128 + signal.SIGINT)
    try:
        SAY(_report(options))
    finally:
        if failed:
            _name(failed)
    sys.exit(1 if failed else 0)


def cross_validate(options, recipe):
    """Run what is not finished yet.

    Arguments
    ---------
    options : argparse.Namespace
        Of `turbo_sb.cross_validation.options.parse`.
    recipe : turbo_sb.cross_validation.plan.Recipe
        Whose train.py runs.

    Returns
    -------
    failed : list of turbo_sb.jobs.Job
        Those that ended without a result.

    Raises
    ------
    InputError
        If a setting, the corpus or a fold is not what it should be; nothing
        has been started then.
    """
    plan = Plan(options, recipe)
    read_report(options.compare)  # before days of training, not after
    with locked(plan.folder / ".lock") as lock:
        trainings = plan.trainings()
        plan.write_splits()
        progress = Progress(trainings, options.jobs)
        waiting = [t for t in trainings if not t.is_finished()]
        SAY(
            f"{len(trainings)} runs, {len(trainings) - len(waiting)} of them "
            f"finished before, {options.jobs} at a time, in {plan.folder}"
        )
        run_jobs(
            waiting,
            options.jobs,
            progress,
            every=options.every,
            gpus=options.gpus,
            kept_open=[lock],
            on_end=lambda job, code: _tidy(job, code, options),
        )
        if options.text_baseline:
            plan.run_text_baselines()
    return list(progress.failed.values())


def _tidy(job, code, options):
    """Delete the checkpoints of a finished run that are not wanted."""
    if code == 0:
        keep_checkpoints(job.folder / "save", options.keep_checkpoints)


def _report(options):
    """Write the report of what is finished, and return it."""
    folder, reference = Path(options.output_folder), None
    first = Path(options.yamls[0]).stem
    if any((folder / first).rglob(FINISHED)):
        reference = first
    text = write_report(folder, reference, options.compare)
    return f"{text}\nreport.md, report.json and report.csv are in {folder}"


def _name(failed):
    """Name what failed, with the end of its log."""
    SAY(f"{len(failed)} runs failed; the same command tries them again:")
    for job in failed:
        lines = job.log.read_text(encoding="utf-8", errors="replace").split(
            "\n"
        )
        last = next((line for line in reversed(lines) if line.strip()), "")
        SAY(f"{job.name}: {last}\n  ({job.log})")
