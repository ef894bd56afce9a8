"""Several processes: rank and world size, calls whose errors reach all.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import LOCK, hold

PATIENCE = 30  # seconds; a training that was told to end may still save


def world_size() -> int:
    """Number of processes that train together."""
    return int(os.environ.get("WORLD_SIZE", 1))


def rank() -> int:
    """This process's number, from 0."""
    return int(os.environ.get("RANK", 0))


def joined() -> ModuleType | None:
    """torch.distributed if it is initialised, else None; never imports torch."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.distributed.is_initialized():
        return None
    return torch.distributed


def on_main(function: Callable, **kwargs) -> None:
    """Call a function in the main process; raise its InputError in all.

    After an error in SpeechBrain's run_on_main, the other processes wait for
    one that is gone.
    """
    from speechbrain.utils.distributed import (
        MainProcessContext,
        ddp_broadcast,
        if_main_process,
    )

    message = None
    if if_main_process():
        try:
            # SpeechBrain's own savers send nothing to the others in it.
            with MainProcessContext():
                function(**kwargs)
        except InputError as error:
            message = str(error)
    message = ddp_broadcast(message, src=0)
    if message is not None:
        raise of_all(message)


def on_all(function: Callable, **kwargs) -> None:
    """Call a function in every process; raise an InputError of one in all."""
    message = None
    try:
        function(**kwargs)
    except InputError as error:
        message = str(error)
    messages = [message]
    if together := joined():
        messages = [None] * world_size()
        together.all_gather_object(messages, message)
    for message in messages:
        if message is not None:
            raise of_all(message)


def of_all(message: str) -> InputError:
    """An error that every process raises and only the first one prints."""
    error = InputError(message)
    error.own = False
    return error


@contextlib.contextmanager
def alone_in(*folders: str | Path) -> Iterator[None]:
    """Keep other trainings out of a run's folders, for all its processes."""
    with contextlib.ExitStack() as held:

        def take():
            """Hold the folders' locks until the block ends."""
            for folder in folders:
                busy = (
                    f"{folder}: another training runs in it. Wait until it "
                    "ends, end it, or give another --output_folder."
                )
                held.enter_context(hold(Path(folder) / LOCK, busy, PATIENCE))

        on_main(take)
        yield


def part() -> None:
    """Wait for every process before the first of them ends.

    Otherwise torchrun may stop the one that still writes the results.
    """
    if together := joined():
        together.barrier()
