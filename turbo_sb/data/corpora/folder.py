"""The folder of a build: whole, to be continued, or refused.

    build.json     settings, and counts once it is whole
    audio/ID.flac  appears whole or not at all
    manifest.csv   written last: where it is, the build is whole

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import csv
import json
from pathlib import Path

from turbo_sb.data.manifest import write_json
from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.files import replacing

COLUMNS = ("ID", "wav", "text", "label", "spk_id", "corpus")
MANIFEST = "manifest.csv"
BUILD = "build.json"
AUDIO = "audio"


def open_folder(folder: str | Path, settings: dict) -> dict | None:
    """Make ready the folder of a build, and look for an earlier one.

    Arguments
    ---------
    folder : str | Path
        Absent, empty, or of an earlier build.
    settings : dict
        Of this build, JSON-serialisable.

    Returns
    -------
    counts : dict or None
        Of an earlier build with the same settings that is whole.

    Raises
    ------
    InputError
        If the folder holds something else, or a build of other settings, or
        cannot be written.

    Example
    -------
    >>> folder = getfixture("tmp_path") / "dsd"
    >>> print(open_folder(folder, {"seed": 1}))
    None
    >>> sorted(path.name for path in folder.iterdir())
    ['audio', 'build.json']
    """
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
def clear_errors(path):
    """Turn what the disk refuses into an InputError that names the path.

    Arguments
    ---------
    path : str | Path
        What is about to be written.

    Yields
    ------
    None

    Example
    -------
    >>> with clear_errors("a.flac"):
    ...     raise OSError(28, "No space left on device")
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: a.flac: cannot be written (No space ...
    """
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror or error}). Check the "
            "output folder, its permissions and the space left; the same "
            "command goes on from where this one stopped."
        ) from error


def close_folder(folder: str | Path, rows: list, build: dict) -> None:
    """Finish a build: counts, and the manifest last.

    Audio that is not in the manifest is removed.

    Arguments
    ---------
    folder : str | Path
        Of `open_folder`.
    rows : list of tuple
        The manifest's, in the order of COLUMNS.
    build : dict
        The settings and counts.

    Example
    -------
    >>> folder = getfixture("tmp_path") / "dsd"
    >>> open_folder(folder, {})
    >>> row = ("a", "audio/a.flac", "hi", "directed", "", "slurp")
    >>> close_folder(folder, [row], {"settings": {}, "counts": {}})
    >>> print((folder / "manifest.csv").read_text(), end="")
    ID,wav,text,label,spk_id,corpus
    a,audio/a.flac,hi,directed,,slurp
    """
    folder = Path(folder)
    wanted = {row[0] for row in rows}
    write_json({folder / BUILD: build})
    with clear_errors(folder / MANIFEST):
        for path in (folder / AUDIO).glob("*.flac"):
            if path.stem not in wanted:
                path.unlink()
        with replacing(folder / MANIFEST) as draft:
            with open(draft, "w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerows([COLUMNS, *rows])


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
    """Raise an InputError that names the settings that differ."""
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
    """Bring {"corpora": {"ami": 1}} into {"corpora.ami": 1}, as JSON has it."""
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
