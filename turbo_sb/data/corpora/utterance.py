"""What all readers return, and what they share.

Authors
 * The turbo_sb developers 2026
"""

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple, Optional

from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.logs import get_logger
from turbo_sb.utils.overview import listing

logger = get_logger(__name__)


class Skip(Exception):
    """An utterance cannot be used; `reason` is one of a few, to be counted.

    Arguments
    ---------
    reason : str
        In a few words.
    detail : str
        What to list, if the user should look at it.
    """

    def __init__(self, reason, detail=""):
        super().__init__(detail or reason)
        self.reason, self.detail = reason, detail


class Utterance(NamedTuple):
    """An utterance as its corpus lists it.

    `id` is unique and safe as the name of a file; `id` and `speaker` begin
    with the corpus. `speaker` is "" where the corpus does not tell. `start`
    and `stop` are seconds in the file, or None for all of it.
    """

    id: str
    path: Path
    text: str
    speaker: str
    start: Optional[float]
    stop: Optional[float]
    corpus: str


def make_id(corpus: str, *parts: str) -> str:
    """Join names into an ID that is safe as the name of a file.

    Arguments
    ---------
    corpus : str
        What the ID begins with.
    *parts : str
        What tells the utterance from others of the corpus.

    Returns
    -------
    id : str

    Example
    -------
    >>> make_id("timers", "dev-real/a b_0")
    'timers_dev-real_a_b_0'
    """
    return re.sub(r"[^A-Za-z0-9-]", "_", "_".join((corpus, *parts)))


def find_root(
    folder: str | Path, corpus: str, markers: tuple, expected: str
) -> Path:
    """Find the folder that holds a corpus: the given one, or one in it.

    Arguments
    ---------
    folder : str | Path
        Given by the user.
    corpus : str
        Its name, for the message.
    markers : tuple of str
        Glob patterns; a folder with a match of any one of them is it.
    expected : str
        What the folder should hold, in words.

    Returns
    -------
    root : Path

    Raises
    ------
    InputError
        If there is none, or if several are inside.

    Example
    -------
    >>> find_root("none", "AMI", ("words/*.xml",), "words/")
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: none: no such folder. Expected AMI: words/.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no such folder. Expected {corpus}: {expected}."
        )
    inside = sorted(p for p in folder.iterdir() if p.is_dir())
    roots = [
        path
        for path in (folder, *inside)
        if any(next(path.glob(marker), None) for marker in markers)
    ]
    if roots[:1] == [folder] or len(roots) == 1:
        return roots[0]
    names = sorted(p.name for p in (roots or folder.iterdir()))
    raise InputError(
        f"{folder}: not {corpus}. Expected {expected}, here or in one folder "
        f"inside. Found {'several of them' if roots else 'there'}:\n"
        f"{some_of(names) or '  nothing, the folder is empty'}"
    )


def gather(
    utterances: list[Utterance], dropped: Counter, source: str | Path
) -> list[Utterance]:
    """Sort utterances, make them unique, and log what was left out.

    Of equal IDs with one text, the first stays; with several texts, none: it
    is not known which one is right.

    Arguments
    ---------
    utterances : list of Utterance
        Of one corpus.
    dropped : collections.Counter
        Reason to how many the reader left out.
    source : str | Path
        The corpus's folder, for the message.

    Returns
    -------
    utterances : list of Utterance
        Sorted by ID.

    Raises
    ------
    InputError
        If none is left.

    Example
    -------
    >>> one = Utterance("a", Path("a.wav"), "hi", "", None, None, "ami")
    >>> two = one._replace(id="b")
    >>> [u.id for u in gather([two, one, two], Counter(), "folder")]
    ['a', 'b']
    """
    dropped, texts = Counter(dropped), {}
    for utterance in utterances:
        texts.setdefault(utterance.id, set()).add(utterance.text)
    unique = {}
    for utterance in utterances:
        if len(texts[utterance.id]) > 1:
            dropped["listed with several texts"] += 1
        elif utterance.id in unique:
            dropped["listed twice"] += 1
        else:
            unique[utterance.id] = utterance
    if not unique:
        raise InputError(
            f"{source}: no utterance in it can be used. Left out: "
            f"{listing(dropped)}. Restore the corpus."
        )
    note = f"left out: {listing(dropped)}"
    logger.info(f"{source}: {len(unique):,} utterances; {note}")
    return [unique[name] for name in sorted(unique)]
