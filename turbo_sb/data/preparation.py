"""Steps that the preparations of corpora share.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import hashlib
import logging
import sys
from collections import Counter
from collections.abc import Container, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from turbo_sb.data.audio_io import SHORTEST, SilentError, inspect_all
from turbo_sb.data.manifest import Skipped
from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.files import LOCK, hold
from turbo_sb.utils.logs import get_logger
from turbo_sb.utils.overview import listing

logger = get_logger(__name__)


def read_lines(root: Path, pattern: str) -> Iterator[tuple[str, str]]:
    """Yield ("path:line", text) of the files that match a glob pattern."""
    for path in sorted(root.glob(pattern)):
        # macOS leaves binary files named "._..." beside the real ones.
        if path.is_file() and not path.name.startswith("._"):
            text = path.read_text(encoding="utf-8-sig", errors="replace")
            for number, line in enumerate(text.split("\n"), start=1):
                yield f"{path}:{number}", line.strip()


def report_lines(what: str, bad: list[str], odd: list[str]) -> None:
    """Reject wrong lines, and warn of lines that are not understood."""
    if odd:
        logger.warning(
            f"skipped {len(odd)} lines of unknown kind:\n{some_of(odd, 3)}"
        )
    if bad:
        raise InputError(
            f"{len(bad)} {what} lines are wrong:\n{some_of(bad)}\n"
            "Correct them, or restore the files from the corpus."
        )


def add_audio(
    entries: dict, data_folder: Path, paths: list[Path], strict: bool = True
) -> tuple[str, dict[str, str]]:
    """Inspect a recording per entry, and add what it is.

    That is `wav`, `duration`, and `recording`, which is equal for equal
    samples. If not strict, entries whose recording is silent are removed.
    Return a note, and ID to problem of what was removed.
    """
    found = inspect_all([data_folder / path for path in paths], strict)
    silent, facts = {}, []
    for (ID, entry), path, fact in zip(list(entries.items()), paths, found):
        if isinstance(fact, SilentError):
            silent[ID] = str(fact)
            del entries[ID]
            continue
        facts.append(fact)
        entry["wav"] = f"{{data_root}}/{path.as_posix()}"
        entry["duration"] = fact.duration
        entry["recording"] = fact.digest
    if silent:
        logger.warning(
            f"left out {len(silent)} of {len(found)} utterances, which are "
            f"silent:\n{some_of(list(silent.values()))}"
        )
    short = sum(fact.duration < SHORTEST for fact in facts)
    formats = Counter(
        f"{fact.rate} Hz {'mono' if fact.channels == 1 else 'multichannel'}"
        for fact in facts
    )
    note = (
        f"audio: {listing(formats)}; {short} shorter than 400 samples at "
        "16 kHz, which the encoder pads"
    )
    return note, silent


def without(IDs: Container[str], folds: dict[int, dict]) -> dict[int, dict]:
    """Remove utterances from the sets of all folds."""
    return {
        fold: {
            name: {ID: entry for ID, entry in part.items() if ID not in IDs}
            for name, part in sets.items()
        }
        for fold, sets in folds.items()
    }


def corpus_hash(entries: dict, field: str) -> str:
    """Hash one field of all entries, in any order, by SHA-256."""
    lines = sorted(f"{ID}\t{entry[field]}\n" for ID, entry in entries.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


class Fold(NamedTuple):
    """A fold: its sets, facts for metrics.json, and what is in no set."""

    sets: dict[str, dict]
    facts: dict
    skipped: Skipped


def label_list(text: str) -> list[str]:
    """Parse classes from the command line: "ang,hap" or "[ang, hap]"."""
    return [label.strip() for label in text.strip("[] ").split(",")]


def boolean(text: str) -> bool:
    """Parse True or False from the command line."""
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"expected True or False, not {text}")
    return text.lower() == "true"


def log_to_stdout() -> None:
    """Print what a preparation logs, when it runs as a command."""
    logging.basicConfig(
        level=logging.INFO, format="%(message)s", stream=sys.stdout
    )


def alone(folder: str | Path) -> AbstractContextManager[None]:
    """Keep trainings and other preparations out of a folder, for a command.

    A training calls a preparation's function while it holds the folder itself.
    """
    busy = (
        f"{folder}: a training or another preparation works in it. Wait until "
        "it ends, end it, or give another --output_folder."
    )
    return hold(Path(folder) / LOCK, busy)
