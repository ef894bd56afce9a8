"""Give all utterances one channel, so that it does not reveal the class.

Where two classes come from two corpora, level, noise floor, band and silence
give the class away. `turbo_sb.evaluation.baselines.shortcut` measures how much
of that is left.

Authors
 * The turbo_sb developers 2026
"""

import math
from typing import Any

import torch

from turbo_sb.data.channel.codec import Codec
from turbo_sb.data.channel.equalization import (
    TRANSITION,
    add_noise,
    band_taps,
    limit_band,
    set_level,
    speech_bounds,
)
from turbo_sb.utils.errors import InputError


class Equalizer:
    """Give every utterance one band, codec, noise floor and level.

    The order is: trim, so that levels are those of the speech; band and
    codec, as on a telephone line; noise, which also masks what they leave
    outside the band; and last the level, so that it is exact.

    There is no state and no random draw but the noise, which depends on the
    utterance's ID: an utterance sounds the same in every epoch, split, process
    and run.

    Arguments
    ---------
    trim : bool
        Whether to cut leading and trailing silence.
    rms_db : float, optional
        RMS level of the result, in dBFS. Its peaks may pass 1.
    band : (float, float), optional
        Lowest and highest frequency in Hz, such as [300, 3400].
    codec : str, optional
        mulaw, alaw, gsm, mp3, vorbis or opus (`Codec`).
    snr_db : float, optional
        Ratio of signal to added white noise, in dB.
    sample_rate : int
        Of the signals, in Hz.

    Raises
    ------
    InputError
        If a value is invalid; the YAML's key is named.

    Example
    -------
    >>> equalizer = Equalizer(rms_db=-26, band=[300, 3400], snr_db=20)
    >>> print(equalizer.describe())
    300-3400 Hz, white noise at 20 dB SNR, -26 dBFS RMS
    >>> quiet = torch.rand(16000) / 256
    >>> (equalizer(quiet, "a") == equalizer(128 * quiet, "a")).all()
    tensor(True)
    """

    def __init__(
        self,
        trim: bool = False,
        rms_db: float | None = None,
        band: tuple[float, float] | None = None,
        codec: str | None = None,
        snr_db: float | None = None,
        sample_rate: int = 16000,
    ):
        if not isinstance(trim, bool):
            raise InputError(f"equalize_trim: {trim!r} is not True or False.")
        if type(sample_rate) is not int or sample_rate < 1:
            raise InputError(
                f"sample_rate: {sample_rate!r} is not a whole number of Hz."
            )
        _check_decibels("equalize_rms_db", rms_db, -100, 0, "-26")
        _check_decibels("equalize_snr_db", snr_db, -100, 100, "20")
        self.trim, self.rms_db, self.snr_db = trim, rms_db, snr_db
        self.sample_rate = sample_rate
        self.band = None if band is None else _checked_band(band, sample_rate)
        self.taps = self.band and band_taps(*self.band, sample_rate)
        self.codec = None if codec is None else Codec(codec, sample_rate)

    def __bool__(self) -> bool:
        """Whether any step is on."""
        return bool(self._steps())

    def __call__(self, signal: torch.Tensor, key: str) -> torch.Tensor:
        """Equalise one utterance.

        Arguments
        ---------
        signal : (samples,) torch.Tensor
            float32, finite. Silence and a few samples are accepted.
        key : str
            The utterance's ID, from which the noise is drawn.

        Returns
        -------
        signal : (samples,) torch.Tensor
            Shorter if trimmed, else of the same length.

        Raises
        ------
        InputError
            If the signal has another shape.
        """
        if signal.dim() != 1 or not signal.is_floating_point():
            raise InputError(
                f"{key}: the equaliser expects floats of shape (samples,), not "
                f"{signal.dtype} of shape {tuple(signal.shape)}."
            )
        if self.trim:
            start, stop = speech_bounds(signal, self.sample_rate)
            signal = signal[start:stop]
        if self.band:
            signal = limit_band(signal, self.taps)
        if self.codec:
            signal = self.codec(signal)
        if self.snr_db is not None:
            signal = add_noise(signal, self.snr_db, key)
        if self.rms_db is not None:
            signal = set_level(signal, self.rms_db)
        return signal

    def describe(self) -> str:
        """Name the steps that are on, in one line for a log.

        Returns
        -------
        line : str

        Example
        -------
        >>> Equalizer().describe()
        'channel as recorded'
        """
        return ", ".join(self._steps()) or "channel as recorded"

    def _steps(self) -> list[str]:
        """List the steps that are on, in their order."""
        steps = []
        if self.trim:
            steps.append("trimmed to speech")
        if self.band:
            steps.append("{:g}-{:g} Hz".format(*self.band))
        if self.codec:
            steps.append(self.codec.name)
        if self.snr_db is not None:
            steps.append(f"white noise at {self.snr_db:g} dB SNR")
        if self.rms_db is not None:
            steps.append(f"{self.rms_db:g} dBFS RMS")
        return steps


def _is_number(value: Any) -> bool:
    """Whether it is a finite int or float, not a bool."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value)


def _check_decibels(key, value, lowest, highest, example):
    """Reject what is neither None nor a level in dB."""
    if value is None or _is_number(value) and lowest <= value <= highest:
        return
    raise InputError(
        f"{key}: {value!r} is invalid; expected dB from {lowest} to {highest}, "
        f"such as {example}, or null to switch it off."
    )


def _checked_band(band, sample_rate):
    """Return the band as (low, high) in Hz, or reject it."""
    nyquist, room = sample_rate / 2, TRANSITION / 2
    pair = tuple(band) if isinstance(band, list | tuple) else ()
    if len(pair) == 2 and all(_is_number(edge) for edge in pair):
        low, high = pair
        # Half of each slope lies on either side of its edge.
        low_fits = low == 0 or low >= room
        high_fits = high == nyquist or high <= nyquist - room
        if low_fits and high_fits and high - low >= TRANSITION:
            return pair
    raise InputError(
        f"equalize_band: {band!r} is not a band at {sample_rate} Hz; expected "
        f"[low, high] in Hz, such as [300, 3400], at least {TRANSITION} apart: "
        f"low 0 or from {room:g}, high up to {nyquist - room:g} or {nyquist:g}; "
        "null switches it off."
    )
