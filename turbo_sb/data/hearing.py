"""Recordings that nobody prepared: read, checked, and cut where too long.

Training reads what a preparation has checked; prediction reads whatever it is
given.

Authors
 * The turbo_sb developers 2026
"""

import math
from pathlib import Path

import numpy as np
import soundfile
import torch
from speechbrain.utils.logger import get_logger

from turbo_sb.data.audiofile import check_riff_size, not_audio
from turbo_sb.utils.errors import InputError

logger = get_logger(__name__)

SHORTEST = 400 / 16000  # s: one frame of wav2vec 2.0
LONGEST = 3600.0  # s: an hour at 16 kHz takes 230 MB
SILENT = 10 ** (-80 / 20)  # of full scale
FULL_SCALE = 1 - 2**-14  # the highest that 16 bits hold, or next to it
CLIPPED = 0.01  # share of samples there that is worth a word


def hear(path, normalizer, start=None, stop=None, longest=LONGEST):
    """Read a recording of any rate, channels and format, or a stretch of it.

    Arguments
    ---------
    path : str or pathlib.Path
        Any file that soundfile reads.
    normalizer : speechbrain.dataio.preprocess.AudioNormalizer
        Resamples and mixes down.
    start : float, optional
        Where the stretch begins, in seconds.
    stop : float, optional
        Where it ends, in seconds.
    longest : float
        Seconds that are read at most.

    Returns
    -------
    signal : (samples,) torch.Tensor

    Raises
    ------
    InputError
        If it is missing, damaged, empty, too short or too long, silent, or
        holds a sample that is NaN or infinite.

    Example
    -------
    >>> from speechbrain.dataio.preprocess import AudioNormalizer
    >>> path = getfixture("tmp_path") / "tone.wav"
    >>> soundfile.write(path, np.tile([0.5, 0.25], (8000, 1)), samplerate=8000)
    >>> hear(path, AudioNormalizer(16000), start=0.5).shape
    torch.Size([8000])
    """
    samples, rate = _read(Path(path), start, stop, longest)
    if not np.isfinite(samples).all():
        first = int(np.argmin(np.isfinite(samples).all(axis=1)))
        raise InputError(
            f"{path}: sample {first} (at {first / rate:.3f} s) is NaN or "
            "infinite; expected finite numbers."
        )
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


def _read(path, start, stop, longest):
    """(samples, channels) numpy.ndarray, and the rate in Hz."""
    if not path.is_file():
        raise InputError(f"{path}: no such file.")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: empty, 0 bytes.")
    try:
        check_riff_size(path)
        with soundfile.SoundFile(path) as file:
            first, last = _stretch(path, file, start, stop)
            _check_seconds(path, (last - first) / file.samplerate, longest)
            file.seek(first)
            samples = file.read(last - first, dtype="float32", always_2d=True)
            rate = file.samplerate
    except (soundfile.SoundFileError, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(not_audio(path, error)) from error
    # What a header promises and what an MP3 or Ogg holds may differ.
    _check_seconds(path, len(samples) / rate, longest)
    return samples, rate


def _stretch(path, file, start, stop):
    """First sample, and the one behind the last."""
    rate, seconds = file.samplerate, file.frames / file.samplerate
    _check_empty(path, seconds)
    start = start or 0.0
    stop = seconds if stop is None else stop
    if not 0 <= start < stop or start >= seconds:
        raise InputError(
            f"{path}: start {start:g} and stop {stop:g}: expected a stretch "
            f"within its {seconds:.2f} s."
        )
    return round(start * rate), round(min(stop, seconds) * rate)


def _check_empty(path, seconds):
    if seconds == 0:
        raise InputError(f"{path}: empty, a header without samples.")


def _check_seconds(path, seconds, longest):
    _check_empty(path, seconds)
    if seconds < SHORTEST:
        raise InputError(
            f"{path}: {seconds:.4f} s; expected at least {SHORTEST} s."
        )
    if seconds > longest:
        raise InputError(
            f"{path}: {seconds / 60:.0f} min; expected at most "
            f"{longest / 60:.0f}. Cut it, or name stretches of it in a "
            "manifest (columns start and stop)."
        )


def windows(samples, most):
    """Cut a length into equal pieces that are not too long.

    Arguments
    ---------
    samples : int
        Of the signal.
    most : int
        Samples of a piece, at most.

    Returns
    -------
    pieces : list of (int, int)
        Where each begins, and ends; they neither overlap nor leave a gap.

    Example
    -------
    >>> windows(10, most=4)
    [(0, 3), (3, 7), (7, 10)]
    >>> windows(4, most=4)
    [(0, 4)]
    """
    n = max(1, math.ceil(samples / most))
    edges = [round(k * samples / n) for k in range(n + 1)]
    return list(zip(edges[:-1], edges[1:]))
