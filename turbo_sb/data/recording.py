"""Open a recording and decode it, whatever its container promises.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from turbo_sb.data.containers.base import Window
from turbo_sb.data.containers.contents import find_contents
from turbo_sb.data.foreign_audio import opened
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.paths import why_no_file

BLOCK = 2**20  # samples
RATES = (1000, 768000)  # Hz; beyond, a header is wrong


class Recording:
    """The parts of a recording, opened, as if they were one."""

    def __init__(self, path: Path, files: list[soundfile.SoundFile], contents):
        self.path, self.files = path, files
        self.notes, self.fault = contents.notes + _guess(files), contents.fault
        self.rate, self.channels = _agreed(path, files)
        self.frames = sum(file.frames for file in files)

    def blocks(self, samples: int = BLOCK) -> Iterator[np.ndarray]:
        """Decode all from the beginning, (samples, channels) at a time."""
        held = 0
        for file in self.files:
            if file.seekable():  # as `read` does: it finds FLAC's frames again
                file.seek(0)
            while len(block := _read(file, samples)):
                held += len(block)
                yield block
        self._note(held)

    def _note(self, held):
        """Say that an MP3's header counts more than is there."""
        promised, there = self.frames / self.rate, held / self.rate
        note = f"its header promises {promised:.2f} s and {there:.2f} are there"
        if held < self.frames and note not in self.notes:
            self.notes += (note,)

    def read(self, first: int, last: int) -> np.ndarray:
        """Decode the samples from first to last, (samples, channels)."""
        # Of joined MP3s, a header that counts too much would shift the rest.
        if len(self.files) > 1 and self.files[0].format == "MP3":
            return self._decode_to(first, last)
        pieces, before = [], 0
        for file in self.files:
            low, high = max(first - before, 0), min(last - before, file.frames)
            if low < high:
                pieces.append(_read_stretch(file, low, high))
            before += file.frames
        if last >= self.frames:  # an MP3 or Ogg may hold more than it says
            pieces += self._rest()
            self._note(first + sum(map(len, pieces)))
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def _decode_to(self, first, last):
        """Decode from the beginning, and keep the samples from first to last."""
        pieces, before = [np.empty((0, self.channels), dtype="float32")], 0
        for block in self.blocks():
            pieces.append(block[max(first - before, 0) : last - before])
            before += len(block)
            if before >= last:
                break
        return np.concatenate(pieces)

    def _rest(self):
        """Decode what is behind the frames that the last part promises."""
        rest = _read(self.files[-1], BLOCK)
        if len(rest) == BLOCK:
            raise InputError(
                f"{self.path}: {self.frames} samples by its header, and over "
                f"{BLOCK:,} more are there. Convert it, so that its header is "
                "right."
            )
        return [rest] if len(rest) else []

    def held(self, most: int) -> int:
        """Count the samples by decoding them; where above `most`, the promise.

        What cannot seek has no promise that its size does not keep.
        """
        if not all(file.seekable() for file in self.files):
            return self.frames
        n = 0
        for block in self.blocks(max(1, BLOCK // self.channels)):
            n += len(block)
            if n > most:
                return self.frames
        return n

    def check_end(self) -> None:
        """Reject a recording whose end is missing."""
        if self.fault:
            raise InputError(f"{self.path}: {self.fault}")


@contextlib.contextmanager
def open_recording(path: str | Path) -> Iterator[Recording]:
    """Open a recording; any fault of it becomes an InputError."""
    path = Path(path)
    try:
        if not path.is_file():
            raise InputError(f"{path}: {why_no_file(path)}")
        if path.stat().st_size == 0:
            raise InputError(f"{path}: empty, 0 bytes.")
        contents = find_contents(path)
        with contextlib.ExitStack() as stack:
            files = _open_parts(path, contents.parts, stack)
            yield Recording(path, files, contents)
    except InputError:
        raise
    except (soundfile.SoundFileError, OSError, ValueError) as error:
        raise InputError(_not_audio(path, error)) from error


def _open_parts(path, parts, stack):
    """Open a file, or those in it that hold samples."""
    if not parts:
        return [stack.enter_context(opened(path))]
    raw = stack.enter_context(path.open("rb"))
    files = [
        stack.enter_context(soundfile.SoundFile(Window(raw, part)))
        for part in parts
    ]
    return [file for file in files if file.frames] or files[:1]


def _agreed(path, files):
    """Return the rate and channels of all parts."""
    formats = {(file.samplerate, file.channels) for file in files}
    if len(formats) > 1:
        found = " and ".join(f"{r} Hz x {n}" for r, n in sorted(formats))
        raise InputError(
            f"{path}: {len(files)} recordings joined in one file, of "
            f"different formats (rate x channels: {found}). Split it."
        )
    (rate, channels) = formats.pop()
    if not RATES[0] <= rate <= RATES[1]:
        raise InputError(
            f"{path}: its header says {rate} Hz; expected {RATES[0]} to "
            f"{RATES[1]}. Correct the header, or record again."
        )
    return rate, channels


def _guess(files):
    """Note what libsndfile takes for granted where there is no header."""
    file = files[0]
    if file.format != "RAW" or file.subtype == "GSM610":  # has one rate
        return ()
    return (
        f"no header; read as {file.samplerate} Hz and {file.subtype}, by its "
        "name",
    )


def _read(file, samples):
    """Decode the next samples."""
    return file.read(samples, dtype="float32", always_2d=True)


def _read_stretch(file, first, last):
    """Decode a stretch of one part; what cannot seek, from its beginning."""
    if file.seekable():
        file.seek(first)
    else:
        while first > 0 and (skipped := len(_read(file, min(first, BLOCK)))):
            first, last = first - skipped, last - skipped
    return _read(file, last - first)


def _not_audio(path, error):
    """Explain that a file cannot be read as audio."""
    own = getattr(error, "error_string", "") or getattr(error, "strerror", "")
    reason = (own or str(error)).strip(" .")
    if not reason or "not exist" in reason:  # libsndfile's of a text.mp3
        reason = "unreadable"
    return f"{path}: not audio, or damaged ({reason})."
