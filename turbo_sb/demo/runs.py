"""The demo's trainings: train.py itself, several at a time, watched.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses
from pathlib import Path

from turbo_sb.evaluation.jobs import Job, run_jobs
from turbo_sb.evaluation.progress import SAY, Progress
from turbo_sb.utils.errors import InputError

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

    def job(self):
        """What runs it.

        Returns
        -------
        job : turbo_sb.evaluation.jobs.Job
        """
        return Job(
            name=f"{self.corpus} {self.method}",
            folder=self.folder,
            arguments=[*self.arguments(), "--noprogressbar"],
            place=self.place,
            epochs=self.epochs,
            kind=f"{self.corpus} {self.method}",
        )


def train_all(runs, jobs, say=SAY, every=10):
    """Train, `jobs` at a time, with a progress line all along.

    Arguments
    ---------
    runs : list of Run
        The trainings, in the order in which they start. One that is finished
        is run again, which takes no time: it finds itself trained.
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
    waiting = [run.job() for run in runs]
    progress = Progress(waiting, jobs, say)
    run_jobs(waiting, jobs, progress, every, on_end=_check_exit)
    progress.say()


def _check_exit(job, code):
    if code != 0:
        tail = job.log.read_text(encoding="utf-8").splitlines()[-5:]
        raise InputError(
            f"the training of {job.name} failed with exit code {code}. Its "
            f"log, {job.log}, ends with:\n" + "\n".join(tail)
        )
