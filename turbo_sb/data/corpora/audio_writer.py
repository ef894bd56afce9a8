"""Write utterances as FLAC of 16 bits, 16 kHz and one channel.

Authors
 * The turbo_sb developers 2026
"""

import io
from collections.abc import Callable
from pathlib import Path

import soundfile
import torch

from turbo_sb.data.audio_io import (
    inspect_stretches,
    is_heard,
    read_samples,
)
from turbo_sb.data.audio_normalizer import AudioNormalizer
from turbo_sb.data.corpora.base import Skip, Utterance
from turbo_sb.data.corpora.build_folder import AUDIO, clear_errors
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import replacing

RATE = 16000  # Hz
# A stop this far past the end of a file is rounding; further, the file is cut.
ROUNDING = 0.05  # s
LOUDEST = 32767 / 32768  # of 16 bits


class AudioWriter:
    """Write utterances to a build's audio/; what is there already stays."""

    def __init__(
        self,
        folder: str | Path,
        min_seconds: float,
        max_seconds: float,
        transform: Callable | None = None,
    ):
        self.folder = Path(folder, AUDIO)
        self.limits = (min_seconds, max_seconds)
        self.transform = transform
        self.normalize = AudioNormalizer(RATE)

    def __call__(self, utterance: Utterance) -> float:
        """Write one utterance and return its seconds; may raise `Skip`."""
        path = self.folder / f"{utterance.id}.flac"
        # It may be of a build that was interrupted, even by a power cut.
        if (seconds := _seconds(path)) is None:
            content = self._encode(utterance)
            with clear_errors(path), replacing(path) as draft:
                draft.write_bytes(content)
            seconds = _seconds(path)
        return seconds

    def _encode(self, utterance):
        """Encode one utterance as the bytes of a FLAC file."""
        signal, rate = read_stretch(utterance, *self.limits)
        signal = self.normalize(signal, rate)
        signal = apply_transform(self.transform, signal, utterance.id)
        if not len(signal):
            raise Skip("nothing left by the transform")
        # In memory first, as soundfile does not report that a disk is full.
        file = io.BytesIO()
        samples = to_int16(signal).numpy()
        soundfile.write(file, samples, RATE, "PCM_16", format="FLAC")
        return file.getvalue()


def _seconds(path):
    """Return the length of a file; None if it is missing or damaged."""
    try:
        return soundfile.info(path).duration
    except soundfile.SoundFileError:
        return None


def read_stretch(
    utterance: Utterance, min_seconds: float, max_seconds: float
) -> tuple[torch.Tensor, int]:
    """Read (samples, channels) and the rate of an utterance, or raise `Skip`."""
    stretch = utterance.start, utterance.stop
    if utterance.start is not None:
        _check_length(
            utterance.stop - utterance.start, min_seconds, max_seconds
        )
    try:
        if utterance.start is None:  # of a long file, only the stretch is read
            seconds = inspect_stretches(utterance.path, ())[0].duration
            _check_length(seconds, min_seconds, max_seconds)
        samples, rate = read_samples(
            utterance.path, *stretch, rounding=ROUNDING
        )
    except InputError as error:
        raise Skip("damaged", str(error)) from error
    if not is_heard(samples.mean(axis=1), rate):
        mixed = "when mixed down" if samples.any() else ""
        raise Skip(f"digital silence {mixed}".strip())
    return torch.from_numpy(samples), rate


def _check_length(seconds, shortest, longest):
    """Skip what is too short or too long."""
    if seconds < shortest:
        raise Skip(f"below {shortest:g} s")
    if seconds > longest:
        raise Skip(f"above {longest:g} s")


def apply_transform(
    transform: Callable | None, signal: torch.Tensor, key: str
) -> torch.Tensor:
    """Transform (samples,), and check the shape and values of the result."""
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
    """Convert (samples,) to 16 bits, scaled down instead of clipped."""
    if not len(signal):
        return signal.to(torch.int16)
    beyond = max(signal.max().item() / LOUDEST, -signal.min().item(), 1.0)
    return torch.round(signal / beyond * 32768).to(torch.int16)
