"""Find one recording in two sets: what a model would know from its training.

A recording is known by its samples (the field `recording`, which only a
preparation has), else by its path; a stretch of it by `start` and `stop`.

Authors
 * The turbo_sb developers 2026
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.logs import get_logger

logger = get_logger(__name__)

CHOICES = ("stop", "warn")
# s; neighbours that were cut by hand or padded may share less, and of a
# shorter one half.
OVERLAP = 0.1


def check_recordings(
    sets: dict[str, dict], same_recordings: str = "stop", place: str = ""
) -> dict:
    """Reject sets that share a recording, or count what they share.

    Arguments
    ---------
    sets : dict
        Name to entries, utterance ID to its fields.
    same_recordings : str
        "stop", or "warn" to go on.
    place : str
        Where the sets are from, for the message.

    Returns
    -------
    facts : dict
        `n_same_recording`, the number of utterances that share a recording
        with another set, or nothing if there are none.

    Raises
    ------
    InputError
        If two sets share a recording, or stretches of it that overlap.

    Example
    -------
    >>> entry = {"wav": "a.wav", "duration": 2.0}
    >>> sets = {"train": {"a": entry}, "test": {"b": entry, "c": entry}}
    >>> check_recordings(sets, "warn")
    {'n_same_recording': 3}
    """
    if same_recordings not in CHOICES:
        raise InputError(
            f"same_recordings={same_recordings}: expected one of "
            f"{', '.join(CHOICES)}."
        )
    order = {name: place for place, name in enumerate(sets)}
    pairs = {
        tuple(sorted(pair, key=lambda end: order[end[0]]))
        for pair in _shared(sets)
    }
    if not pairs:
        return {}
    found = {end for pair in pairs for end in pair}
    lines = [
        " and ".join(_describe(sets, name, ID) for name, ID in pair)
        for pair in sorted(pairs)
    ]
    what = (
        f"{place}{len(found)} utterances have a recording, or a part of it, "
        "that another set has too, so a model would be tested on what it was "
        f"trained or chosen on:\n{some_of(lines)}\n"
    )
    if same_recordings == "stop":
        raise InputError(
            f"{what}Take one of each two out, or put both into one set; "
            "--same_recordings=warn accepts them."
        )
    logger.warning(f"{what}same_recordings=warn accepts them.")
    return {"n_same_recording": len(found)}


def check_folds(
    folds: dict[int, dict], entries: dict, same_recordings: str, place: Path
) -> dict[int, dict]:
    """Check each fold's sets, and return its facts; drop `recording`.

    `entries` is the corpus at `place`, whose entries the sets share. Equal
    recordings are logged.
    """
    _report_copies(entries)
    facts = {
        fold: check_recordings(sets, same_recordings, f"{place}, fold {fold}: ")
        for fold, sets in folds.items()
    }
    for entry in entries.values():
        del entry["recording"]  # not in a run's manifests
    return facts


def _report_copies(entries: dict) -> None:
    """Warn of utterances that are the same recording, in whatever sets."""
    first, copies = {}, []
    for ID, entry in entries.items():
        key, start, stop = _stretch(entry)
        seen = first.setdefault((key, round(start, 2), round(stop, 2)), ID)
        if key and seen != ID:
            copies.append((seen, ID))
    if not copies:
        return
    labels = [[entries[ID]["label"] for ID in pair] for pair in copies]
    lines = [
        f"{one} ({a}) and {other} ({b})"
        for (one, other), (a, b) in zip(copies, labels)
    ]
    logger.warning(
        f"{len(copies)} utterances are the same recording as another, "
        f"{sum(a != b for a, b in labels)} of them with another label. Each "
        f"counts:\n{some_of(lines, 3)}"
    )


def _shared(sets) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Yield pairs of (set, ID) that share samples.

    Not every pair, of which many rows of one file have millions, but each
    utterance that shares with another set is in one.
    """
    stretches = defaultdict(list)
    for name, part in sets.items():
        for ID, entry in part.items():
            key, start, stop = _stretch(entry)
            margin = min(OVERLAP, (stop - start) / 2) / 2
            if key:
                inner = start + margin, stop - margin, name, ID
                stretches[key].append(inner)
    for found in stretches.values():
        found.sort()
        last, following = {}, {}  # of each set, on either side
        for start, stop, name, ID in found:
            for other, (end, twin) in last.items():
                if other != name and end > start:
                    yield (other, twin), (name, ID)
            last[name] = max(last.get(name, (stop, ID)), (stop, ID))
        for start, stop, name, ID in reversed(found):
            for other, (begin, twin) in following.items():
                if other != name and begin < stop:
                    yield (other, twin), (name, ID)
            following[name] = start, ID


def _stretch(entry):
    """Return what recording an entry is of, its start and its end in s."""
    key = entry.get("recording") or entry.get("wav")
    start = entry.get("start") or 0.0
    return key, start, start + entry.get("duration", 0.0)


def _describe(sets, name, ID):
    """Name an utterance, its set, and the file."""
    entry = sets[name][ID]
    path = str(entry.get("wav", "")).removeprefix("{data_root}/")
    part = ""
    if "start" in entry:
        part = f", {entry['start']:g} to {entry['stop']:g} s"
    return f"{ID} ({name}: {path}{part})"
