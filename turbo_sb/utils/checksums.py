"""Sums that show whether a folder is still what was written.

Authors
 * The turbo_sb developers 2026
"""

import hashlib
import os
from pathlib import Path

# As sha256sum writes and checks them.
SUMS = "SHA256SUMS"


def write_sums(folder, leave_out=()):
    """Note the sum of each file, with all of it on the disk.

    Arguments
    ---------
    folder : pathlib.Path
        Gets a file SHA256SUMS; `sha256sum --check SHA256SUMS` reads it too.
    leave_out : sequence of str
        Files whose sums are not noted.

    Example
    -------
    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "a.txt").write_text("whole")
    >>> write_sums(folder)
    >>> find_damage(folder) is None
    True
    >>> _ = (folder / "a.txt").write_text("hole")
    >>> find_damage(folder)
    'a.txt is not as it was written'
    """
    path = folder / SUMS
    names = [name for name in _names(folder) if name not in leave_out]
    sums = {name: _sum(folder / name) for name in names}
    lines = [f"{found}  {name}\n" for name, found in sums.items()]
    path.write_text("".join(lines), encoding="utf-8")
    for written in (*folder.rglob("*"), folder):
        flush(written)


def find_damage(folder, listed_only=False):
    """What differs from the sums, if anything.

    Arguments
    ---------
    folder : pathlib.Path
        With or without a file SHA256SUMS; without one, nothing is known.
    listed_only : bool
        Whether other files may be there.

    Returns
    -------
    damage : str
        None if there is none.
    """
    path = Path(folder) / SUMS
    if not path.exists():
        return None
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = [line.partition("  ") for line in text.splitlines()]
    sums = {name: expected for expected, _, name in lines}
    there = set(_names(path.parent))
    for name in sorted(sums if listed_only else there | set(sums)):
        if name not in sums:
            return f"{SUMS} is not as it was written: it lacks {name}"
        if name not in there:
            return f"{name} is missing"
        if _sum(path.parent / name) != sums[name]:
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


def flush(path):
    """Wait until a file or a folder's names are on the disk.

    Until then, a machine that loses its power may lose them.

    Arguments
    ---------
    path : pathlib.Path
        Of a file or a folder.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
