"""A corpus for device-directed speech detection, made of corpora people have.

Commands to machines are directed; meetings and read books are not. All that
could tell the corpora apart other than speech and words is made the same as
far as it can be: rate, channels, sample format, the form of the texts, and, by
`transform`, the acoustic channel.

Authors
 * The turbo_sb developers 2026
"""

import hashlib
from pathlib import Path

from turbo_sb.data.corpora.ami import read_ami
from turbo_sb.data.corpora.choice import plan
from turbo_sb.data.corpora.fluent import read_fluent
from turbo_sb.data.corpora.folder import AUDIO, close_folder, open_folder
from turbo_sb.data.corpora.librispeech import read_librispeech
from turbo_sb.data.corpora.slurp import read_slurp
from turbo_sb.data.corpora.source import Source
from turbo_sb.data.corpora.summary import count, table
from turbo_sb.data.corpora.timers import read_timers
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


def build_corpus(
    output_folder: str | Path,
    corpora: dict,
    cap: int | None = None,
    min_seconds: float = 0.5,
    max_seconds: float = 15.0,
    seed: int = 1986,
    transform=None,
    progress=iter,
    synthetic: bool = False,
) -> dict:
    """Build manifest.csv and audio/ from corpora, as many of each class.

    The larger class is cut to the smaller one, its corpora as evenly as they
    allow. Which utterances are taken depends on the seed and their IDs alone;
    a larger cap gives a superset. What cannot be used is replaced by the next.
    The same inputs give the same bytes. A build that was interrupted is
    continued; one that is whole is not done again.

    Arguments
    ---------
    output_folder : str | Path
        Absent, empty, or of an earlier build of the same settings.
    corpora : dict
        Corpus (of READERS) to its folder, at least one of each class.
    cap : int, optional
        Utterances of each corpus, at most.
    min_seconds : float
        Utterances below are not used.
    max_seconds : float
        Utterances above are not used.
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
    # Here: the names of the READERS can be had without torch.
    from turbo_sb.data.corpora.cutter import Cutter

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
    cutter = Cutter(output_folder, transform=transform, **limits)
    quotas = _take(sources, cutter, progress)
    counts = count(sources, quotas)
    rows = sorted(row for s in sources for row in _rows(s, quotas[s.name]))
    close_folder(output_folder, rows, {"settings": settings, "counts": counts})
    logger.info(f"{output_folder}: built.\n{table(counts)}")
    return counts


def _check(corpora, cap, shortest, longest):
    """Check the settings before a corpus is read."""
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
        raise InputError(f"cap={cap}: expected 1 or more, or none at all.")
    if not 0 < shortest < longest:
        raise InputError(
            f"min_seconds={shortest}, max_seconds={longest}: expected the "
            "first above 0, and the second above the first."
        )


def _read(name, folder, synthetic):
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
    """Hash what a corpus lists, wherever it lies."""
    lines = [f"{u.id}\t{u.text}\t{u.start}\t{u.stop}\n" for u in utterances]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _fingerprint(transform, listed):
    """Hash what a transform does to a chirp: a callable has no other name."""
    if transform is None:
        return None
    import torch  # Here, as in `build_corpus`.

    from turbo_sb.data.corpora.cutting import RATE, apply_transform, to_int16

    key = next(u.id for us in listed.values() for u in us)
    time = torch.arange(RATE) / RATE
    chirp = 0.1 * torch.sin(2000 * torch.pi * time * time)
    samples = to_int16(apply_transform(transform, chirp, key))
    return hashlib.sha256(samples.numpy().tobytes()).hexdigest()


def _take(sources, cutter, progress):
    """Take utterances until the quotas are met, and return these.

    A quota is of what seems to be available; where less turns out to be, it
    is made again. What was taken beyond the last one is left out.
    """
    labels = {source.name: source.label for source in sources}
    while True:
        quotas = plan({s.name: s.available for s in sources}, labels)
        if all(len(s.kept) >= quotas[s.name] for s in sources):
            break
        for source in sources:
            source.take(quotas[source.name], cutter, progress)
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
