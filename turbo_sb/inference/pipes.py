"""Recordings that come through a pipe, kept in files until this process ends.

Authors
 * The turbo_sb developers 2026
"""

import functools
import os
import stat
import sys
import tempfile
from pathlib import Path

from turbo_sb.utils.errors import InputError

STDIN = ("-", "/dev/stdin")
BYTES = 2**31  # three hours of stereo at 48 kHz and 16 bits
BLOCK = 2**20


def unpiped(path: str | Path) -> Path:
    """Return the path, or that of a file with what came through the pipe.

    What reads audio reads it twice and from any place, as no pipe can be.
    """
    if str(path) in STDIN:
        if sys.stdin is None or sys.stdin.isatty():
            raise InputError(f"{path}: a terminal; expected a recording.")
        return _keep(sys.stdin.buffer, STDIN[1])
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return Path(path)
    if not stat.S_ISFIFO(mode):
        return Path(path)
    with open(path, "rb") as pipe:
        return _keep(pipe, str(path))


def by_own_name(message: str) -> str:
    """Name a pipe in a message as it was given."""
    there = _folder.cache_info().currsize
    return message.replace(_folder().name, "") if there else message


@functools.cache
def _folder():
    return tempfile.TemporaryDirectory(prefix="turbo_sb_")


def _keep(pipe, name):
    path = Path(_folder().name, name.lstrip("/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    left = BYTES
    with open(path, "wb") as file:
        while block := pipe.read(BLOCK):
            file.write(block)
            left -= len(block)
            if left < 0:
                raise InputError(
                    f"{name}: more than {BYTES / 2**30:.0f} GiB came through "
                    "the pipe. Write it to a file, cut it, and give that."
                )
    return path
