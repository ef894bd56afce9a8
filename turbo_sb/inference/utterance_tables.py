"""The rows of tables to predict: each is usable, or says why it is not.

A row has the fields of an `Utterance`. One that cannot be used has a
``problem``, and no recording: it is listed, and the others are predicted.

Authors
 * The turbo_sb developers 2026
"""

import re
from pathlib import Path

from turbo_sb.data.csv_table import read_table
from turbo_sb.data.fields import (
    name_problem,
    path_problem,
    read_seconds,
    short,
    stretch_problem,
    text_problem,
    with_slashes,
)
from turbo_sb.data.manifest import read_entries
from turbo_sb.utils.paths import from_home

OPTIONAL = ("wav", "text", "start", "stop")
ALIASES = {
    **dict.fromkeys(("path", "file", "filename", "audio", "wavpath"), "wav"),
    **dict.fromkeys(("transcript", "transcription", "words"), "text"),
    **dict.fromkeys(("begin", "onset", "starttime"), "start"),
    **dict.fromkeys(("end", "offset", "endtime", "stoptime"), "stop"),
}
ROOT = re.compile(r"^\{data_root\}[/\\]")
NEITHER = "it has neither wav nor text"


def read_rows(path: Path, folder: Path) -> list[dict]:
    """Read a CSV or a manifest of train.py (JSON), with paths in a folder."""
    read = _of_json if path.suffix.lower() == ".json" else _of_csv
    return read(path, folder)


def _of_csv(path, folder):
    rejects, seen, rows = [], {}, {}
    for line, row in read_table(path, ("ID",), OPTIONAL, rejects, ALIASES):
        name = row["ID"]
        own = None if name_problem(name) or name in seen else name
        try:
            rows[line] = {"name": own, **_fields(row, folder, seen)}
        except ValueError as error:
            rows[line] = _unusable(path, line, own, error)
        seen.setdefault(name, line)
    rows |= {line: _unusable(path, line, None, why) for line, why in rejects}
    return [row for _, row in sorted(rows.items())]


def _unusable(path, line, own, why):
    """Name a row by its ID, or by its line if it has none of its own."""
    name = own or f"{path}:{line}"
    return {"name": name, "problem": f"{path}: line {line}: {why}"}


def _fields(row, folder, seen):
    """Check a row of a CSV; raise ValueError with what is wrong."""
    if problem := name_problem(row["ID"]):
        raise ValueError(problem)
    if row["ID"] in seen:
        raise ValueError(f"{row['ID']} stands in line {seen[row['ID']]}")
    times = {}
    for key in ("start", "stop"):
        try:
            times[key] = read_seconds(row[key])
        except ValueError as error:
            raise ValueError(f"{key} is {error}") from None
    wav, text = row["wav"] or None, row["text"] or None
    return _checked(folder, wav, text, **times)


def _of_json(path, folder):
    return [
        _of_entry(path, name, entry, folder)
        for name, entry in read_entries(path).items()
    ]


def _of_entry(path, name, entry, folder):
    problem = name_problem(name)
    own = f"{path}: {short(name)}" if problem else name
    try:
        if problem:
            raise ValueError(problem)
        if not isinstance(entry, dict):
            raise ValueError(
                f"expected an object of fields, it is {short(entry)}"
            )
        given = {key: entry.get(key) for key in OPTIONAL}
        if isinstance(given["wav"], str):
            given["wav"] = ROOT.sub("", given["wav"])
        return {"name": own, **_checked(folder, **given)}
    except ValueError as error:
        return {"name": own, "problem": f"{path}: {short(name)}: {error}"}


def _checked(folder, wav, text, start, stop):
    """Return the fields; raise ValueError with what is wrong."""
    problem = (
        (NEITHER if wav is None and text is None else None)
        or (path_problem("wav", wav) if wav is not None else None)
        or (text_problem("text", text) if text is not None else None)
        or stretch_problem(start, stop)
    )
    if problem:
        raise ValueError(problem)
    if wav is not None:
        wav = str(folder / from_home(with_slashes(folder, wav)))
    return {"wav": wav, "text": text, "start": start, "stop": stop}
