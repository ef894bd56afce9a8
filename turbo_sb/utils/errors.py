"""Errors that a user can act on, printed as one message.

Authors
 * The turbo_sb developers 2026
"""

import atexit
import contextlib
import errno
import os
import sys
from collections.abc import Iterator, Sequence

from turbo_sb.utils.escaping import printable
from turbo_sb.utils.paths import spelled

# In gloo's errors, which are plain RuntimeErrors.
OF_LOST_PROCESSES = (
    "gloo/transport",
    "Connection closed by peer",
    "Connection reset by peer",
)
# In torch's errors of a process that reads, which was killed or has ended.
OF_LOST_READERS = "DataLoader worker (pid"


class InputError(ValueError):
    """Something that the user gave is missing, malformed or contradictory.

    The message names the file, line or key, says what was expected and what
    came, and what to do. Library code raises it; a script's outermost block
    is wrapped in `plain_errors`, which prints the message without a traceback.
    Its attribute ``own`` is true if it is of one process alone.

    Example
    -------
    >>> raise InputError("--fold=11: speaker10 has the folds 1 to 10.")
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: --fold=11: speaker10 has the folds 1 to 10.
    """


# What the message of a full disk ends with, unless a command says otherwise.
RESUMES = "the same command goes on from the last checkpoint"
RESTARTS = "give the same command again: nothing half-written counts"


@contextlib.contextmanager
def plain_errors(full_disk: str = RESUMES) -> Iterator[None]:
    """Print errors that a user can act on as one message, and exit with 2.

    These are an `InputError`, a file that cannot be read or written, a full
    disk or GPU, and a lost process. Any other exception is a bug and keeps its
    traceback. Of several processes, only the first one prints, and any that
    has an error of its own. What the console has no characters for is escaped.

    Arguments
    ---------
    full_disk : str
        What to do when there is room again.

    Yields
    ------
    None

    Example
    -------
    >>> with plain_errors():
    ...     pass
    """
    _show_anything()
    try:
        yield
        code = None
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = 130
    except Exception as error:
        message, own = _message(error, full_disk), getattr(error, "own", False)
        if message is None:
            raise
        _tell(message, own)
        code = 2
    if isinstance(code, str):  # as sys.exit takes a message
        print(code, file=sys.stderr)
        code = 1
    torch = _torch()
    if torch and torch.distributed.is_initialized():
        _end_at_once(code or 0)
    if code is not None:
        sys.exit(code)


def _show_anything():
    """Escape what a narrow console (cp1252, ASCII) cannot show.

    A word or a file's name would end the command otherwise.
    """
    for stream in (sys.stdout, sys.stderr):
        if getattr(stream, "errors", None) in ("strict", "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")


def _torch():
    """The module if something has imported it, else None."""
    return sys.modules.get("torch")


def _tell(message, own):
    number = os.environ.get("RANK", "0")
    if own and int(os.environ.get("WORLD_SIZE", 1)) > 1:
        message = f"process {number}: {message}"
    if own or number == "0":
        shown = printable(spelled(f"error: {message}"), keep="\n\t")
        print(shown, file=sys.stderr, flush=True)


def _end_at_once(code):
    """End this process without the destructors of gloo and NCCL.

    They may abort or hang while other processes end.
    """
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _is_full(error):
    """Whether a disk, or a quota, is full: also as compiled code says it."""
    if isinstance(error, OSError) and error.errno:
        # Windows has no quota's number.
        return error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None))
    return "No space left on device" in str(error)


def _message(error, full_disk=RESUMES):
    """What a user can do about the error, or None."""
    text, torch = str(error), _torch()
    if isinstance(error, InputError):
        # A DataLoader's worker hands on its traceback as the message.
        return text.rpartition(f"{InputError.__module__}.InputError: ")[2]
    if _is_full(error):
        file = getattr(error, "filename", None)
        where = f"{file}: " if file else ""
        return f"{where}the disk is full. Make room, and {full_disk}."
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if torch and isinstance(error, torch.OutOfMemoryError):
        return (
            f"{text.splitlines()[0]} Use --recompute=True (the same loss, and "
            "no more memory than a chunk needs), with --encode_chunk=20 or "
            "less (padded seconds of a chunk); then --precision=bf16."
        )
    if isinstance(error, RuntimeError) and OF_LOST_READERS in text:
        return (
            f"a process that reads audio is gone ({text.splitlines()[0]}). "
            "Mostly the memory of the machine or of the job is full (dmesg, or "
            "the scheduler's log, says so): use fewer --num_workers (0: none), "
            "or ask for more memory. The same command goes on from the last "
            "checkpoint."
        )
    lost = any(sign in text for sign in OF_LOST_PROCESSES)
    of_torch = torch and isinstance(error, torch.distributed.DistError)
    if of_torch or (isinstance(error, RuntimeError) and lost):
        return (
            f"another process is gone ({text.splitlines()[0]}). The first "
            "error above, or the system's log (out of memory?), says why. The "
            "same command goes on from the last checkpoint."
        )
    return None


@contextlib.contextmanager
def own_errors() -> Iterator[None]:
    """Mark errors in the block as of this process alone: it prints them."""
    try:
        yield
    except Exception as error:
        error.own = getattr(error, "own", True)
        raise


def some_of(items: Sequence[str], limit: int = 10) -> str:
    """List items, one an indented line; count those beyond `limit`."""
    lines = [f"  {item}" for item in items[:limit]]
    if len(items) > limit:
        lines.append(f"  ... and {len(items) - limit} more")
    return "\n".join(lines)
