"""Checksums of a folder, written and compared.

Authors
 * The turbo_sb developers 2026
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from turbo_sb.utils.errors import InputError

# In the format of `sha256sum`.
SUMS = "SHA256SUMS"
MOST = 2**20  # bytes of it that are read; a line has some 100


def write_sums(folder: Path, leave_out: Sequence[str] = ()) -> None:
    """Write SHA256SUMS over all files, and wait until all is on the disk."""
    path = folder / SUMS
    names = [name for name in _names(folder) if name not in leave_out]
    sums = {name: _sum(folder / name) for name in names}
    lines = [f"{found}  {name}\n" for name, found in sums.items()]
    path.write_text("".join(lines), encoding="utf-8")
    for written in (*folder.rglob("*"), folder):
        flush(written)


def read_sums(folder: str | Path) -> dict[str, str]:
    """The sums that SHA256SUMS lists by name; empty without that file."""
    path = Path(folder) / SUMS
    if not path.is_file():
        return {}
    with open(path, "rb") as file:
        text = file.read(MOST + 1)
    if len(text) > MOST:
        raise InputError(f"{path}: expected {MOST} bytes at most.")
    lines = text.decode("utf-8", "replace").splitlines()
    parts = [line.partition("  ") for line in lines]
    return {name: expected for expected, _, name in parts}


def find_unlisted(folder: str | Path) -> list[str]:
    """The files that SHA256SUMS does not list."""
    sums = read_sums(folder)
    return [name for name in _names(Path(folder)) if name not in sums]


def find_damage(
    folder: str | Path, listed_only: bool = False, missing: bool = True
) -> str | None:
    """What differs from SHA256SUMS; None if nothing, or without that file.

    With `listed_only`, other files are no damage; without `missing`, neither
    are files that are not there.
    """
    folder = Path(folder)
    if not (folder / SUMS).exists():
        return None
    sums, there = read_sums(folder), set(_names(folder))
    for name in sorted(sums if listed_only else there | set(sums)):
        if name not in sums:
            return f"{SUMS} is not as it was written: it lacks {name}"
        if name not in there:
            if missing:
                return f"{name} is missing"
        elif _sum(folder / name) != sums[name]:
            return f"{name} is not as it was written"
    return None


def _names(folder):
    """All files but the sums, also in folders within."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    names = (path.relative_to(folder).as_posix() for path in files)
    return [name for name in names if name != SUMS]


def _sum(path):
    found = hashlib.sha256()
    with open(path, "rb") as file:  # file_digest is Python 3.11's
        while part := file.read(2**20):
            found.update(part)
    return found.hexdigest()


def flush(path: str | Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
