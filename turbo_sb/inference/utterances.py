"""The utterances to predict, from files, folders and tables.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses
from collections import Counter
from pathlib import Path

from turbo_sb.data.csv_table import read_table
from turbo_sb.data.manifest import load_manifest
from turbo_sb.inference.folder import find_recordings
from turbo_sb.inference.pipes import STDIN, unpiped
from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.paths import from_home, printable

OPTIONAL = ("wav", "text", "start", "stop")
ALIASES = {
    **dict.fromkeys(("path", "file", "filename", "audio", "wavpath"), "wav"),
    **dict.fromkeys(("transcript", "transcription", "words"), "text"),
    **dict.fromkeys(("begin", "onset", "starttime"), "start"),
    **dict.fromkeys(("end", "offset", "endtime", "stoptime"), "stop"),
}


@dataclasses.dataclass(frozen=True)
class Utterance:
    """One thing to predict.

    Arguments
    ---------
    name : str
        Its ID.
    wav : str, optional
        Path of its recording.
    text : str, optional
        Its words.
    start : float, optional
        Where it begins in the recording, in seconds.
    stop : float, optional
        Where it ends, in seconds.
    """

    name: str
    wav: str | None = None
    text: str | None = None
    start: float | None = None
    stop: float | None = None

    @property
    def key(self) -> str:
        """Return the seed of the equaliser's noise: the ID, or a file's stem."""
        wav = Path(self.wav or "")
        own = wav.name and self.name.endswith(printable(wav.name))
        return wav.stem if own else self.name


def read_utterances(path, data_folder=None) -> list[Utterance]:
    """Read a table of utterances."""
    path = from_home(path)
    folder = from_home(data_folder) if data_folder else path.parent
    if path.suffix.lower() == ".json":
        return _of_manifest(load_manifest(path, ("wav",)), folder)
    return _of_table(path, folder)


def _of_manifest(entries, folder):
    return [
        Utterance(
            name,
            str(folder / from_home(entry["wav"].removeprefix("{data_root}/"))),
            entry.get("text"),
            entry.get("start"),
            entry.get("stop"),
        )
        for name, entry in entries.items()
    ]


def _of_table(path, folder):
    lines, found, problems = {}, [], []
    for line, row in read_table(path, ("ID",), OPTIONAL, aliases=ALIASES):
        try:
            found.append(_of_row(row, folder))
        except ValueError as error:
            problems.append(f"line {line}: {error}")
            continue
        if row["ID"] in lines:
            problems.append(
                f"line {line}: {row['ID']} stands in line {lines[row['ID']]}"
            )
        lines[row["ID"]] = line
    if problems:
        raise InputError(
            f"{path}: {len(problems)} lines cannot be used:\n"
            f"{some_of(problems)}"
        )
    return found


def _of_row(row, folder):
    if not row["ID"]:
        raise ValueError("no ID")
    if not row["wav"] and not row["text"]:
        raise ValueError(f"{row['ID']} has neither wav nor text")
    times = [_seconds(row[key], key) for key in ("start", "stop")]
    wav = str(folder / from_home(row["wav"])) if row["wav"] else None
    return Utterance(row["ID"], wav, row["text"] or None, *times)


def _seconds(cell, key):
    """Parse seconds; a decimal comma is allowed, as in DSD's tables."""
    if not cell:
        return None
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        raise ValueError(f"{key} is {cell!r}, expected seconds") from None


def find_utterances(paths, text=None, data_folder=None) -> list[Utterance]:
    """Find the utterances that a command line names.

    Arguments
    ---------
    paths : list of str
        Recordings, folders of recordings, and tables (CSV, JSON). A recording
        may come through a pipe, or by "-" from the standard input.
    text : str, optional
        The words of the one recording that is given.
    data_folder : str, optional
        As in `read_utterances`.

    Returns
    -------
    utterances : list of Utterance
        A recording's ID is its path as given, or within its folder.

    Raises
    ------
    InputError
        If there is nothing, if an ID would stand for two, or if `text` is
        given and it is not one recording.

    Example
    -------
    >>> find_utterances(["a.wav"], text="so yes")
    [Utterance(name='a.wav', wav='a.wav', text='so yes', start=None, stop=None)]
    """
    found = []
    for path in map(from_home, paths):
        if path.is_dir():
            found += _of_folder(path)
        elif path.suffix.lower() in (".csv", ".tsv", ".json"):
            found += read_utterances(path, data_folder)
        else:
            name = STDIN[1] if str(path) in STDIN else printable(path)
            found.append(Utterance(name, str(unpiped(path))))
    counts = Counter(utterance.name for utterance in found)
    if twice := sorted(name for name, n in counts.items() if n > 1):
        raise InputError(f"several utterances are called:\n{some_of(twice)}")
    if text is None:
        return found
    if not found:
        return [Utterance("text", text=text)]
    if len(found) > 1:
        raise InputError(
            f"--text: for one recording; {len(found)} are given. Put texts "
            "in a manifest: ID,wav,text."
        )
    return [dataclasses.replace(found[0], text=text)]


def _of_folder(folder):
    """Name each recording by its path within the folder."""
    return [
        Utterance(printable(path.relative_to(folder).as_posix()), str(path))
        for path in find_recordings(folder)
    ]
