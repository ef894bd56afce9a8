"""Several trainings at a time, each in a process of its own.

Authors
 * The turbo_sb developers 2026
"""

import ctypes
import dataclasses
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from turbo_sb.training.finished import FINISHED
from turbo_sb.utils.errors import InputError

EPOCH = re.compile(r"^epoch: \d+, lr", flags=re.MULTILINE)
# Seconds to end a step and save; schedulers mostly give 30 to all of a job.
GRACE = 25
# Seconds between looks at what runs.
PAUSE = 0.2


@dataclasses.dataclass
class Job:
    """A training in its own process: train.py with its command line.

    Arguments
    ---------
    name : str
        In progress lines and messages.
    folder : pathlib.Path
        The run's output folder.
    arguments : list of str
        Of the Python interpreter: a script, a YAML, its overrides.
    place : pathlib.Path
        The folder to start it from: the recipe's.
    epochs : int
        At most.
    kind : str
        Jobs of one kind take about as long as each other.

    Example
    -------
    >>> job = Job("turbo 1", Path("out/turbo_1"), ["train.py"], Path("."), 30)
    >>> job.log.as_posix(), job.epochs_done(), job.is_finished()
    ('out/turbo_1.log', 0, False)
    """

    name: str
    folder: Path
    arguments: list
    place: Path
    epochs: int
    kind: str = ""

    @property
    def log(self):
        """What the run printed."""
        return self.folder.with_name(f"{self.folder.name}.log")

    def is_finished(self):
        """Whether its results are there, which are written last.

        Returns
        -------
        finished : bool
        """
        return (self.folder / FINISHED).exists()

    def epochs_done(self):
        """How many epochs its train log has.

        Returns
        -------
        epochs : int
        """
        try:
            text = (self.folder / "train_log.txt").read_text(encoding="utf-8")
        except OSError:
            return 0
        return len(EPOCH.findall(text))

    def prepare(self):
        """Do what has to be done before it starts; here nothing."""

    def note(self, text):
        """Write to its log.

        Arguments
        ---------
        text : str
            A line or more.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"{text}\n")

    def start(self, threads, gpu=None, kept_open=()):
        """Start the training.

        Arguments
        ---------
        threads : int
            For its computations, unless OMP_NUM_THREADS says otherwise.
        gpu : str, optional
            The one that it sees, as in CUDA_VISIBLE_DEVICES.
        kept_open : sequence of int
            Descriptors of files that stay open in the process.

        Returns
        -------
        process : subprocess.Popen
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        environment = {"OMP_NUM_THREADS": str(threads), **os.environ}
        if gpu is not None:
            environment["CUDA_VISIBLE_DEVICES"] = gpu
        with open(self.log, "a", encoding="utf-8") as log:
            return subprocess.Popen(
                [sys.executable, *self.arguments],
                cwd=self.place,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=kept_open,
                preexec_fn=_end_with_parent,
            )


def run_jobs(
    jobs,
    slots,
    progress,
    every=10,
    gpus=(),
    kept_open=(),
    on_end=None,
    check=None,
):
    """Run jobs, `slots` at a time, with a progress line all along.

    Arguments
    ---------
    jobs : list of Job
        In the order in which they start.
    slots : int
        How many run at once.
    progress : Progress
        Told of each start and end; its line is printed.
    every : float
        Seconds between progress lines.
    gpus : sequence of str
        Dealt to the slots in turn; none: the jobs see what there is.
    kept_open : sequence of int
        Descriptors of files that stay open in the jobs.
    on_end : callable, optional
        Takes a job and its exit code when it ends. If it raises, the jobs
        that run are ended, and no other is started.
    check : callable, optional
        Called all along; if it raises, likewise.
    """
    threads = max(1, _cores() // slots)
    waiting, running, said = list(jobs), {}, time.monotonic()
    try:
        while waiting or running:
            for slot in set(range(slots)) - set(running):
                if waiting:
                    job = waiting.pop(0)
                    progress.started(job)
                    gpu = gpus[slot % len(gpus)] if gpus else None
                    try:
                        job.prepare()
                    except InputError as error:  # is the job's, not all jobs'
                        job.note(f"error: {error}")
                        progress.ended(job, 2)
                        continue
                    running[slot] = (job, job.start(threads, gpu, kept_open))
            time.sleep(PAUSE)
            if check:
                check()
            for slot, (job, process) in list(running.items()):
                if process.poll() is not None:
                    del running[slot]
                    progress.ended(job, process.returncode)
                    if on_end:
                        on_end(job, process.returncode)
            if time.monotonic() - said >= every:
                progress.say()
                said = time.monotonic()
    finally:
        _end([process for _, process in running.values()])


def _cores():
    """The cores that this process may use, which a scheduler limits."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _end(processes):
    """End processes, and wait until they are gone."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_with_parent():
    """Let Linux end this process when its parent dies, also by a SIGKILL.

    A training that is left behind would write beside the one that resumes it.
    """
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
