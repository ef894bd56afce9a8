"""WAV, RF64, W64, AIFF, AU and CAF: a header gives the size of the samples.

Pipes and killed recorders leave a size that is not theirs.

Authors
 * The turbo_sb developers 2026
"""

import re
import struct
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from turbo_sb.data.containers.base import (
    AS_IT_IS,
    BLOCK,
    MOST,
    Contents,
    Part,
    joined,
    read_at,
)

# What writers to a pipe put for "unknown": 2**31 and 2**32 or a little less
# (ffmpeg, sox, arecord, lame, espeak), half of 2**32 less 2**24 (sox's AIFF),
# 2**63 and 2**64. None is the size of speech.
NEAR = 2**16  # bytes
UNKNOWN = (0x7F000000, 2**31, 2**32, 2**63, 2**64)
NAME = re.compile(rb"[A-Za-z0-9_ .\xa9-]{3}[A-Za-z0-9_ .-]")
# Chunks after the samples that a cut file may have in part.
USUAL = re.compile(rb"LIST|id3 |ID3 |fact|cue |bext|iXML|JUNK|PEAK|NAME|ANNO")
ID3V1 = 128  # bytes
# What programs leave behind the samples without a chunk of its own: tags, and
# text, as no samples are.
TAGS = (b"ID3", b"APETAGEX")
TEXT = re.compile(rb"[\t\r\n -~]+")
LONGEST = 2**16  # bytes, of text


class Samples(NamedTuple):
    """Where a header says the samples are: first byte, size, and its field."""

    first: int
    size: int
    field: int
    form: str  # of the field, for struct
    extra: int = 0  # what the field counts beside the samples


class Kind(NamedTuple):
    """A family of containers."""

    magic: re.Pattern
    find: Callable
    chunk: str | None  # a chunk's name and size, for struct
    pad: int = 2  # chunks begin at multiples of it


def survey_chunks(file: BinaryIO, stop: int) -> Contents:
    """Compare what the headers promise with what is held."""
    if not (kind := _kind(read_at(file, 0, 40))):
        return AS_IT_IS
    parts, notes, start, fault = [], [], 0, None
    while start is not None and not fault and len(parts) <= MOST:
        samples = kind.find(file, start, stop)
        if not samples or samples.first > stop:
            break  # libsndfile says why
        part, note, fault, start = _weigh(file, kind, samples, start, stop)
        parts.append(part)
        notes += note
    if len(parts) > 1:
        notes.append(joined(len(parts)))
    if len(parts) <= 1 and not any(part.patches for part in parts):
        parts = []
    return Contents(tuple(parts), tuple(notes), fault)


def _kind(content):
    """Return the family of a file that begins so."""
    return next((kind for kind in KINDS if kind.magic.match(content)), None)


def _weigh(file, kind, samples, start, stop):
    """Return a part, notes, its fault, and where the next part begins."""
    held, size = stop - samples.first, samples.size
    if kind.magic.match(read_at(file, samples.first, 40)):
        # By a program that goes back to write the size, which a pipe refuses.
        raise ValueError("its header stands again where samples are expected")
    if not 0 <= size <= held and _is_unknown(size):
        return _patched(samples, start, stop), [], None, None
    if size > held:
        fault = (
            f"truncated, its header promises {size} bytes of samples and "
            f"{held} are there."
        )
        return Part(start, stop), [], fault, None
    end = samples.first + size
    following, more = _after(file, kind, end, stop)
    if not more:
        return Part(start, following or stop), [], None, following
    note = (
        f"its header promises {size} bytes of samples and {held} are there; "
        "all are read"
    )
    return _patched(samples, start, stop), [note], None, None


def _is_unknown(size):
    """Whether a size stands for an unknown one; 0 is weighed as any other."""
    return size < 0 or any(abs(size - value) <= NEAR for value in UNKNOWN)


def _patched(samples, start, stop):
    """Make a part whose header tells what is held."""
    most = 2**32 - 1 if samples.form[1] == "I" else 2**63 - 1
    size = min(stop - samples.first + samples.extra, most)
    patch = struct.pack(samples.form, size)
    return Part(start, stop, ((samples.field, patch),))


def _after(file, kind, at, stop):
    """Return where a next file begins, and if samples follow the last ones."""
    first = True
    for _ in range(MOST):
        if stop - at < 8:
            break
        begin = at + (-at % kind.pad if kind.chunk else 0)
        for here in dict.fromkeys((begin, at)):  # some writers do not pad
            head = read_at(file, here, 40)
            if kind.magic.match(head):
                return here, False
            if size := _chunk_size(kind, head, stop - here):
                at = here + size
                break
        else:
            return None, first and not _is_padding(file, begin, stop)
        first = False
    return None, False


def _chunk_size(kind, head, rest):
    """Return the size of a chunk with its header, or None if it is none."""
    if not kind.chunk or len(head) < (width := struct.calcsize(kind.chunk)):
        return None
    name, size = struct.unpack(kind.chunk, head[:width])
    total = size if kind.pad == 8 else width + size
    if not NAME.fullmatch(name[:4]) or total < width:
        return None
    if total > rest:
        return rest if USUAL.fullmatch(name[:4]) else None
    return total


def _is_padding(file, at, stop):
    """Whether zeros, a tag or a program's text fill the rest of a file."""
    rest, size = read_at(file, at, LONGEST).strip(b"\0"), stop - at
    if rest.startswith(TAGS if size > ID3V1 + 1 else (*TAGS, b"TAG")):
        return True
    if size <= LONGEST and TEXT.fullmatch(rest):
        return True
    while at < stop:
        if any(block := read_at(file, at, min(BLOCK, stop - at))):
            return False
        at += len(block)
    return True


def _chunks(file, at, stop, form):
    """Yield name, size and position of the content of each chunk."""
    width = struct.calcsize(form)
    for _ in range(MOST):
        if at >= stop or len(head := read_at(file, at, width)) < width:
            return
        name, size = struct.unpack(form, head)
        yield name, size, at + width
        at += width + size + size % 2


def _wav(file, start, stop):
    """Find the samples of a RIFF, RIFX or RF64."""
    order = ">" if read_at(file, start, 4) == b"RIFX" else "<"
    wide = None
    for name, size, at in _chunks(file, start + 12, stop, f"{order}4sI"):
        if name == b"ds64" and size >= 16 and at + 16 <= stop:
            (wide,) = struct.unpack("<Q", read_at(file, at + 8, 8))
            field = at + 8
        elif name == b"data":
            if wide is not None and size == 2**32 - 1:
                return Samples(at, wide, field, "<Q")
            return Samples(at, size, at - 4, f"{order}I")
    return None


def _w64(file, start, stop):
    """Find the samples of a Wave64, whose chunks count their own headers."""
    at = start + 40
    while at < stop and len(head := read_at(file, at, 24)) == 24:
        name, size = struct.unpack("<16sQ", head)
        if name[:4] == b"data":
            return Samples(at + 24, size - 24, at + 16, "<Q", 24)
        at += max(24, size + -size % 8)
    return None


def _aiff(file, start, stop):
    """Find the samples of an AIFF or AIFF-C."""
    for name, size, at in _chunks(file, start + 12, stop, ">4sI"):
        if name == b"SSND":
            return Samples(at + 8, max(0, size - 8), at - 4, ">I", 8)
    return None


def _au(file, start, stop):
    """Find the samples of an AU, of either byte order."""
    order = ">" if read_at(file, start, 4) == b".snd" else "<"
    head = read_at(file, start + 4, 8)
    if len(head) < 8:
        return None
    first, size = struct.unpack(f"{order}II", head)
    return Samples(start + first, size, start + 8, f"{order}I")


def _caf(file, start, stop):
    """Find the samples of a CAF."""
    at = start + 8
    while at < stop and len(head := read_at(file, at, 12)) == 12:
        name, size = struct.unpack(">4sq", head)
        if name == b"data":
            size = size if size < 0 else max(0, size - 4)
            return Samples(at + 16, size, at + 4, ">q", 4)
        at += 12 + max(0, size)
    return None


W64 = rb"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0.{8}wave"
KINDS = (
    Kind(re.compile(rb"(RIFF|RF64|BW64).{4}WAVE", re.S), _wav, "<4sI"),
    Kind(re.compile(rb"RIFX.{4}WAVE", re.S), _wav, ">4sI"),
    Kind(re.compile(W64, re.S), _w64, "<16sQ", 8),
    Kind(re.compile(rb"FORM.{4}AIF[FC]", re.S), _aiff, ">4sI"),
    Kind(re.compile(rb"\.snd|dns\."), _au, None),
    Kind(re.compile(rb"caff\0\x01"), _caf, ">4sq", 1),
)
