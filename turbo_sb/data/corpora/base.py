"""What the readers of corpora return and share.

Authors
 * The turbo_sb developers 2026
"""

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from turbo_sb.data.fields import path_problem, text_problem
from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.logs import get_logger
from turbo_sb.utils.overview import listing

logger = get_logger(__name__)


class Skip(Exception):
    """An utterance cannot be used; counted by reason, listed with details."""

    def __init__(self, reason: str, detail: str = ""):
        super().__init__(detail or reason)
        self.reason, self.detail = reason, detail


class Utterance(NamedTuple):
    """An utterance as its corpus lists it.

    Arguments
    ---------
    id : str
        Unique, begins with the corpus, and can be the name of a file.
    path : Path
        Its audio file, which may be missing.
    text : str
        Its transcript.
    spk_id : str
        The speaker; begins with the corpus; "" if unknown.
    start : float or None
        Where it begins in the file, in seconds; None for the whole file.
    stop : float or None
        Where it ends.
    corpus : str
        A key of `READERS`.
    """

    id: str
    path: Path
    text: str
    spk_id: str
    start: float | None
    stop: float | None
    corpus: str


def make_id(corpus: str, *parts: str) -> str:
    """Join names into an ID that can be the name of a file."""
    return re.sub(r"[^A-Za-z0-9-]", "_", "_".join((corpus, *parts)))


def find_root(
    folder: str | Path, corpus: str, markers: tuple[str, ...], expected: str
) -> Path:
    """Find the folder, given or one in it, where a glob pattern matches."""
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
    """Sort utterances, make them unique, and log what was left out."""
    # Of equal IDs with one text the first stays. With several texts none does,
    # as it is unknown which one is right.
    dropped, texts = Counter(dropped), {}
    readable = [u for u in utterances if _is_readable(u)]
    if damaged := len(utterances) - len(readable):
        dropped["not text in UTF-8"] += damaged
    for utterance in readable:
        texts.setdefault(utterance.id, set()).add(utterance.text)
    unique = {}
    for utterance in readable:
        if len(texts[utterance.id]) > 1:
            dropped["listed with several texts"] += 1
        elif utterance.id in unique:
            dropped["listed twice"] += 1
        else:
            unique[utterance.id] = utterance
    if not unique:
        raise InputError(
            f"{source}: no utterance can be used. Left out: "
            f"{listing(dropped)}. Restore the corpus."
        )
    note = f"left out: {listing(dropped)}"
    logger.info(f"{source}: {len(unique):,} utterances; {note}")
    return [unique[name] for name in sorted(unique)]


def _is_readable(utterance):
    """Whether text and path can be written; U+FFFD stands for what was not."""
    return not (
        "\ufffd" in utterance.text
        or text_problem("text", utterance.text)
        or path_problem("path", str(utterance.path))
    )
