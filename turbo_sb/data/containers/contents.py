"""What a file holds, whichever container it is.

Authors
 * The turbo_sb developers 2026
"""

import functools
import os
from pathlib import Path

from turbo_sb.data.containers.base import AS_IT_IS, Contents, read_at
from turbo_sb.data.containers.chunks import survey_chunks
from turbo_sb.data.containers.mpeg import after_tags, is_frame, survey_mp3
from turbo_sb.data.containers.streams import survey_flac, survey_ogg


def find_contents(path: str | Path) -> Contents:
    """Compare what a file's headers promise with what it holds."""
    facts = os.stat(path)
    return _survey(str(path), facts.st_size, facts.st_mtime_ns)


# The stretches of a long recording, and the epochs, ask again and again.
@functools.lru_cache(maxsize=2**14)
def _survey(path, size, _changed):
    """Survey a file of a known state."""
    with open(path, "rb") as file:
        content = read_at(file, 0, 4)
        if content == b"OggS":
            return survey_ogg(file, size)
        start = after_tags(file, 0)
        if read_at(file, start, 4) == b"fLaC":
            return survey_flac(file, start, size)
        if is_frame(content):
            return survey_mp3(file, size)
        return survey_chunks(file, size) or AS_IT_IS
