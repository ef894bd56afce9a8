"""What is done of many trainings, what runs, and how long is left.

Authors
 * The turbo_sb developers 2026
"""

import functools
import time
from collections import defaultdict

# A line that waits in a buffer says nothing.
SAY = functools.partial(print, flush=True)


class Progress:
    """Follows jobs, and says where they are.

    Arguments
    ---------
    jobs : list of turbo_sb.evaluation.jobs.Job
        All of them, those that are finished already among them.
    slots : int
        How many run at once.
    print_line : callable
        Takes the line.

    Example
    -------
    >>> from pathlib import Path
    >>> from turbo_sb.evaluation.jobs import Job
    >>> job = Job("turbo 1", Path("nowhere"), ["train.py"], Path("."), epochs=30)
    >>> Progress([job], slots=1).line()
    '0:00:00  0 of 1 done'
    """

    def __init__(self, jobs, slots, print_line=SAY):
        self.jobs, self.slots, self.print_line = jobs, slots, print_line
        self.finished = {job.name for job in jobs if job.is_finished()}
        self.failed = {}
        self.running = {}
        self.lasted = defaultdict(list)
        self.start = time.monotonic()

    def started(self, job):
        """Note that a job has started.

        Arguments
        ---------
        job : turbo_sb.evaluation.jobs.Job
            Of the list.
        """
        # What it had done before, when it resumes, took no time now.
        self.running[job.name] = (job, time.monotonic(), job.epochs_done())

    def ended(self, job, code):
        """Note that a job has ended, and say so if it failed.

        Arguments
        ---------
        job : turbo_sb.evaluation.jobs.Job
            Of the list.
        code : int
            Its exit code.
        """
        _, start, before = self.running.pop(job.name)
        if code == 0 and job.is_finished():
            self.finished.add(job.name)
            if not before:
                self.lasted[job.kind].append(time.monotonic() - start)
            return
        self.failed[job.name] = job
        self.print_line(f"failed: {job.name} (exit code {code}), see {job.log}")

    def say(self):
        """Print the line."""
        self.print_line(self.line())

    def line(self):
        """What is done, what runs, how long is left.

        Returns
        -------
        line : str
        """
        done = f"{len(self.finished)} of {len(self.jobs)} done"
        if self.failed:
            done += f", {len(self.failed)} failed"
        parts = [f"{clock(time.monotonic() - self.start)}  {done}"]
        for job, _, _ in self.running.values():
            parts.append(f"{job.name}: {job.epochs_done()}/{job.epochs}")
        left = self.seconds_left()
        if left is not None:
            parts.append(f"about {clock(left)} left")
        return " | ".join(parts)

    def seconds_left(self):
        """Estimate how long it still takes.

        Returns
        -------
        seconds : float
            From the jobs of a kind that have ended; before any has, from the
            epochs of those that run, as if none stopped early. None while
            nothing is known.
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


def clock(seconds):
    """Lay out a duration.

    Arguments
    ---------
    seconds : float
        How long.

    Returns
    -------
    text : str
        Hours, minutes and seconds.

    Example
    -------
    >>> clock(3725.2)
    '1:02:05'
    """
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
