"""Steps that the preparations of corpora share.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import hashlib
import logging
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from turbo_sb.data.audio_io import SHORTEST, SilentError, inspect_all
from turbo_sb.utils.errors import InputError, some_of
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
) -> str:
    """Inspect a recording per entry, add `wav` and `duration`; give a note.

    If not strict, entries whose recording is silent are removed, and said.
    """
    found = inspect_all([data_folder / path for path in paths], strict)
    silent, facts = [], []
    for (name, entry), path, fact in zip(list(entries.items()), paths, found):
        if isinstance(fact, SilentError):
            silent.append(str(fact))
            del entries[name]
            continue
        facts.append(fact)
        entry["wav"] = f"{{data_root}}/{path.as_posix()}"
        entry["duration"] = fact.duration
    if silent:
        logger.warning(
            f"left out {len(silent)} of {len(found)} utterances, which are "
            f"silent:\n{some_of(silent)}"
        )
    short = sum(fact.duration < SHORTEST for fact in facts)
    formats = Counter(
        f"{fact.rate} Hz {'mono' if fact.channels == 1 else 'multichannel'}"
        for fact in facts
    )
    return (
        f"audio: {listing(formats)}; {short} shorter than 400 samples at "
        "16 kHz, which the encoder pads"
    )


def corpus_hash(entries: dict, field: str) -> str:
    """Hash one field of all entries, in any order, by SHA-256."""
    lines = sorted(f"{ID}\t{entry[field]}\n" for ID, entry in entries.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


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
