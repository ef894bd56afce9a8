"""Files that appear whole or not at all.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from turbo_sb.utils.errors import InputError

# SpeechBrain's, of a checkpoint's folder: who looks for one need not import it.
CKPT_PREFIX = "CKPT"
LOCK = ".lock"  # in a folder that one process writes to at a time


@contextlib.contextmanager
def replacing(path):
    """Write a file under another name, and rename it when it is whole.

    Arguments
    ---------
    path : str or pathlib.Path
        The file to write. If the block fails, it stays as it was.

    Yields
    ------
    draft : pathlib.Path
        Where to write, in the same folder.

    Example
    -------
    >>> path = getfixture("tmp_path") / "a.txt"
    >>> with replacing(path) as draft:
    ...     _ = draft.write_text("whole")
    >>> path.read_text()
    'whole'
    """
    path = Path(path)
    # No process id: two machines that share a folder may have the same.
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def hold(path: str | Path, busy: str, wait: float = 0) -> Iterator[None]:
    """Lock a file of its own, or raise InputError(busy) after `wait` seconds.

    The lock ends with its process, also when that is killed.
    """
    # Here: it takes a tenth of a second, and most commands lock nothing.
    from filelock import FileLock, Timeout

    Path(path).parent.mkdir(parents=True, exist_ok=True)
    try:
        held = FileLock(path, timeout=wait).acquire()
    except Timeout as error:
        raise InputError(busy) from error
    with held:
        try:
            yield
        finally:
            # Before it is free, so that nobody who has it then loses it.
            with contextlib.suppress(PermissionError):  # Windows: it is open
                Path(path).unlink(missing_ok=True)


@contextlib.contextmanager
def weights_only():
    """torch.load's default, also where the environment switches it off.

    Yields
    ------
    None
    """
    key = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"
    before = os.environ.pop(key, None)
    try:
        yield
    finally:
        if before is not None:
            os.environ[key] = before
