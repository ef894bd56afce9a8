"""One process among several.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import LOCK, hold

PATIENCE = 30  # seconds that a training which was told to end may still take


def world_size():
    """Number of processes that train together.

    Returns
    -------
    size : int

    Example
    -------
    >>> world_size()
    1
    """
    return int(os.environ.get("WORLD_SIZE", 1))


def rank():
    """This process's number, from 0.

    Returns
    -------
    rank : int

    Example
    -------
    >>> rank()
    0
    """
    return int(os.environ.get("RANK", 0))


def joined():
    """torch.distributed, if this process is joined to others by it.

    Returns
    -------
    together : module
        None if it is not, as where torch is not even imported.

    Example
    -------
    >>> joined() is None
    True
    """
    torch = sys.modules.get("torch")
    if torch is None or not torch.distributed.is_initialized():
        return None
    return torch.distributed


def on_main(function, **kwargs):
    """Call a function in the main process, and let an error end them all.

    With SpeechBrain's run_on_main, the others would wait for a process that
    is gone, and end in tracebacks of their own.

    Arguments
    ---------
    function : callable
        Called in the main process only.
    **kwargs
        Its arguments.

    Raises
    ------
    InputError
        In every process, if the function raised one.

    Example
    -------
    >>> on_main(print, sep="", end="")
    """
    # Here: what asks only for the rank need not wait for torch.
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


def on_all(function, **kwargs):
    """Call a function in every process, and let an error in one end them all.

    Only the first process speaks, and torchrun ends it when another is gone.

    Arguments
    ---------
    function : callable
        Called in every process.
    **kwargs
        Its arguments.

    Raises
    ------
    InputError
        In every process, if the function raised one anywhere.

    Example
    -------
    >>> on_all(print, sep="", end="")
    """
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


def of_all(message):
    """An error that every process raises, and the first one tells.

    Arguments
    ---------
    message : str
        The same everywhere.

    Returns
    -------
    error : InputError

    Example
    -------
    >>> of_all("no such file").own
    False
    """
    error = InputError(message)
    error.own = False
    return error


@contextlib.contextmanager
def alone_in(folder: str | Path) -> Iterator[None]:
    """Keep other trainings out of a run's folder, for all its processes."""
    busy = (
        f"{folder}: another training runs in it. Wait until it ends, end it, "
        "or give another --output_folder."
    )
    with contextlib.ExitStack() as held:

        def take():
            held.enter_context(hold(Path(folder) / LOCK, busy, PATIENCE))

        on_main(take)
        yield


def part():
    """Wait for every process, before the first of them ends.

    Without it, whoever ends first may take the others along: their next
    message to it fails, and torchrun stops the one that still writes the
    results.

    Example
    -------
    >>> part()
    """
    if together := joined():
        together.barrier()
