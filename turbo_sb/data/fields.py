"""What a field may hold, in a row of a table or an entry of a manifest.

Each function names what is wrong, or returns None.

Authors
 * The turbo_sb developers 2026
"""

import os
import reprlib
import unicodedata
from pathlib import Path

LONGEST = 1e9  # s, 31 years: what is longer is no time in a recording

# A value in a message: short, whatever it is.
_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = 60


def short(value: object) -> str:
    """Show a value in a message."""
    return _short.repr(value)


def shown(name: str) -> str:
    """Show an ID in a message: as it is, unless it would disturb a terminal."""
    return name if name.isprintable() else short(name)


def read_seconds(cell: str) -> float | None:
    """Parse a cell, also with a decimal comma; None if it is blank.

    Python takes 1_5 for 15; here it is a slip.
    """
    if not cell:
        return None
    try:
        return float(cell.replace(",", ".").replace("_", "no number"))
    except ValueError:
        raise ValueError(f"{short(cell)}, expected seconds") from None


def is_time(value: object, longest: float = LONGEST) -> bool:
    """Whether it is a number, not a truth value, and not beyond all times."""
    return type(value) in (int, float) and not abs(value) > longest


def stretch_problem(
    start: object, stop: object, longest: float = LONGEST
) -> str | None:
    """Check where an utterance begins and ends; None is not known."""
    for name, value in (("start", start), ("stop", stop)):
        if value is not None and not is_time(value, longest):
            return f"{name} is {short(value)}, expected seconds"
    start = start or 0.0
    if not start >= 0:  # NaN, too
        return f"start {start} s, expected 0 or more"
    if stop is not None and not stop > start:
        return f"stop {stop} s, expected more than start, {start} s"
    return None


def name_problem(name: str) -> str | None:
    """Check an ID: it is printed, and names a row and perhaps a file."""
    if not name.strip():
        return "no ID"
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in name):
        return f"the ID {short(name)} has a control character or no character"
    return None


def text_problem(field: str, value: object) -> str | None:
    """Check words or a label: a string that any program can write."""
    if not isinstance(value, str):
        return f"{field} is {short(value)}, expected text"
    if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value):
        return f"{field} is {short(value)}, which no file in UTF-8 can hold"
    return None


def path_problem(field: str, value: object) -> str | None:
    """Check a path: a string that is not blank, and can name a file."""
    if not isinstance(value, str) or not value.strip():
        return f"{field} is {short(value)}, expected text that is not blank"
    try:
        possible = b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        possible = False
    return None if possible else f"{field} is {short(value)}, which is no path"


def with_slashes(folder: Path, path: str) -> str:
    """Take a table's backslashes, of Windows, for slashes.

    Elsewhere a name may have a backslash: if there is such a file, it is meant.
    """
    if "\\" not in path or os.path.exists(folder / path):
        return path
    return path.replace("\\", "/")
