"""The utterances to predict, from files, folders and tables.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses
from collections import Counter
from pathlib import Path

from turbo_sb.inference.folder import find_recordings
from turbo_sb.inference.pipes import STDIN, unpiped
from turbo_sb.inference.utterance_tables import read_rows
from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.paths import from_home, spelled


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
    problem : str, optional
        Why it cannot be used, if that is known already.
    """

    name: str
    wav: str | None = None
    text: str | None = None
    start: float | None = None
    stop: float | None = None
    problem: str | None = dataclasses.field(default=None, repr=False)

    @property
    def key(self) -> str:
        """Return the seed of the equaliser's noise: the ID, or a file's stem."""
        wav = Path(self.wav or "")
        own = wav.name and self.name.endswith(spelled(wav.name))
        return wav.stem if own else self.name


def read_utterances(path, data_folder=None) -> list[Utterance]:
    """Read a table of utterances; a bad row is one that has a `problem`."""
    path = from_home(path)
    folder = from_home(data_folder) if data_folder else path.parent
    return [Utterance(**row) for row in read_rows(path, folder)]


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
            name = STDIN[1] if str(path) in STDIN else spelled(path)
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
        Utterance(spelled(path.relative_to(folder).as_posix()), str(path))
        for path in find_recordings(folder)
    ]
