"""One process at a time in a folder.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import os
from pathlib import Path

from turbo_sb.utils.errors import InputError

try:
    import fcntl
except ImportError:  # Windows, where nothing is guarded
    fcntl = None


@contextlib.contextmanager
def locked(path):
    """Hold a lock for as long as this process or one that it started lives.

    Arguments
    ---------
    path : str or pathlib.Path
        A file; made, with its folder, if it is not there.

    Yields
    ------
    descriptor : int
        Of the open file. A child that inherits it holds the lock too.

    Raises
    ------
    InputError
        If another process holds it.

    Example
    -------
    >>> with locked(getfixture("tmp_path") / "lock") as descriptor:
    ...     type(descriptor).__name__
    'int'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    except BlockingIOError as error:
        raise InputError(
            f"{path.parent}: another process works in it, or a training that "
            "one has left behind. Wait until it ends, or end it."
        ) from error
    finally:
        os.close(descriptor)
