"""The folder of a corpus that is made: complete, continued, or rejected.

A build from other corpora may be interrupted and continued:

    build.json     settings, and counts once it is complete
    audio/ID.flac  appears whole or not at all
    manifest.csv   written last: where it is, the build is complete

A synthesised corpus (`make_once`) appears as a whole, with process.json.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import csv
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from turbo_sb.data.csv_table import write_table
from turbo_sb.data.manifest import write_json
from turbo_sb.utils.errors import InputError, some_of

COLUMNS = ("ID", "wav", "text", "label", "spk_id", "corpus")
MANIFEST = "manifest.csv"
BUILD = "build.json"
PROCESS = "process.json"
AUDIO = "audio"


def open_folder(folder: str | Path, settings: dict) -> dict | None:
    """Prepare a folder; return the counts of a complete equal build."""
    folder = Path(folder)
    earlier = _read_build(folder)
    if earlier is not None:
        _check_same(folder, earlier["settings"], settings)
        if _is_whole(folder) and earlier["counts"]:
            return earlier["counts"]
    with clear_errors(folder):
        (folder / AUDIO).mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST).unlink(missing_ok=True)
        for draft in (folder / AUDIO).glob(".*.tmp"):
            draft.unlink()
    write_json({folder / BUILD: {"settings": settings, "counts": None}})
    return None


@contextlib.contextmanager
def clear_errors(path: str | Path) -> Iterator[None]:
    """Turn an error of writing into an InputError that names the path."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror or error}). Check the "
            "output folder, its permissions and the space left; the same "
            "command continues where this one stopped."
        ) from error


def close_folder(folder: str | Path, rows: list[tuple], build: dict) -> None:
    """Write the counts, remove audio without a row, write the manifest."""
    folder = Path(folder)
    wanted = {row[0] for row in rows}
    write_json({folder / BUILD: build})
    with clear_errors(folder / MANIFEST):
        for path in (folder / AUDIO).glob("*.flac"):
            if path.stem not in wanted:
                path.unlink()
    write_table(folder / MANIFEST, [COLUMNS, *rows])


def _read_build(folder):
    """Return the earlier build; None if the folder is absent or empty."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: a file. Give a folder to build in.")
    names = []
    if folder.is_dir():
        names = sorted(p.name for p in folder.iterdir() if p.name[0] != ".")
    if not names:
        return None
    try:
        text = (folder / BUILD).read_text(encoding="utf-8")
        earlier = json.loads(text)
        return {key: earlier[key] for key in ("settings", "counts")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{folder}: expected no such folder, an empty one, or an earlier "
            f"build with its {BUILD}. Found there:\n{some_of(names)}\nGive "
            "another output folder."
        ) from error


def _check_same(folder, earlier, settings):
    """Reject other settings, and name those that differ."""
    earlier, settings = _flat(earlier), _flat(settings)
    differences = [
        f"{key}: {earlier.get(key)}, now {settings.get(key)}"
        for key in sorted(earlier.keys() | settings.keys())
        if earlier.get(key) != settings.get(key)
    ]
    if differences:
        raise InputError(
            f"{folder}: built with other settings, or from other corpora:\n"
            f"{some_of(differences)}\nGive another output folder, or remove "
            "this one."
        )


def _flat(settings):
    """Flatten {"corpora": {"ami": 1}} to {"corpora.ami": 1}."""
    flat = {}
    for key, value in json.loads(json.dumps(settings)).items():
        if isinstance(value, dict):
            flat |= {f"{key}.{inner}": v for inner, v in value.items()}
        else:
            flat[key] = value
    return flat


def _is_whole(folder):
    """Whether the manifest is there, and all of its audio."""
    if not (folder / MANIFEST).is_file():
        return False
    with open(folder / MANIFEST, encoding="utf-8", newline="") as file:
        wanted = {row["wav"] for row in csv.DictReader(file)}
    there = {f"{AUDIO}/{p.name}" for p in (folder / AUDIO).glob("*.flac")}
    return wanted <= there


def make_once(folder: str | Path, made_with: dict, make: Callable) -> dict:
    """Make a synthesised corpus, or return the description of an equal one.

    `make` fills a new folder and returns facts for ``process.json``, which
    also holds `made_with`: all that decides the bytes.
    """
    folder = Path(folder).resolve()
    made_with = json.loads(json.dumps(made_with))  # tuples as lists
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        return _existing(folder, made_with)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=f"{folder.name}.partial-", dir=folder.parent
    ) as partial:
        root = Path(partial) / "corpus"
        root.mkdir()
        description = {"made_with": made_with, **make(root)}
        text = json.dumps(description, indent=2) + "\n"
        (root / PROCESS).write_text(text)
        root.rename(folder)
    return description


def _existing(folder, made_with):
    """Return the description of an equal corpus; reject anything else."""
    try:
        description = json.loads((folder / PROCESS).read_text())
        before = dict(description["made_with"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{folder} exists and is not a synthesised corpus. Choose another "
            "folder; this one stays as it is."
        ) from error
    if before != made_with:
        changed = [k for k in made_with if before.get(k) != made_with[k]]
        raise InputError(
            f"{folder} holds a corpus made with another "
            f"{', '.join(changed) or 'process'}. Choose another folder, or "
            "delete this one."
        )
    return description
