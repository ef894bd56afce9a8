"""A count of what the processes that read have begun to read.

A disk that is slow is told by it from one that hangs.

Authors
 * The turbo_sb developers 2026
"""

import ctypes
import multiprocessing

_count = None  # this process's, shared with the one that waits


def new_count() -> ctypes.c_uint64:
    """A count in memory that processes share, also those that are spawned."""
    return multiprocessing.RawValue(ctypes.c_uint64)


def share(count: ctypes.c_uint64) -> None:
    """Let this process's beats go into a count."""
    global _count
    _count = count
    beat()


def beat() -> None:
    """Count one more; two at once may count as one, which is no harm."""
    if _count is not None:
        _count.value += 1
