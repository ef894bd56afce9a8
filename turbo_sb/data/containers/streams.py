"""FLAC and Ogg: several in one file, and FLAC of unknown length.

Authors
 * The turbo_sb developers 2026
"""

import re
from typing import BinaryIO

from turbo_sb.data.containers.base import (
    AS_IT_IS,
    Contents,
    cut_at,
    find_all,
    joined,
    read_at,
)

FLAC = re.compile(rb"fLaC[\0\x80]\0\0\x22")  # and STREAMINFO's header
# A page that begins a logical stream; flag 2.
OGG = re.compile(rb"OggS\0[\x02\x06]")
TOTAL = 18  # where STREAMINFO has rate, channels, bits and 36 bits of samples
FRAME = re.compile(rb"\xff[\xf8\xf9]")
TRIED = 4096  # places that might be the last frame
PAGE = re.compile(rb"OggS\0.", re.S)
LAST = 4  # the flag of a stream's last page
TAIL = 2**20  # bytes: more than one frame, or page
CUT = "its end is not marked as one, more may have been recorded"


def survey_flac(file: BinaryIO, start: int, stop: int) -> Contents:
    """Find joined FLACs, and count samples where a pipe left none."""
    starts = list(find_all(file, FLAC, start))
    if len(starts) == 1 and _total(read_at(file, start, 26)):
        return AS_IT_IS
    parts = cut_at(starts, stop)
    parts = [_counted(file, part, where) for part, where in zip(parts, starts)]
    notes = (joined(len(parts)),) if len(parts) > 1 else ()
    return Contents(tuple(parts), notes)


def _total(head):
    """Return STREAMINFO's number of samples; 0 is unknown."""
    return int.from_bytes(head[TOTAL:26], "big") % 2**36


def _counted(file, part, where):
    """Patch the number of samples, if it is unknown."""
    head = read_at(file, where, 26)
    if len(head) < 26 or _total(head):
        return part
    first = max(where + 42, part.stop - TAIL)
    tail = read_at(file, first, part.stop - first)
    for match in list(FRAME.finditer(tail))[: -TRIED - 1 : -1]:
        if samples := _samples_before_end(tail[match.start() :], head):
            value = int.from_bytes(head[TOTAL:], "big") + samples
            patch = (where + TOTAL, value.to_bytes(8, "big"))
            return part._replace(patches=(patch,))
    return part


def _samples_before_end(frame, head):
    """Return how many samples there are up to a frame's end, or 0."""
    number, used = _utf8(frame[4:11])
    if number is None or frame[2] >> 4 == 0 or frame[3] & 1:
        return 0
    at = 4 + used
    code = frame[2] >> 4
    if code in (6, 7):
        size = int.from_bytes(frame[at : at + code - 5], "big") + 1
        at += code - 5
    else:
        size = 192 if code == 1 else 576 << code - 2 if code < 6 else 1 << code
    at += {12: 1, 13: 2, 14: 2}.get(frame[2] & 15, 0)  # the sampling rate
    if len(frame) <= at or _crc8(frame[:at]) != frame[at]:
        return 0
    if frame[1] & 1:  # the number is of a sample, not of a frame
        return number + size
    return number * int.from_bytes(head[8:10], "big") + size


def _utf8(content):
    """Decode a number of up to 36 bits, and how many bytes it takes."""
    if not content or content[0] in range(0x80, 0xC0) or content[0] == 0xFF:
        return None, 0
    length = 8 - (content[0] ^ 0xFF).bit_length()
    if length == 0:
        return content[0], 1
    if len(content) < length:
        return None, 0
    value = content[0] & (0x7F >> length)
    for byte in content[1:length]:
        if byte >> 6 != 2:
            return None, 0
        value = value << 6 | byte & 63
    return value, length


def _crc8(content):
    """Compute FLAC's checksum of a frame's header."""
    crc = 0
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (7 if crc & 128 else 0)) & 255
    return crc


def survey_ogg(file: BinaryIO, stop: int) -> Contents:
    """Find the links of a chain; streams that begin together are one."""
    starts, end = [], 0
    for at in find_all(file, OGG):
        if not starts or at != end:
            starts.append(at)
        end = at + _page_size(file, at)
    notes = [] if _is_ended(file, stop) else [CUT]
    if len(starts) < 2:
        return Contents(notes=tuple(notes))
    notes.append(joined(len(starts)))
    return Contents(tuple(cut_at(starts, stop)), tuple(notes))


def _is_ended(file, stop):
    """Whether the last page is marked as the last of its stream."""
    first = max(0, stop - TAIL)
    pages = PAGE.findall(read_at(file, first, stop - first))
    return not pages or bool(pages[-1][5] & LAST)


def _page_size(file, at):
    """Return the size of an Ogg page."""
    head = read_at(file, at, 27)
    if len(head) < 27:
        return 0
    return 27 + head[26] + sum(read_at(file, at + 27, head[26]))
