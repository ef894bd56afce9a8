"""Several trainings at a time, each in a process of its own.

A pool of threads would be shorter, but Linux ends a training with the *thread*
that started it, and `preexec_fn`, which asks for that, is unsafe with threads.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses
import os
import subprocess
import sys
import time
from pathlib import Path

from turbo_sb.training.history import read_history
from turbo_sb.training.run_folder import FINISHED
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.signals import end_with_parent

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
        Name in progress lines and messages.
    folder : pathlib.Path
        The run's output folder.
    arguments : list of str
        Arguments of the Python interpreter: a script, a YAML, its overrides.
    place : pathlib.Path
        The folder to start it from: the recipe's.
    epochs : int
        Most epochs.
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
    def log(self) -> Path:
        """The file with what the run printed."""
        return self.folder.with_name(f"{self.folder.name}.log")

    @property
    def runs(self) -> list["Job"]:
        """The runs that it trains: mostly itself."""
        return [self]

    def is_finished(self) -> bool:
        """Whether its results are there, which are written last."""
        return (self.folder / FINISHED).exists()

    def epochs_done(self) -> int:
        """How many epochs its history has."""
        history = read_history(self.folder)
        return len({line["epoch"] for line in history if "epoch" in line})

    def prepare(self) -> None:
        """Do what has to be done before it starts; here nothing."""

    def note(self, text: str) -> None:
        """Append a line or more to its log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"{text}\n")

    def start(self, threads: int, gpu: str | None = None) -> subprocess.Popen:
        """Start the training.

        It computes with `threads` threads unless OMP_NUM_THREADS is set, and
        sees the GPU `gpu`, as in CUDA_VISIBLE_DEVICES.
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
                preexec_fn=end_with_parent,
            )


def run_jobs(
    jobs: list[Job],
    slots: int,
    progress,
    every: float = 10,
    gpus=(),
    on_end=None,
    check=None,
) -> None:
    """Run jobs, `slots` at a time, and print a progress line now and then.

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
        Dealt to the slots in turn; if empty, each job sees all GPUs.
    on_end : callable, optional
        Takes a job and its exit code when it ends. If it raises, the running
        jobs are ended, and no other is started.
    check : callable, optional
        Called several times a second; if it raises, likewise.
    """
    threads = max(1, _cores() // slots)
    waiting, running, said = list(jobs), {}, time.monotonic()
    try:
        while waiting or running:
            for slot in set(range(slots)) - set(running):
                if waiting:
                    gpu = gpus[slot % len(gpus)] if gpus else None
                    job = waiting.pop(0)
                    process = _start(job, progress, threads, gpu)
                    if process:
                        running[slot] = (job, process)
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


def _start(job, progress, threads, gpu):
    """Start a job; one that cannot be prepared fails alone, without a process."""
    progress.started(job)
    try:
        job.prepare()
    except InputError as error:
        job.note(f"error: {error}")
        progress.ended(job, 2)
        return None
    return job.start(threads, gpu)


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
