"""How far many trainings are, and how long they still take.

Authors
 * The turbo_sb developers 2026
"""

import functools
import time
from collections import defaultdict

from tqdm import tqdm

# Flushed, so that a line is seen when it is printed, also in a pipe.
SAY = functools.partial(print, flush=True)
clock = tqdm.format_interval  # seconds to 1:02:05 or 02:05


class Progress:
    """Follows jobs, and prints how far they are.

    Arguments
    ---------
    jobs : list of turbo_sb.evaluation.jobs.Job
        All jobs, also those that are finished already.
    slots : int
        How many run at once.
    print_line : callable
        Prints the line.

    Example
    -------
    >>> from pathlib import Path
    >>> from turbo_sb.evaluation.jobs import Job
    >>> job = Job("turbo 1", Path("nowhere"), ["train.py"], Path("."), epochs=30)
    >>> Progress([job], slots=1).line()
    '00:00  0 of 1 done'
    """

    def __init__(self, jobs, slots, print_line=SAY):
        self.jobs, self.slots, self.print_line = jobs, slots, print_line
        self.finished = {job.name for job in jobs if job.is_finished()}
        self.failed = {}
        self.running = {}
        self.lasted = defaultdict(list)
        self.start = time.monotonic()

    def started(self, job) -> None:
        """Note that a job has started."""
        # A job that resumes had done some epochs before, in no time of now.
        self.running[job.name] = (job, time.monotonic(), job.epochs_done())

    def ended(self, job, code: int) -> None:
        """Note that a job has ended with this exit code; say if it failed."""
        _, start, before = self.running.pop(job.name)
        if code == 0 and job.is_finished():
            self.finished.add(job.name)
            if not before:
                self.lasted[job.kind].append(time.monotonic() - start)
            return
        self.failed[job.name] = job
        self.print_line(f"failed: {job.name} (exit code {code}), see {job.log}")

    def say(self) -> None:
        """Print the line."""
        self.print_line(self.line())

    def line(self) -> str:
        """How many are done, what runs, how long is left."""
        finished = [job for job in self.jobs if job.name in self.finished]
        done = f"{_count(finished)} of {_count(self.jobs)} done"
        if self.failed:
            done += f", {_count(self.failed.values())} failed"
        parts = [f"{clock(time.monotonic() - self.start)}  {done}"]
        for job, _, _ in self.running.values():
            parts.append(f"{job.name}: {job.epochs_done()}/{job.epochs}")
        left = self.seconds_left()
        if left is not None:
            parts.append(f"about {clock(left)} left")
        return " | ".join(parts)

    def seconds_left(self) -> float | None:
        """Estimate how long it still takes; None while nothing is known.

        From the jobs of a kind that have ended; before any has, from the
        epochs of those that run, as if none stopped early.
        """
        known = {k: sum(v) / len(v) for k, v in self.lasted.items()}
        now = time.monotonic()
        for job, start, before in self.running.values():
            if job.kind not in known and job.epochs_done() > before:
                pace = (now - start) / (job.epochs_done() - before)
                known[job.kind] = pace * job.epochs
        if not known:
            return None
        usual = sum(known.values()) / len(known)
        total = 0
        for job in self.jobs:
            if job.name in self.finished or job.name in self.failed:
                continue
            takes = known.get(job.kind, usual)
            _, start, before = self.running.get(job.name, (job, now, 0))
            takes *= max(0, 1 - before / max(1, job.epochs))
            total += max(0, takes - (now - start))
        return total / self.slots


def _count(jobs):
    """How many runs they are."""
    return sum(len(job.runs) for job in jobs)
