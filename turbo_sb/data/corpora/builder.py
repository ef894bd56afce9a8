"""Build a corpus for device-directed speech detection from others.

Commands to machines are directed; meetings and read books are not. All that
could tell the corpora apart other than speech and words is made the same as
far as possible: rate, channels, sample format, the form of the texts, and, by
`transform`, the acoustic channel.

Authors
 * The turbo_sb developers 2026
"""

import hashlib
import os
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from turbo_sb.data.corpora.ami import read_ami
from turbo_sb.data.corpora.base import Skip, Utterance
from turbo_sb.data.corpora.build_folder import (
    AUDIO,
    close_folder,
    open_folder,
)
from turbo_sb.data.corpora.fluent_speech_commands import read_fluent
from turbo_sb.data.corpora.librispeech import read_librispeech
from turbo_sb.data.corpora.slurp import read_slurp
from turbo_sb.data.corpora.summary import count, table
from turbo_sb.data.corpora.text_normalisation import normalise_text
from turbo_sb.data.corpora.timers_and_such import read_timers
from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.logs import get_logger
from turbo_sb.utils.overview import listing

logger = get_logger(__name__)

READERS = {
    "fluent": read_fluent,
    "slurp": read_slurp,
    "timers": read_timers,
    "ami": read_ami,
    "librispeech": read_librispeech,
}
LABELS = {
    **dict.fromkeys(("fluent", "slurp", "timers"), "directed"),
    **dict.fromkeys(("ami", "librispeech"), "non_directed"),
}
SYNTHESISED = ("slurp", "timers")
VERSION = 1  # of what a build makes of its settings
MISSING_AT_MOST = 0.5  # of a corpus's files; more, and it is incomplete


def build_corpus(
    output_folder: str | Path,
    corpora: dict[str, str],
    cap: int | None = None,
    min_seconds: float = 0.5,
    max_seconds: float = 15.0,
    seed: int = 1986,
    transform: Callable | None = None,
    progress: Callable = iter,
    synthetic: bool = False,
) -> dict:
    """Build manifest.csv and audio/ from corpora, as many of each class.

    The larger class is cut to the smaller one, its corpora as evenly as
    possible. The choice depends on the seed and the IDs alone; a larger cap
    gives a superset. An utterance that cannot be used is replaced by the next.
    The same inputs give the same bytes. An interrupted build is continued; a
    complete one is not done again.

    Arguments
    ---------
    output_folder : str | Path
        Absent, empty, or of an earlier build of the same settings.
    corpora : dict
        Corpus (of READERS) to its folder, at least one of each class.
    cap : int, optional
        Utterances of each corpus, at most.
    min_seconds : float
        Shorter utterances are not used.
    max_seconds : float
        Longer utterances are not used.
    seed : int
        Of the choice.
    transform : callable, optional
        From ((samples,) torch.Tensor, ID) to a signal, of each utterance at
        16 kHz. Lengths are checked before it.
    progress : callable
        From a list to an iterable over it, such as tqdm.
    synthetic : bool
        Whether to take synthesised speech too; see `read_timers`.

    Returns
    -------
    counts : dict
        `corpora`: corpus to counts of what was listed, missing, skipped and
        kept; `classes`: class to utterances. It is in build.json too.

    Raises
    ------
    InputError
        If a setting, a corpus or the output folder cannot be used.
    """
    # Here, as the module must load without torch.
    from turbo_sb.data.corpora.audio_writer import AudioWriter

    _check(corpora, cap, min_seconds, max_seconds)
    listed = {name: _read(name, corpora[name], synthetic) for name in corpora}
    limits = {"min_seconds": min_seconds, "max_seconds": max_seconds}
    choice = {"cap": cap, "seed": seed, "synthetic": synthetic}
    settings = _settings(listed, transform, {**limits, **choice})
    if counts := open_folder(output_folder, settings):
        logger.info(f"{output_folder}: built before.\n{table(counts)}")
        return counts
    sources = [
        Source(name, LABELS[name], us, seed, cap) for name, us in listed.items()
    ]
    writer = AudioWriter(output_folder, transform=transform, **limits)
    quotas = _take(sources, writer, progress)
    counts = count(sources, quotas)
    rows = sorted(row for s in sources for row in _rows(s, quotas[s.name]))
    close_folder(output_folder, rows, {"settings": settings, "counts": counts})
    logger.info(f"{output_folder}: built.\n{table(counts)}")
    return counts


def _check(corpora, cap, shortest, longest):
    """Reject invalid settings before a corpus is read."""
    if unknown := sorted(set(corpora) - set(READERS)):
        raise InputError(
            f"{', '.join(unknown)}: no such corpus. Known are "
            f"{', '.join(READERS)}."
        )
    for label in dict.fromkeys(LABELS.values()):
        names = [name for name in READERS if LABELS[name] == label]
        if not set(names) & set(corpora):
            raise InputError(
                f"no corpus of {label} speech is given. Give the folder of at "
                f"least one: {', '.join(f'--{name}' for name in names)}."
            )
    if cap is not None and cap < 1:
        raise InputError(f"cap={cap}: expected 1 or more, or no cap.")
    if not 0 < shortest < longest:
        raise InputError(
            f"min_seconds={shortest}, max_seconds={longest}: expected the "
            "first above 0, and the second above the first."
        )


def _read(name, folder, synthetic):
    """List one corpus."""
    if name in SYNTHESISED:
        return READERS[name](folder, synthetic=synthetic)
    return READERS[name](folder)


def _settings(listed, transform, numbers):
    """Return all that the manifest and the audio depend on."""
    return {
        "version": VERSION,
        "corpora": {name: _digest(us) for name, us in listed.items()},
        "transform": _fingerprint(transform, listed),
        **numbers,
    }


def _digest(utterances):
    """Hash what a corpus lists, not where it is."""
    lines = [f"{u.id}\t{u.text}\t{u.start}\t{u.stop}\n" for u in utterances]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _fingerprint(transform, listed):
    """Identify a transform by the hash of what it does to a chirp."""
    if transform is None:
        return None
    import torch  # Here, as in `build_corpus`.

    from turbo_sb.data.corpora.audio_writer import (
        RATE,
        apply_transform,
        to_int16,
    )

    key = next(u.id for us in listed.values() for u in us)
    time = torch.arange(RATE) / RATE
    chirp = 0.1 * torch.sin(2000 * torch.pi * time * time)
    samples = to_int16(apply_transform(transform, chirp, key))
    return hashlib.sha256(samples.numpy().tobytes()).hexdigest()


def _take(sources, writer, progress):
    """Take utterances until the quotas are met, and return the quotas."""
    # Quotas are computed of what seems to be available, and again when some
    # of it turns out to be unusable.
    labels = {source.name: source.label for source in sources}
    while True:
        quotas = plan({s.name: s.available for s in sources}, labels)
        if all(len(s.kept) >= quotas[s.name] for s in sources):
            break
        for source in sources:
            source.take(quotas[source.name], writer, progress)
    for source in sources:
        if source.damaged:
            logger.warning(
                f"{source.name}: {len(source.damaged)} damaged:\n"
                f"{some_of(source.damaged, 3)}"
            )
    if not any(quotas.values()):
        empty = [f"{s.name}: {listing(s.skipped)}" for s in sources]
        raise InputError(
            f"a class has no utterance that can be used. Skipped:\n"
            f"{some_of(empty)}"
        )
    return quotas


def _rows(source, quota):
    """Return the manifest's rows of one corpus."""
    return [
        (
            u.id,
            f"{AUDIO}/{u.id}.flac",
            u.text,
            source.label,
            u.speaker,
            u.corpus,
        )
        for u, _ in source.kept[:quota]
    ]


class Source:
    """One corpus in a build: takes its utterances in hash order."""

    def __init__(
        self,
        name: str,
        label: str,
        utterances: list[Utterance],
        seed: int,
        cap: int | None = None,
    ):
        self.name, self.label, self.cap = name, label, cap
        self.listed, self.skipped = len(utterances), Counter()
        self.kept, self.damaged = [], []
        there = self._present(utterances)
        usable = {u.id: u for u in map(self._with_text, there) if u}
        self._left = [usable[k] for k in hash_order(list(usable), seed)]
        self._left.reverse()  # so that pop() gives the next

    @property
    def available(self) -> int:
        """Count what may be kept at most, as far as is known by now."""
        number = len(self.kept) + len(self._left)
        return number if self.cap is None else min(self.cap, number)

    def take(
        self, quota: int, write: Callable, progress: Callable = iter
    ) -> None:
        """Keep utterances until there are `quota`, or no more.

        `write` returns the seconds of an utterance, or raises `Skip`.
        """
        while self._left and len(self.kept) < quota:
            asked = min(quota - len(self.kept), len(self._left))
            batch = [self._left.pop() for _ in range(asked)]
            for utterance in progress(batch):
                try:
                    self.kept.append((utterance, write(utterance)))
                except Skip as skip:
                    self.skipped[skip.reason] += 1
                    self.damaged += [skip.detail] if skip.detail else []

    def counts(self, quota: int) -> dict:
        """Count what became of the corpus, `quota` of it in the manifest."""
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
        """Normalise the text; None if it is then empty or has digits."""
        text = normalise_text(utterance.text)
        if text and not any(c.isdigit() for c in text):
            return utterance._replace(text=text)
        self.skipped["digits in the text" if text else "no text"] += 1
        return None


def _names(folder):
    """List a folder; empty if it cannot be read."""
    try:
        return set(os.listdir(folder))
    except OSError:
        return set()


def hash_order(ids: list[str], seed: int) -> list[str]:
    """Shuffle IDs; a new or missing ID does not reorder the others."""
    return sorted(
        ids, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest()
    )


def water_fill(total: int, available: dict[str, int]) -> dict[str, int]:
    """Share a number out as evenly as what is available allows."""
    # A larger total never makes a share smaller, so that a larger cap gives a
    # superset. The remainder of an even share goes to the first names.
    level, left = 0, total
    # From the scarcest: what it cannot give is shared by the others.
    for number, most in enumerate(sorted(available.values())):
        level = left // (len(available) - number)
        if level < most:
            break
        level, left = most, left - most
    shares = {name: min(most, level) for name, most in available.items()}
    left = total - sum(shares.values())
    for name in available:
        if left and shares[name] < available[name]:
            shares[name], left = shares[name] + 1, left - 1
    return shares


def plan(available: dict[str, int], labels: dict[str, str]) -> dict[str, int]:
    """Compute how many utterances of each corpus make the classes equal."""
    classes = {}
    for corpus, number in available.items():
        classes.setdefault(labels[corpus], {})[corpus] = number
    total = min(sum(members.values()) for members in classes.values())
    shares = {}
    for members in classes.values():
        shares |= water_fill(total, members)
    return {corpus: shares[corpus] for corpus in available}
