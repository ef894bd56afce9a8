"""Parts of a file, their bytes as a decoder shall see them, and searches.

Authors
 * The turbo_sb developers 2026
"""

import io
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

BLOCK = 2**20  # bytes
MOST = 1000  # parts, and chunks in a row
OVERLAP = 32  # bytes: more than any pattern that is searched


class Part(NamedTuple):
    """Bytes from start to stop that a decoder takes for a whole file."""

    start: int
    stop: int
    patches: tuple[tuple[int, bytes], ...] = ()  # position in the file, content
    prefix: bytes = b""


class Contents(NamedTuple):
    """What to decode instead of the file (nothing: the file as it is).

    `notes` say how it differs from its header, `fault` why its end is missing.
    """

    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    fault: str | None = None


AS_IT_IS = Contents()


class Window(io.RawIOBase):
    """A part of a file, patched, as a file of its own."""

    def __init__(self, file: BinaryIO, part: Part):
        super().__init__()
        self.file, self.part, self.at = file, part, 0
        self.length = len(part.prefix) + part.stop - part.start

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move, and return the position."""
        self.at = offset + (0, self.at, self.length)[whence]
        return self.at

    def readinto(self, buffer) -> int:
        """Fill a buffer as far as there are bytes."""
        content = self._read(min(len(buffer), max(0, self.length - self.at)))
        buffer[: len(content)] = content
        self.at += len(content)
        return len(content)

    def _read(self, size):
        """Read from the position, with prefix and patches."""
        prefix, start = self.part.prefix, self.part.start
        ahead = prefix[self.at : self.at + size]
        first = start + max(0, self.at + len(ahead) - len(prefix))
        self.file.seek(first)
        content = bytearray(self.file.read(size - len(ahead)))
        for position, patch in self.part.patches:
            for k, byte in enumerate(patch, start=position - first):
                if 0 <= k < len(content):
                    content[k] = byte
        return ahead + content


def read_at(file: BinaryIO, position: int, size: int) -> bytes:
    """Read bytes from a position."""
    file.seek(position)
    return file.read(size)


def find_all(
    file: BinaryIO, pattern: re.Pattern, start: int = 0
) -> Iterator[int]:
    """Yield where a short pattern stands, reading block by block."""
    seen = -1
    while block := read_at(file, start, BLOCK + OVERLAP):
        for match in pattern.finditer(block):
            if start + match.start() > seen:
                seen = start + match.start()
                yield seen
        start += BLOCK


def cut_at(starts: list[int], stop: int) -> list[Part]:
    """Make parts that begin at these positions, the first at 0."""
    edges = [0, *starts[1:], stop]
    return [Part(*edge) for edge in zip(edges[:-1], edges[1:])]


def joined(n: int) -> str:
    """Say that a file is several; refuse what no one has joined."""
    if n > MOST:
        raise ValueError(f"more than {MOST} recordings joined in one file")
    return f"{n} recordings joined in one file; all are read, one after another"
