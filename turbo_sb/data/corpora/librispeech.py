"""LibriSpeech: chapters of books, read aloud, in utterances.

    LibriSpeech/dev-clean/84/121123/84-121123.trans.txt   84-121123-0000 GO DO
    LibriSpeech/dev-clean/84/121123/84-121123-0000.flac   YOU HEAR

https://www.openslr.org/12

Authors
 * The turbo_sb developers 2026
"""

import re
from collections import Counter
from pathlib import Path

from turbo_sb.data.corpora.base import Utterance, gather, make_id
from turbo_sb.utils.errors import InputError, some_of

CORPUS = "librispeech"
# Below a split; below the folder of splits; below the one around it.
DEPTHS = tuple("*/" * depth + "*.trans.txt" for depth in (2, 3, 4))
LINE = re.compile(r"((\d+)-\d+-\d+)\s+(.*\S)")


def read_librispeech(folder: str | Path) -> list[Utterance]:
    """List LibriSpeech, all splits that are in the folder.

    Arguments
    ---------
    folder : str | Path
        A split, the folder of splits, or the folder around LibriSpeech/.

    Returns
    -------
    utterances : list of Utterance
        Sorted by ID. Their audio may be missing.

    Raises
    ------
    InputError
        If the folder is not this corpus.

    Example
    -------
    >>> chapter = getfixture("tmp_path") / "dev-clean/84/121123"
    >>> chapter.mkdir(parents=True)
    >>> path = chapter / "84-121123.trans.txt"
    >>> _ = path.write_text("84-121123-0000 GO DO YOU HEAR\\n")
    >>> [u] = read_librispeech(getfixture("tmp_path"))
    >>> u.id, u.text, u.spk_id
    ('librispeech_84-121123-0000', 'GO DO YOU HEAR', 'librispeech_84')
    """
    folder = Path(folder)
    transcripts = sorted(
        path
        for depth in DEPTHS
        for path in folder.glob(depth)
        if not path.name.startswith("._")
    )
    if not transcripts:
        raise InputError(_explain(folder))
    utterances, dropped = [], Counter()
    for path in transcripts:
        text = path.read_text(encoding="utf-8", errors="replace")
        for line in text.split("\n"):
            if match := LINE.fullmatch(line.strip()):
                utterances.append(_utterance(path.parent, *match.groups()))
            elif line.strip():
                dropped["without ID or text"] += 1
    return gather(utterances, dropped, folder)


def _explain(folder):
    """Explain what was expected, and what was found."""
    if not folder.is_dir():
        return f"{folder}: no such folder. Expected LibriSpeech."
    names = sorted(path.name for path in folder.iterdir())
    return (
        f"{folder}: not LibriSpeech. Expected splits such as dev-clean/, with "
        "<speaker>/<chapter>/<speaker>-<chapter>.trans.txt. Found there:\n"
        f"{some_of(names) or '  nothing, the folder is empty'}"
    )


def _utterance(chapter, name, speaker, text):
    """Make an utterance of a line."""
    return Utterance(
        id=make_id(CORPUS, name),
        path=chapter / f"{name}.flac",
        text=text,
        spk_id=f"{CORPUS}_{speaker}",
        start=None,
        stop=None,
        corpus=CORPUS,
    )
