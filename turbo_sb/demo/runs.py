"""The demo's trainings: train.py itself, several at a time, watched.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from turbo_sb.evaluation.jobs import Job, run_jobs
from turbo_sb.evaluation.progress import SAY, Progress
from turbo_sb.utils.errors import InputError

RECIPES = Path(__file__).parents[2] / "recipes"


@dataclasses.dataclass
class Run:
    """One training of one method on one corpus."""

    method: str  # names the YAML
    corpus: str
    folder: Path  # the run's output folder
    overrides: dict  # of the YAML's keys
    epochs: int = 30  # at most
    recipe: str = "IEMOCAP"  # names the folder in `recipes`

    @property
    def place(self) -> Path:
        """The recipe's folder, from which train.py is run."""
        return RECIPES / self.recipe / "turbo"

    def arguments(self) -> list[str]:
        """The command line, from the recipe's folder."""
        keys = {
            **self.overrides,
            "number_of_epochs": self.epochs,
            "output_folder": self.folder,
        }
        yaml = f"hparams/{self.method}.yaml"
        return ["train.py", yaml, *(f"--{k}={v}" for k, v in keys.items())]

    def job(self) -> Job:
        """What runs it."""
        return Job(
            name=f"{self.corpus} {self.method}",
            folder=self.folder,
            arguments=[*self.arguments(), "--noprogressbar"],
            place=self.place,
            epochs=self.epochs,
            kind=f"{self.corpus} {self.method}",
        )


def train_all(
    runs: list[Run], jobs: int, say: Callable = SAY, every: float = 10
) -> None:
    """Train, `jobs` at a time, with a progress line every so many seconds.

    A finished run is run again, which takes no time: it finds itself trained.
    A failed one stops the others, and its log is named.
    """
    waiting = [run.job() for run in runs]
    progress = Progress(waiting, jobs, say)
    run_jobs(waiting, jobs, progress, every, on_end=_check_exit)
    progress.say()


def _check_exit(job, code):
    """Stop at the first run that fails."""
    if code != 0:
        tail = job.log.read_text(encoding="utf-8").splitlines()[-5:]
        raise InputError(
            f"the training of {job.name} failed with exit code {code}. Its "
            f"log, {job.log}, ends with:\n" + "\n".join(tail)
        )
