"""One utterance out of a corpus: its stretch of a file, and its 16 bits.

Authors
 * The turbo_sb developers 2026
"""

import numpy as np
import soundfile
import torch

from turbo_sb.data.audio_io import inspect_audio
from turbo_sb.data.corpora.utterance import Skip, Utterance
from turbo_sb.utils.errors import InputError

RATE = 16000  # Hz
# A stop this far past the end of a file is rounding; further, the file is cut.
ROUNDING = 0.05  # s
LOUDEST = 32767 / 32768  # of 16 bits


def read_stretch(
    utterance: Utterance, min_seconds: float, max_seconds: float
) -> tuple[torch.Tensor, int]:
    """Read an utterance's own stretch of its file.

    Of a file that is one utterance, every sample is checked. Of a stretch of
    a long one, only the stretch is read.

    Arguments
    ---------
    utterance : Utterance
        What to read.
    min_seconds : float
        The shortest that is used.
    max_seconds : float
        The longest.

    Returns
    -------
    signal : (samples, channels) torch.Tensor
        float32.
    rate : int
        In Hz.

    Raises
    ------
    Skip
        If the utterance is too short or long, damaged, or digital silence.

    Example
    -------
    >>> path = getfixture("tmp_path") / "a.wav"
    >>> soundfile.write(path, np.full((32000, 2), 0.5), 8000)
    >>> part = Utterance("a", path, "hi", "", 1.0, 2.5, "ami")
    >>> signal, rate = read_stretch(part, 0.5, 15.0)
    >>> tuple(signal.shape), rate
    ((12000, 2), 8000)
    """
    whole = utterance.start is None
    if not whole:
        seconds = utterance.stop - utterance.start
        _check_length(seconds, min_seconds, max_seconds)
    try:
        if whole:
            seconds = inspect_audio(utterance.path).duration
            _check_length(seconds, min_seconds, max_seconds)
        samples, rate = _read(utterance)
    except (soundfile.SoundFileError, OSError, InputError) as error:
        detail = getattr(error, "error_string", str(error))
        detail = detail.removeprefix(f"{utterance.path}: ")
        raise Skip("damaged", f"{utterance.path}: {detail}") from error
    if not np.isfinite(samples).all():
        raise Skip("damaged", f"{utterance.path}: NaN or infinite samples")
    if not samples.any():
        raise Skip("digital silence")
    return torch.from_numpy(samples), rate


def _check_length(seconds, shortest, longest):
    if seconds < shortest:
        raise Skip(f"below {shortest:g} s")
    if seconds > longest:
        raise Skip(f"above {longest:g} s")


def _read(utterance):
    """Return samples, (samples, channels), and rate."""
    with soundfile.SoundFile(utterance.path) as file:
        rate, first, last = file.samplerate, 0, file.frames
        if utterance.start is not None:
            first = round(utterance.start * rate)
            last = round(utterance.stop * rate)
        if last > file.frames + ROUNDING * rate:
            raise InputError(
                f"ends at {file.frames / rate:.2f} s, before its utterance at "
                f"{utterance.start:.2f} to {utterance.stop:.2f} s does"
            )
        file.seek(first)
        return file.read(last - first, dtype="float32", always_2d=True), rate


def apply_transform(transform, signal: torch.Tensor, key: str) -> torch.Tensor:
    """Transform a signal, and check what comes back.

    Arguments
    ---------
    transform : callable or None
        From a signal and an ID to a signal.
    signal : (samples,) torch.Tensor
        At 16 kHz.
    key : str
        The utterance's ID.

    Returns
    -------
    signal : (samples,) torch.Tensor
        May be of another length.

    Raises
    ------
    InputError
        If it is of another shape, or not finite.

    Example
    -------
    >>> apply_transform(lambda signal, key: 2 * signal, torch.ones(2), "a")
    tensor([2., 2.])
    """
    if transform is None:
        return signal
    signal = transform(signal, key)
    if signal.dim() != 1 or not torch.isfinite(signal).all():
        raise InputError(
            f"{key}: the transform gave a signal of shape "
            f"{tuple(signal.shape)}, expected finite numbers of shape "
            "(samples,)."
        )
    return signal


def to_int16(signal: torch.Tensor) -> torch.Tensor:
    """Bring a signal into 16 bits.

    One beyond what they hold is scaled down, not clipped; one that comes from
    16 bits is kept to the bit.

    Arguments
    ---------
    signal : (samples,) torch.Tensor
        In [-1, 1], or beyond.

    Returns
    -------
    samples : (samples,) torch.Tensor
        int16.

    Example
    -------
    >>> to_int16(torch.tensor([0.0, 2.0, -1.0]))
    tensor([     0,  32767, -16384], dtype=torch.int16)
    """
    if not len(signal):
        return signal.to(torch.int16)
    beyond = max(signal.max().item() / LOUDEST, -signal.min().item(), 1.0)
    return torch.round(signal / beyond * 32768).to(torch.int16)
