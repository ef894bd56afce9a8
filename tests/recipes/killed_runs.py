"""A recipe's run, killed again and again, in forks of one process.

Run by test_bad_days.py: the kills as JSON, then train.py's arguments. To
import takes longer than to train here; a fork has everything imported.

Authors
 * The turbo_sb developers 2026
"""

import json
import os
import pathlib
import shutil
import signal
import sys
import threading
import time
import traceback

import torch

from tests.recipes.recipe_runs import load_train
from turbo_sb.training.resumable_brain import ResumableBrain
from turbo_sb.utils.errors import plain_errors

# What a run does all the time: train a step, write, rename, and delete.
EVENTS = (
    (ResumableBrain, "fit_batch"),
    (torch, "save"),
    (os, "fsync"),
    (pathlib.Path, "rename"),
    (shutil, "rmtree"),
)


def die_at(event, delay):
    """Kill this process soon after it has begun something.

    Arguments
    ---------
    event : int
        Which call of one of `EVENTS`, from 1; 0: none.
    delay : float
        Seconds from there.
    """
    left = [event]

    def kill():
        time.sleep(delay)
        os.kill(os.getpid(), signal.SIGKILL)

    def counted(function):
        def call(*args, **kwargs):
            left[0] -= 1
            if left[0] == 0:
                threading.Thread(target=kill).start()
            return function(*args, **kwargs)

        return call

    for owner, name in EVENTS:
        setattr(owner, name, counted(getattr(owner, name)))


def run(main, arguments, event, delay):
    """One life of the run, in a process of its own.

    Arguments
    ---------
    main : callable
        train.py's.
    arguments : list of str
        Its command line.
    event : int
        As in `die_at`.
    delay : float
        As in `die_at`.

    Returns
    -------
    code : int
        As subprocess has it.
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            die_at(event, delay)
            with plain_errors():
                main(arguments)
            code = 0
        except SystemExit as end:
            code = end.code
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    kills, arguments = json.loads(sys.argv[1]), sys.argv[2:]
    main = load_train().main
    for event, delay in [*kills, (0, 0)]:
        print("\ncode", run(main, arguments, event, delay), flush=True)
