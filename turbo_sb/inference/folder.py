"""The recordings in a folder: each is found, and what else there is is said.

Authors
 * The turbo_sb developers 2026
"""

import collections
import os
from pathlib import Path

from turbo_sb.data.foreign_audio import audio_suffixes
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.logs import get_logger

logger = get_logger(__name__)


def find_recordings(folder: Path) -> list[Path]:
    """Find all audio below a folder, linked folders too, each of them once.

    What cannot be read is found as well: a link to nothing, a folder that may
    not be listed, a format that needs a decoder. It is listed later, and why.
    """
    found, others, suffixes = [], collections.Counter(), audio_suffixes()
    for path in _walk(folder):
        if path.name.startswith("."):  # macOS leaves ._a.wav
            continue
        suffix = path.suffix.lower()
        if suffix in suffixes or path.is_dir() or _is_lost(path, suffix):
            found.append(path)
        else:
            others[suffix or "no suffix"] += 1
    left = ", ".join(f"{n} {kind}" for kind, n in others.most_common())
    if not found:
        raise InputError(
            f"{folder}: no recordings in it{left and f' ({left})'}."
        )
    if left:
        logger.warning(f"{folder}: no audio by their names, left out: {left}")
    return sorted(found)


def _is_lost(path, suffix):
    """Whether it is a link to nothing, perhaps to a folder of recordings."""
    return not suffix and path.is_symlink() and not path.exists()


def _walk(folder):
    """Yield files, and folders that cannot be listed.

    Links to folders come last, so that what they lead back to is known by its
    own name.
    """
    seen, roots, closed = set(), collections.deque([folder]), []
    while roots:
        for place, folders, files in os.walk(
            roots.popleft(), onerror=closed.append
        ):
            real = os.path.realpath(place)
            if real in seen:
                logger.warning(f"{place}: a folder that is read already")
                folders.clear()
                continue
            seen.add(real)
            paths = [Path(place, name) for name in sorted(folders)]
            roots += [path for path in paths if path.is_symlink()]
            yield from (Path(place, name) for name in files)
    yield from (Path(error.filename) for error in closed)
