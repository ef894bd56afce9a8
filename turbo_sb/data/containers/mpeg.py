"""MP3: several in one file, and a length that no header gives.

libsndfile stops where the first Xing header says. Without one it guesses the
length from the first frame's bit rate, and stops there.

Authors
 * The turbo_sb developers 2026
"""

import struct
from typing import BinaryIO, NamedTuple

from turbo_sb.data.containers.base import (
    MOST,
    Contents,
    Part,
    joined,
    read_at,
)

RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000)}
RATES[0] = (11025, 12000, 8000)
# kbit/s of layers I, II and III, of MPEG 1 and of MPEG 2 and 2.5.
_V2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
BITS = {
    (1, 3): tuple(range(32, 449, 32)),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 1): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 3): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): _V2,
    (2, 1): _V2,
}
XING = (b"Xing", b"Info")
ID3V1 = 128  # bytes


class Frame(NamedTuple):
    """A frame's size in bytes, and where a Xing header would stand in it."""

    size: int
    xing: int


def survey_mp3(file: BinaryIO, stop: int) -> Contents:
    """Find joined MP3s, and count the frames where no header does."""
    parts, notes, start = [], [], 0
    while start is not None and len(parts) <= MOST:
        part, note, start = _part(file, start, stop)
        parts.append(part)
        notes += note
    if len(parts) > 1:
        notes.append(joined(len(parts)))
    elif not parts[0].prefix:
        parts = []
    return Contents(tuple(parts), tuple(notes))


def _part(file, start, stop):
    """Return what one header speaks of, notes, and where the next begins."""
    first, whole = after_tags(file, start), Part(start, stop)
    if not (frame := _frame(read_at(file, first, 4))):
        return whole, [], None
    if not (size := _xing_size(file, first, frame)):
        return _counted(file, whole, first, frame), [], None
    following = after_old_tag(file, first + size)
    if following < stop and _begins(file, following, stop):
        return Part(start, following), [], following
    held, notes = stop - first, []
    if size > held:
        notes = [f"its header promises {size} bytes and {held} are there"]
    return whole, notes, None


def after_tags(file: BinaryIO, at: int) -> int:
    """Skip the ID3v2 tags at a position."""
    while (head := read_at(file, at, 10))[:3] == b"ID3" and len(head) == 10:
        size = 0
        for byte in head[6:]:
            size = size << 7 | byte & 127
        at += 10 + size + (10 if head[5] & 16 else 0)
    return at


def after_old_tag(file: BinaryIO, at: int) -> int:
    """Skip an ID3v1 tag at a position."""
    return at + ID3V1 if read_at(file, at, 3) == b"TAG" else at


def is_frame(content: bytes) -> bool:
    """Whether a file that begins so may be an MP3."""
    return content[:3] == b"ID3" or _frame(content[:4]) is not None


def _begins(file, at, stop):
    """Whether an MP3 begins: two frames, one after the other."""
    at = after_tags(file, at)
    frame = _frame(read_at(file, at, 4))
    return bool(
        frame
        and at + frame.size < stop
        and _frame(read_at(file, at + frame.size, 4))
    )


def _frame(head):
    """Parse a frame's header of four bytes; None if it is none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bits, rate, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer == 0 or bits in (0, 15) or rate == 3:
        return None
    one = version == 3
    kbps = BITS[1 if one else 2, layer][bits - 1]
    rate = RATES[version][rate]
    if layer == 3:
        size = (12000 * kbps // rate + padding) * 4
    else:
        samples = 576 if layer == 1 and not one else 1152
        size = samples * 125 * kbps // rate + padding
    mono = head[3] >> 6 == 3
    side = (17 if mono else 32) if one else (9 if mono else 17)
    return Frame(size, 4 + side)


def _xing_size(file, first, frame):
    """Return how many bytes a Xing header promises; None if it does not."""
    content = read_at(file, first + frame.xing, 16)
    if content[:4] not in XING or len(content) < 16 or not content[7] & 2:
        return None
    at = 12 if content[7] & 1 else 8  # behind the number of frames
    return int.from_bytes(content[at : at + 4], "big")


def _counted(file, part, first, frame):
    """Put a Xing header in front, if more is held than is guessed."""
    if read_at(file, first + frame.xing, 4) in XING:
        return part
    n, at = 0, first
    while found := _frame(read_at(file, at, 4)):
        n += 1
        at = after_tags(file, after_old_tag(file, at + found.size))
    if n <= (part.stop - first) // frame.size + 1:
        return part
    prefix = _xing_frame(read_at(file, first, 4), n)
    return part._replace(start=first, prefix=prefix)


def _xing_frame(head, n):
    """Make a frame that holds nothing but the number of frames."""
    head = bytearray(head)
    head[1] |= 1  # no checksum
    head[2] = head[2] & 0x0F | 0x80  # a bit rate that makes it long enough
    frame = _frame(head)
    content = bytes(head).ljust(frame.xing, b"\0") + XING[0]
    return (content + struct.pack(">II", 1, n)).ljust(frame.size, b"\0")
