"""Run a recipe on a tiny corpus, in this process or in others.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import functools
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from tests import forks

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "recipes" / "IEMOCAP" / "turbo"
DSD = ROOT / "recipes" / "DSD" / "turbo"
# Sums are then in one order, and imports are of this repository.
ONE_THREAD = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "PYTHONPATH": str(ROOT),
}
STARTED = []
# What a recipe's own keys are in a small run.
OWN_KEYS = {
    FOLDER: {"strict_corpus": False, "protocol": "session5"},
    DSD: {},
}


def load_train(folder=FOLDER):
    """Import a recipe's train.py, which imports its neighbour.

    Arguments
    ---------
    folder : Path
        The recipe's.

    Returns
    -------
    train : module
    """
    describe_once()
    with beside(folder):
        spec = importlib.util.spec_from_file_location(
            f"{folder.parent.name}_train", folder / "train.py"
        )
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


def describe_once():
    """Let SpeechBrain ask pip and git for env.log once, not at each run."""
    logger = sys.modules.get("speechbrain.utils.logger")
    if logger and not hasattr(logger.get_environment_description, "cache_info"):
        logger.get_environment_description = functools.cache(
            logger.get_environment_description
        )


@contextlib.contextmanager
def beside(folder):
    """Where a recipe's scripts find their neighbours.

    Arguments
    ---------
    folder : Path
        The recipe's.
    """
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        # Other tests load it for themselves.
        for path in folder.glob("*_prepare.py"):
            sys.modules.pop(path.stem, None)


def arguments(
    method,
    output_folder,
    corpus,
    encoders,
    flags=(),
    recipe=FOLDER,
    **overrides,
):
    """The command line of a small run.

    Arguments
    ---------
    method : str
        Names the YAML.
    output_folder : Path
        The run's.
    corpus : Path
        In the layout that the recipe takes.
    encoders : tuple of str
        Folders of the audio and the text encoder.
    flags : tuple of str
        Run options without a value.
    recipe : Path
        Its folder.
    **overrides
        YAML keys and run options; one that is None is left out.

    Returns
    -------
    arguments : list of str
    """
    keys = {
        "data_folder": corpus,
        "output_folder": output_folder,
        "audio_encoder_source": encoders[0],
        "text_encoder_source": encoders[1],
        **OWN_KEYS[recipe],
        "freeze_cnn": False,
        "batch_size": 8,
        "lr": 0.001,
        "projection_dim": 16,
        "number_of_epochs": 2,
        "num_workers": 0,
        "probe": False,
        "device": "cpu",
        **overrides,
    }
    given = [f"--{k}={v}" for k, v in keys.items() if v is not None]
    yaml = str(recipe / "hparams" / f"{method}.yaml")
    return [yaml, *given, *flags, "--noprogressbar"]


def start(command, **options):
    """Start a command in a fork, from the recipe's folder.

    Arguments
    ---------
    command : list of str
        After the Python interpreter.
    **options
        Of tests.forks.start.

    Returns
    -------
    process : tests.forks.Fork
    """
    return forks.start(command, cwd=FOLDER, **options)


def start_ranks(n, command):
    """Start a command in n forks of one thread that train together.

    Arguments
    ---------
    n : int
        Number of processes.
    command : list of str
        As in `start`.

    Returns
    -------
    process : tests.forks.Fork
    """
    return start(command, env=ONE_THREAD, ranks=n)


def start_fresh(command, **options):
    """Start a command as a person does, in an interpreter of its own.

    Arguments
    ---------
    command : list of str
        After the Python interpreter.
    **options
        Of subprocess.Popen.

    Returns
    -------
    process : subprocess.Popen
        Its output is piped as text.
    """
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=FOLDER,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )
    STARTED.append(process)
    return process


def start_torchrun(n, command):
    """Start a command on n processes of one thread by torchrun.

    Arguments
    ---------
    n : int
        Number of processes.
    command : list of str
        As in `start`.

    Returns
    -------
    process : subprocess.Popen
        As of `start_fresh`.
    """
    torchrun = ["-m", "torch.distributed.run", "--standalone"]
    several = [*torchrun, f"--nproc_per_node={n}", *command]
    return start_fresh(several, env=ONE_THREAD)


def end_all():
    """End what a test that failed has left: torchrun ends its own."""
    while STARTED:
        process = STARTED.pop()
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
