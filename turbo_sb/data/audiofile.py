"""Audio files inspected to their last sample.

Authors
 * The turbo_sb developers 2026
"""

import os
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from turbo_sb.utils.errors import InputError, some_of

# What a writer to a pipe puts for "size unknown" (ffmpeg does).
UNKNOWN_SIZE = 0xFFFFFFFF
BLOCK = 2**20  # samples


class AudioFacts(NamedTuple):
    """What `inspect_audio` learns: seconds, samples per second, channels."""

    duration: float
    rate: int
    channels: int


def inspect_audio(path: str | Path) -> AudioFacts:
    """Read an audio file to its end and return its duration and format.

    Every sample is read, so that damage is found here and not in an epoch. A
    truncated WAV, FLAC or CAF file is known by its header; of MP3, Ogg and
    others libsndfile reads what is left and says nothing.

    Arguments
    ---------
    path : str | Path
        Any format that libsndfile reads, at any rate, mono or not.

    Returns
    -------
    facts : AudioFacts

    Raises
    ------
    InputError
        If the file is missing, empty, truncated, not audio, or holds a sample
        that is NaN or infinite.

    Example
    -------
    >>> path = getfixture("tmpdir") / "tone.wav"
    >>> soundfile.write(path, np.zeros((22050, 2)), samplerate=44100)
    >>> inspect_audio(path)
    AudioFacts(duration=0.5, rate=44100, channels=2)
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise InputError(f"{path}: no such file.")
        if path.stat().st_size == 0:
            raise InputError(f"{path}: empty, 0 bytes.")
        facts = _read_through(path)
        check_riff_size(path)
    except (soundfile.SoundFileError, OSError) as error:
        raise InputError(not_audio(path, error)) from error
    if facts.duration == 0:
        raise InputError(f"{path}: empty, a header without samples.")
    return facts


def not_audio(path: str | Path, error: Exception) -> str:
    """What to say of a file that cannot be read as audio.

    Arguments
    ---------
    path : str | Path
        Of the file.
    error : Exception
        Of soundfile, or of the system.

    Returns
    -------
    message : str

    Example
    -------
    >>> print(not_audio("a.mp3", OSError("Input/output error")))
    a.mp3: not audio, or damaged (Input/output error).
    """
    reason = (getattr(error, "error_string", "") or str(error)).strip(" .")
    if not reason or "not exist" in reason:  # libsndfile's of a text.mp3
        reason = "unreadable"
    return f"{path}: not audio, or damaged ({reason})."


def _read_through(path):
    """Read every sample, a block at a time: a meeting lasts for hours."""
    with soundfile.SoundFile(path) as file:
        rate, n_samples = file.samplerate, 0
        while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
            finite = np.isfinite(block).all(axis=1)
            if not finite.all():
                first = n_samples + int(np.argmin(finite))
                raise InputError(
                    f"{path}: sample {first} (at {first / rate:.3f} s) is NaN "
                    "or infinite; expected finite numbers."
                )
            n_samples += len(block)
        return AudioFacts(n_samples / rate, rate, file.channels)


def check_riff_size(path: str | Path) -> None:
    """Raise an InputError if a WAV has fewer bytes than its header promises.

    libsndfile reads a truncated WAV as a shorter one and says nothing.

    Arguments
    ---------
    path : str | Path
        Of any file; what is no WAV passes.

    Example
    -------
    >>> path = Path(getfixture("tmpdir")) / "short.wav"
    >>> soundfile.write(path, np.zeros(100), samplerate=16000)
    >>> _ = path.write_bytes(path.read_bytes()[:-20])
    >>> check_riff_size(path)
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: ...short.wav: truncated, its header promises 200 bytes of samples and 180 are there.
    """
    with Path(path).open("rb") as file:
        if file.read(12)[:4] != b"RIFF":
            return
        name, size = b"", 0
        while name != b"data":
            file.seek(size + size % 2, os.SEEK_CUR)  # chunks are padded to 2
            header = file.read(8)
            if len(header) < 8:
                return
            name, size = struct.unpack("<4sI", header)
        held = Path(path).stat().st_size - file.tell()
    if size > held and size != UNKNOWN_SIZE:
        raise InputError(
            f"{path}: truncated, its header promises {size} bytes of samples "
            f"and {held} are there."
        )


def try_all(paths: list[str | Path]) -> list[AudioFacts | InputError]:
    """Inspect many audio files, and return what is wrong with the bad ones.

    Arguments
    ---------
    paths : list of str | Path
        See `inspect_audio`.

    Returns
    -------
    results : list of AudioFacts | InputError
        In the order of the paths.

    Example
    -------
    >>> try_all([Path("none.wav")])
    [InputError('none.wav: no such file.')]
    """

    def try_one(path):
        try:
            return inspect_audio(path)
        except InputError as error:
            return error

    # Threads hide the latency of a network disk; libsndfile drops the GIL.
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(try_one, paths))


def inspect_all(paths: list[str | Path]) -> list[AudioFacts]:
    """Inspect many audio files and report all the bad ones together.

    Arguments
    ---------
    paths : list of str | Path
        See `inspect_audio`.

    Returns
    -------
    facts : list of AudioFacts
        In the order of the paths.

    Raises
    ------
    InputError
        Naming the first ten bad files and counting the rest.

    Example
    -------
    >>> inspect_all([])
    []
    """
    results = try_all(paths)
    bad = [str(result) for result in results if isinstance(result, InputError)]
    if bad:
        raise InputError(
            f"{len(bad)} of {len(paths)} audio files cannot be used:\n"
            f"{some_of(bad)}\nRestore them from the corpus and run again."
        )
    return results
