"""Paths as people write them, and as disks have them.

Authors
 * The turbo_sb developers 2026
"""

import os
import re
import unicodedata
from pathlib import Path


def expand(value: str) -> str:
    """Put the home folder in the place of `~` in ~, ~/x and ~user/x."""
    is_path = re.match(r"~([\w.-]*/|$)", value)
    return os.path.expanduser(value) if is_path else value


def from_home(path: str | Path) -> Path:
    """`expand`, of what is a path."""
    return Path(expand(str(path)))


def spelled(text: object) -> str:
    r"""Spell what no encoding has: bytes of a name that is not UTF-8 as \xfc.

    >>> spelled(os.fsdecode(b"m\xfcller.wav"))
    'm\\xfcller.wav'
    """
    return re.sub("[\ud800-\udfff]", _escape, str(text))


def _escape(found):
    """Python reads the byte 0xfc of such a name as U+DCFC."""
    code = ord(found[0])
    of_byte = 0xDC80 <= code <= 0xDCFF
    return f"\\x{code - 0xDC00:02x}" if of_byte else f"\\u{code:04x}"


def why_no_file(path: Path) -> str:
    """Say why a path is not a file, and what to do."""
    if path.is_symlink() and not path.exists():
        return (
            f"a link to {os.readlink(path)}, which is not there. Fetch it "
            "(as git-annex and DVC do), or remove the link."
        )
    if path.is_dir():
        return "a folder, or one that may not be read; expected a recording."
    if path.exists():
        return "a pipe or a device. Write it to a file, and give that."
    if other := in_other_form(path):
        return (
            f"no such file. There is {other}, whose name looks the same and "
            "has its accents in other characters (Unicode's NFC and NFD). "
            "Rename it, or write the name as the disk has it."
        )
    return "no such file."


def in_other_form(path: Path) -> Path | None:
    """Find a path whose names are equal but for Unicode's normal form."""
    try:
        found = Path(path.anchor)
        for part in path.parts[1 if path.anchor else 0 :]:
            # To list a large folder takes a while: only where it may help.
            if not (found / part).exists() and part.isascii():
                return None
            found = _like(found, part)
        return found if found.is_file() else None
    except (OSError, StopIteration):
        return None


def _like(folder, name):
    if (folder / name).exists():
        return folder / name
    near = (x for x in os.listdir(folder) if _nfc(x) == _nfc(name))
    return folder / next(near)


def _nfc(name):
    return unicodedata.normalize("NFC", name)
