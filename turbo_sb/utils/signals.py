"""Ctrl-C, SIGTERM and SIGHUP: what they are called, and how a process ends.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import ctypes
import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator

from turbo_sb.utils.distributed import rank

NAMES = {
    signal.SIGINT: "Ctrl-C",
    signal.SIGTERM: "SIGTERM",
    **({signal.SIGHUP: "SIGHUP"} if hasattr(signal, "SIGHUP") else {}),
}
# sysexits.h: a temporary failure, the user is invited to try again.
RESUMABLE = getattr(os, "EX_TEMPFAIL", 75)


def exit_code(number: int) -> int:
    """75 for SIGTERM, which schedulers send; else as a shell has it.

    >>> exit_code(signal.SIGINT)
    130
    """
    return RESUMABLE if number == signal.SIGTERM else 128 + number


def listen(handler: Callable) -> dict:
    """Let a handler hear what ends a process; return what did before.

    What nohup, or a shell in its background, has switched off stays so.
    """
    before = {}
    for number in NAMES:
        heard = signal.getsignal(number)
        if heard != signal.SIG_IGN or number == signal.SIGTERM:
            before[number] = signal.signal(number, handler)
    return before


def end_when_told() -> None:
    """End at once, without a traceback, until something else listens.

    For the seconds in which a script imports: nothing is lost yet.
    """
    listen(_end)


def _end(number, _frame):
    say(f"{NAMES[number]}: ended before anything was done")
    os._exit(exit_code(number))


def say(text: str) -> None:
    """Print a line of the first process, from within a handler.

    Not by print: the signal may have come in the middle of another one.
    """
    if rank() == 0:
        with contextlib.suppress(OSError):  # no terminal any more
            os.write(2, f"\n{text}\n".encode())


def mute() -> None:
    """Drop what is written to a terminal that is gone: it would be an error."""
    for number in (1, 2):
        with contextlib.suppress(OSError):
            device = stat.S_ISCHR(os.fstat(number).st_mode)
            if device and not os.isatty(number):
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, number)
                os.close(nothing)


def end_with_parent(number: int = signal.SIGTERM) -> None:
    """Let Linux send this process a signal when its parent dies, by a SIGKILL too.

    A training that is left behind would write beside the one that resumes it.
    """
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, number)


@contextlib.contextmanager
def deaf_children() -> Iterator[None]:
    """Keep what ends this process from the processes that it starts here.

    They are told by it, not by a terminal or a scheduler that sends a signal to
    all. What comes in the meantime is heard afterwards.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, set(NAMES))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
