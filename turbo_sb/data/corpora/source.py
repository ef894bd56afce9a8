"""One corpus in a build: what it lists, what was skipped, what is kept.

Authors
 * The turbo_sb developers 2026
"""

import os
from collections import Counter
from functools import lru_cache

from turbo_sb.data.corpora.choice import hash_order
from turbo_sb.data.corpora.text import normalise_text
from turbo_sb.data.corpora.utterance import Skip
from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.logs import get_logger

logger = get_logger(__name__)

MISSING_AT_MOST = 0.5  # of a corpus's files; more, and it is not all there


class Source:
    """Takes the utterances of a corpus in hash order, as many as are asked.

    Arguments
    ---------
    name : str
        Of the corpus.
    label : str
        Its class.
    utterances : list of Utterance
        Its reader's.
    seed : int
        Of the order.
    cap : int, optional
        How many are kept at most.

    Raises
    ------
    InputError
        If the audio of more than half of them is missing.

    Example
    -------
    >>> from pathlib import Path
    >>> from turbo_sb.data.corpora.utterance import Utterance
    >>> path = getfixture("tmp_path") / "a.wav"
    >>> path.touch()
    >>> listed = [Utterance("ami_1", path, "So, Mm-hmm.", "", None, None, "ami")]
    >>> source = Source("ami", "non_directed", listed, seed=1)
    >>> source.available
    1
    >>> source.take(1, lambda utterance: 2.5)
    >>> [(u.text, seconds) for u, seconds in source.kept]
    [('so mm hmm', 2.5)]
    """

    def __init__(self, name, label, utterances, seed, cap=None):
        self.name, self.label, self.cap = name, label, cap
        self.listed, self.skipped = len(utterances), Counter()
        self.kept, self.damaged = [], []
        there = self._present(utterances)
        usable = {u.id: u for u in map(self._with_text, there) if u}
        self._left = [usable[k] for k in hash_order(list(usable), seed)]
        self._left.reverse()  # so that pop() gives the next

    @property
    def available(self):
        """How many there are at most, as far as is known by now.

        Returns
        -------
        number : int
        """
        number = len(self.kept) + len(self._left)
        return number if self.cap is None else min(self.cap, number)

    def take(self, quota, cut, progress=iter):
        """Keep utterances until there are as many as asked, or no more.

        Arguments
        ---------
        quota : int
            How many to have.
        cut : callable
            From an utterance to the seconds kept of it; may raise `Skip`.
        progress : callable
            From a list to an iterable over it, such as tqdm.

        """
        while self._left and len(self.kept) < quota:
            asked = min(quota - len(self.kept), len(self._left))
            batch = [self._left.pop() for _ in range(asked)]
            for utterance in progress(batch):
                try:
                    self.kept.append((utterance, cut(utterance)))
                except Skip as skip:
                    self.skipped[skip.reason] += 1
                    self.damaged += [skip.detail] if skip.detail else []

    def counts(self, quota):
        """Say what became of the corpus.

        Arguments
        ---------
        quota : int
            How many of the kept ones are in the manifest.

        Returns
        -------
        counts : dict
            Of utterances, hours and speakers, JSON-serialisable.
        """
        kept = self.kept[:quota]
        return {
            "label": self.label,
            "listed": self.listed,
            "missing": self.missing,
            "skipped": dict(sorted(self.skipped.items())),
            "kept": len(kept),
            "hours": round(sum(seconds for _, seconds in kept) / 3600, 4),
            "speakers": len({u.speaker for u, _ in kept if u.speaker}),
        }

    def _present(self, utterances):
        """Leave out, and warn of, utterances without their file."""
        names = lru_cache(maxsize=None)(_names)  # a folder is listed once
        there = [u for u in utterances if u.path.name in names(u.path.parent)]
        kept = {u.id for u in there}
        absent = sorted({str(u.path) for u in utterances if u.id not in kept})
        self.missing = len(utterances) - len(there)
        message = (
            f"{self.name}: {self.missing} of {self.listed} utterances are "
            f"listed without their audio:\n{some_of(absent, 3)}"
        )
        if self.missing > MISSING_AT_MOST * self.listed:
            raise InputError(f"{message}\nUnpack all of the corpus's audio.")
        if absent:
            logger.warning(message)
        return there

    def _with_text(self, utterance):
        """Normalise its text; None if none is left, or digits are."""
        text = normalise_text(utterance.text)
        if text and not any(c.isdigit() for c in text):
            return utterance._replace(text=text)
        self.skipped["digits in the text" if text else "no text"] += 1
        return None


def _names(folder):
    try:
        return set(os.listdir(folder))
    except OSError:
        return set()
