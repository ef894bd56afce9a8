"""Trivial properties of a recording, which know neither words nor voices.

Authors
 * The turbo_sb developers 2026
"""

import math

import numpy as np
import torch
import torch.nn.functional as F

from turbo_sb.data.channel.equalization import root_mean_square

# Name and unit. The level alone depends on the gain.
FEATURES = (
    "duration (log2 s)",  # -1 is half a second
    "level (dBFS)",  # RMS; a sine from -1 to 1 has -3.01
    "floor (dB)",  # 5th percentile of frames of 20 ms, re level
    "median (dB)",  # of the frames, re level
    "spread (dB)",  # 95th less 5th percentile of the frames
    "peak (dB)",  # re level
    "offset (dB)",  # mean of the samples, re level
    "below 300 Hz (dB)",  # power, re that of the whole
    "above 3.4 kHz (dB)",
    "above 6 kHz (dB)",
)
LOWEST = -100  # dB; what stands for no power at all
FRAME = 0.02  # s
WINDOW = 0.064  # s; 300 Hz is far from 0 by its resolution of 30 Hz


def signal_features(signal: torch.Tensor, rate: int) -> np.ndarray:
    """Ten trivial properties of a (samples,) signal, named by `FEATURES`.

    Float64 and finite for any signal of at least one sample; `rate` in Hz.
    """
    signal = signal.double()
    level = root_mean_square(signal)
    relative = signal / (level or 1)  # RMS 1
    frames = _frame_levels(relative, rate)
    low, median, high = np.percentile(frames, [5, 50, 95])
    return np.array(
        [
            math.log2(max(1, len(signal)) / rate),
            _decibels(level**2),
            low,
            median,
            high - low,
            _decibels(relative.abs().max().item() ** 2),
            _decibels(relative.mean().item() ** 2),
            *_band_levels(relative, rate),
        ]
    )


def _decibels(power):
    """Of an array or number of powers, from -100 up."""
    return 10 * np.log10(np.maximum(power, 10 ** (LOWEST / 10)))


def _frame_levels(signal, rate):
    """Levels of whole frames of 20 ms; one of all if there is none."""
    size = min(len(signal), max(1, round(FRAME * rate)))
    frames = signal[: len(signal) // size * size].reshape(-1, size)
    return _decibels(frames.square().mean(dim=1).numpy())


def _band_levels(signal, rate):
    """Power below 300 Hz and above 3.4 and 6 kHz over that of the whole."""
    size = max(4, round(WINDOW * rate))
    window = torch.hann_window(size, dtype=signal.dtype)
    signal = F.pad(signal - signal.mean(), (0, max(0, size - len(signal))))
    frames = signal.unfold(0, size, size // 2) * window
    # (frames, frequencies) -> (frequencies,)
    power = torch.fft.rfft(frames).abs().square().sum(dim=0).numpy()
    hertz = np.arange(len(power)) * rate / size
    parts = [power[hertz < 300], power[hertz > 3400], power[hertz > 6000]]
    whole = power.sum() or 1.0
    return [_decibels(part.sum() / whole) for part in parts]
