"""The demo's trainings: train.py itself, several at a time, watched.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from turbo_sb.errors import InputError

RECIPES = Path(__file__).parents[2] / "recipes"


@dataclasses.dataclass
class Run:
    """One training of one method on one corpus.

    Arguments
    ---------
    method : str
        Names the YAML.
    corpus : str
        Names the corpus in the tables.
    folder : pathlib.Path
        The run's output folder.
    overrides : dict
        YAML keys to values, the corpus and the encoders among them.
    epochs : int
        At most.
    recipe : str
        Names the folder in ``recipes``.

    Example
    -------
    >>> keys = {"data_folder": "corpus"}
    >>> Run("turbo", "redundant", Path("out"), keys, epochs=3).arguments()
    ['train.py', 'hparams/turbo.yaml', '--data_folder=corpus', '--number_of_epochs=3', '--output_folder=out']
    """

    method: str
    corpus: str
    folder: Path
    overrides: dict
    epochs: int = 30
    recipe: str = "IEMOCAP"

    @property
    def place(self):
        """The recipe's folder, from which train.py is run."""
        return RECIPES / self.recipe / "turbo"

    @property
    def log(self):
        """What the run printed."""
        return self.folder.with_suffix(".log")

    def arguments(self):
        """The command line, from the recipe's folder.

        Returns
        -------
        arguments : list of str
        """
        keys = {
            **self.overrides,
            "number_of_epochs": self.epochs,
            "output_folder": self.folder,
        }
        yaml = f"hparams/{self.method}.yaml"
        return ["train.py", yaml, *(f"--{k}={v}" for k, v in keys.items())]

    def epochs_done(self):
        """How many epochs the train log has.

        Returns
        -------
        epochs : int
        """
        try:
            text = (self.folder / "train_log.txt").read_text(encoding="utf-8")
        except OSError:
            return 0
        return len(re.findall(r"^epoch: \d+, lr", text, flags=re.MULTILINE))

    def start(self, threads):
        """Start the training in a process of its own.

        Arguments
        ---------
        threads : int
            For its computations.

        Returns
        -------
        process : subprocess.Popen
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "a", encoding="utf-8") as log:
            return subprocess.Popen(
                [sys.executable, *self.arguments(), "--noprogressbar"],
                cwd=self.place,
                env={**os.environ, "OMP_NUM_THREADS": str(threads)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )


def train_all(runs, jobs, say=print, every=10):
    """Train, `jobs` at a time, with a progress line all along.

    Arguments
    ---------
    runs : list of Run
        The trainings, in the order in which they start.
    jobs : int
        How many run at once.
    say : callable
        Takes the progress line.
    every : float
        Seconds between progress lines.

    Raises
    ------
    InputError
        If a run fails; its log is named, and the others are stopped.
    """
    threads = max(1, (os.cpu_count() or 1) // jobs)
    waiting, running, start, said = list(runs), {}, time.monotonic(), 0
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                run = waiting.pop(0)
                running[run.log] = (run, run.start(threads))
            time.sleep(0.2)
            for run, process in list(running.values()):
                if process.poll() is not None:
                    _check_exit(run, process.returncode)
                    del running[run.log]
            seconds = time.monotonic() - start
            if seconds - said >= every:
                say(progress_line(runs, seconds))
                said = seconds
    finally:
        for _, process in running.values():
            process.terminate()


def progress_line(runs, seconds):
    """What is done of each run, and how long the rest takes.

    Arguments
    ---------
    runs : list of Run
        All of them.
    seconds : float
        Since the start.

    Returns
    -------
    line : str

    Example
    -------
    >>> progress_line([Run("turbo", "redundant", Path("nowhere"), {})], 65)
    '  1:05  redundant: turbo 0/30'
    """
    parts, done = {}, 0
    for run in runs:
        count = run.epochs_done()
        finished = (run.folder / "metrics.json").exists()
        done += run.epochs if finished else count
        state = "done" if finished else f"{count}/{run.epochs}"
        parts.setdefault(run.corpus, []).append(f"{run.method} {state}")
    line = " | ".join(f"{c}: {', '.join(p)}" for c, p in parts.items())
    left = ""
    if done:
        rest = seconds * (sum(run.epochs for run in runs) / done - 1)
        left = f"  (at most about {_clock(rest)} left)"
    return f"  {_clock(seconds)}  {line}{left}"


def _clock(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02}"


def _check_exit(run, code):
    if code != 0:
        tail = run.log.read_text(encoding="utf-8").splitlines()[-5:]
        raise InputError(
            f"the training of {run.method} on {run.corpus} failed with exit "
            f"code {code}. Its log, {run.log}, ends with:\n" + "\n".join(tail)
        )
