"""Read recordings, and check them.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import hashlib
import math
import os
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import soundfile

from turbo_sb.data.foreign_audio import opened
from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.logs import get_logger
from turbo_sb.utils.paths import why_no_file

if TYPE_CHECKING:  # the preparation reads audio without torch
    from torch import Tensor

logger = get_logger(__name__)

# What a writer to a pipe (ffmpeg) puts for "size unknown".
UNKNOWN_SIZE = 0xFFFFFFFF
BLOCK = 2**20  # samples
STEP = 101  # samples; prime, as a tone of 1 kHz is 0 at each 8th of 16 kHz
SHORTEST = 400 / 16000  # s: one frame of wav2vec 2.0
LONGEST = 3600.0  # s: an hour at 16 kHz takes 230 MB
SILENT = 10 ** (-80 / 20)  # of full scale
FULL_SCALE = 1 - 2**-14  # the highest that 16 bits hold, or next to it
CLIPPED = 0.01  # share of samples there that is worth a warning


class AudioFacts(NamedTuple):
    """Duration in seconds, samples per second, number of channels.

    `digest` is equal for equal samples, in whatever lossless format. It is of
    every `STEP`-th sample: a digest of all takes as long as reading them.
    """

    duration: float
    rate: int
    channels: int
    digest: str = ""


@contextlib.contextmanager
def open_audio(path: str | Path) -> Iterator[soundfile.SoundFile]:
    """Open a recording; any fault of it becomes an InputError."""
    path = Path(path)
    try:
        if not path.is_file():
            raise InputError(f"{path}: {why_no_file(path)}")
        if path.stat().st_size == 0:
            raise InputError(f"{path}: empty, 0 bytes.")
        with opened(path) as file:
            yield file
    except InputError:
        raise
    except (soundfile.SoundFileError, OSError, ValueError) as error:
        raise InputError(_not_audio(path, error)) from error


def inspect_audio(path: str | Path) -> AudioFacts:
    """Read a recording to its end, to find damage now and not in an epoch."""
    with open_audio(path) as file:
        _check_riff_size(path)
        rate, n_samples = file.samplerate, 0
        digest = hashlib.sha256()
        # A block at a time: a meeting lasts for hours.
        while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
            _check_finite(path, block, rate, n_samples)
            # Two equal channels are as one of them, and -0 is as 0.
            some = block[-n_samples % STEP :: STEP].sum(axis=1)
            digest.update(some / file.channels + 0)
            n_samples += len(block)
        _check_not_empty(path, n_samples)
        seconds = n_samples / rate
        own = f"{n_samples} {digest.hexdigest()}"
        return AudioFacts(seconds, rate, file.channels, own)


def try_all(paths: list[str | Path]) -> list[AudioFacts | InputError]:
    """Inspect many recordings; the error of a bad one is its result."""

    def try_one(path):
        """Return the error instead of raising it."""
        try:
            return inspect_audio(path)
        except InputError as error:
            return error

    # Threads hide the latency of a network disk; libsndfile drops the GIL.
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(try_one, paths))


def inspect_all(paths: list[str | Path]) -> list[AudioFacts]:
    """Inspect many recordings, and name the bad ones in one error."""
    results = try_all(paths)
    bad = [str(result) for result in results if isinstance(result, InputError)]
    if bad:
        raise InputError(
            f"{len(bad)} of {len(paths)} audio files cannot be used:\n"
            f"{some_of(bad)}\nRestore them from the corpus and run again."
        )
    return results


def read_samples(
    path: str | Path,
    start: float | None = None,
    stop: float | None = None,
    shortest: float = 0.0,
    longest: float = math.inf,
    finite: bool = True,
) -> tuple[np.ndarray, int]:
    """Read (samples, channels) and the rate, of a file or a stretch in s.

    With `finite`, NaN and infinity are refused.
    """
    with open_audio(path) as file:
        rate = file.samplerate
        first, last = _stretch(path, file, start, stop)
        if last >= file.frames:  # what lies before its end is not truncated
            _check_riff_size(path)
        _check_seconds(path, (last - first) / rate, shortest, longest)
        file.seek(first)
        samples = file.read(last - first, dtype="float32", always_2d=True)
    # The header of an MP3 or Ogg may promise another length.
    _check_not_empty(path, len(samples))
    _check_seconds(path, len(samples) / rate, shortest, longest)
    if finite:
        _check_finite(path, samples, rate, first)
    return samples, rate


def read_signal(
    path: str | Path,
    normalizer: Callable,
    start: float | None = None,
    stop: float | None = None,
) -> "Tensor":
    """Read (samples,), resampled and mixed down by the normalizer."""
    import torch

    # A training has nonfinite_loss to say what becomes of NaN and infinity.
    samples, rate = read_samples(path, start, stop, finite=False)
    mono = samples[:, 0] if samples.shape[1] == 1 else samples
    return normalizer(torch.from_numpy(mono), rate)


def read_unprepared(
    path: str | Path,
    normalizer: Callable,
    start: float | None = None,
    stop: float | None = None,
    longest: float = LONGEST,
    read: Callable = read_samples,
) -> "Tensor":
    """Read as `read_signal`, and check what no preparation has checked.

    `read` may be another that does as `read_samples` does.
    """
    import torch

    samples, rate = read(path, start, stop, SHORTEST, longest)
    clipped = (np.abs(samples) >= FULL_SCALE).mean()
    if clipped > CLIPPED:
        logger.warning(
            f"{path}: clipped, {clipped:.0%} of its samples are at full "
            "scale. Its classification is less reliable."
        )
    signal = normalizer(torch.from_numpy(samples), rate)
    if signal.abs().max() < SILENT:  # also where two channels cancel
        raise InputError(
            f"{path}: silent, no sample of the mixed channels reaches -80 dB "
            "of full scale. Was the right one recorded?"
        )
    return signal


def windows(samples: int, most: int) -> list[tuple[int, int]]:
    """Cut a length into equal, adjacent pieces of at most `most` samples."""
    n = max(1, math.ceil(samples / most))
    edges = [round(k * samples / n) for k in range(n + 1)]
    return list(zip(edges[:-1], edges[1:]))


def _not_audio(path, error):
    """Explain that a file cannot be read as audio."""
    reason = (getattr(error, "error_string", "") or str(error)).strip(" .")
    if not reason or "not exist" in reason:  # libsndfile's of a text.mp3
        reason = "unreadable"
    return f"{path}: not audio, or damaged ({reason})."


def _check_riff_size(path):
    """Reject a truncated WAV, which libsndfile reads as a shorter one."""
    path = Path(path)
    with path.open("rb") as file:
        if file.read(12)[:4] != b"RIFF":
            return
        name, size = b"", 0
        while name != b"data":
            file.seek(size + size % 2, os.SEEK_CUR)  # chunks are padded to 2
            header = file.read(8)
            if len(header) < 8:
                return
            name, size = struct.unpack("<4sI", header)
        held = path.stat().st_size - file.tell()
    if size > held and size != UNKNOWN_SIZE:
        raise InputError(
            f"{path}: truncated, its header promises {size} bytes of samples "
            f"and {held} are there."
        )


def _check_not_empty(path, n_samples):
    """Reject a header without samples."""
    if not n_samples:
        raise InputError(f"{path}: empty, a header without samples.")


def _check_finite(path, samples, rate, first):
    """Reject NaN and infinity in samples that begin at `first`."""
    finite = np.isfinite(samples).all(axis=1)
    if not finite.all():
        bad = first + int(np.argmin(finite))
        raise InputError(
            f"{path}: sample {bad} (at {bad / rate:.3f} s) is NaN or "
            "infinite; expected finite numbers."
        )


def _stretch(path, file, start, stop):
    """Return the first sample, and the one after the last."""
    rate, seconds = file.samplerate, file.frames / file.samplerate
    _check_not_empty(path, file.frames)
    start = start or 0.0
    stop = seconds if stop is None else stop
    inside = 0 <= start < min(stop, seconds)  # False for NaN
    last = round(min(stop, seconds) * rate) if inside else 0
    first = round(start * rate) if inside else 0
    if not first < last:
        raise InputError(
            f"{path}: start {start:g} and stop {stop:g}: expected a stretch "
            f"within its {seconds:.2f} s."
        )
    return first, last


def _check_seconds(path, seconds, shortest, longest):
    """Reject what is too short or too long."""
    if seconds < shortest:
        raise InputError(
            f"{path}: {seconds:.4f} s; expected at least {shortest} s."
        )
    if seconds > longest:
        raise InputError(
            f"{path}: {seconds / 60:.0f} min; expected at most "
            f"{longest / 60:.0f}. Cut it, or name stretches of it in a "
            "manifest (columns start and stop)."
        )
