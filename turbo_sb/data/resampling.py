"""Resample by any ratio, in bounded memory and time.

torchaudio keeps a filter for each phase of the reduced ratio: 16001 to 16000 Hz
has 16,000 of them, each 16,001 long. Here the same windowed sinc is evaluated
where it is needed, so that all ratios cost about the same.

Authors
 * The turbo_sb developers 2026
"""

import math

import numpy as np

ROLLOFF, CROSSINGS = 0.99, 6  # torchaudio's filter
BLOCK = 2**18  # weights at once, of 8 bytes


def resampled_length(samples: int, rate: int, new_rate: int) -> int:
    """Return how many samples there are at the new rate."""
    return -(-samples * new_rate // rate)


def resample(
    signal: np.ndarray,
    rate: int,
    new_rate: int,
    first: int = 0,
    last: int | None = None,
) -> np.ndarray:
    """Resample (samples,), or what becomes the samples first to last."""
    length = resampled_length(len(signal), rate, new_rate)
    last = length if last is None else min(last, length)
    cutoff = ROLLOFF * min(1.0, new_rate / rate)
    reach = math.ceil(CROSSINGS / cutoff)
    taps = np.arange(-reach, reach + 1)
    padded = np.pad(signal, (reach, reach + 1))
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(taps))
    found = np.empty(max(0, last - first), np.float32)
    step = max(1, BLOCK // len(taps))
    for at in range(first, last, step):
        # In whole numbers, which do not drift.
        ticks = np.arange(at, min(at + step, last), dtype=np.int64) * rate
        phases = (ticks % new_rate / new_rate)[:, None]
        weights = _windowed_sinc((taps - phases) * cutoff)  # (step, taps)
        heard = np.einsum("st,st->s", weights, windows[ticks // new_rate])
        found[at - first : at - first + len(heard)] = heard * cutoff
    return found


def _windowed_sinc(time):
    """Evaluate torchaudio's filter: a sinc under a Hann window."""
    time = np.clip(time, -CROSSINGS, CROSSINGS)
    return np.sinc(time) * np.cos(time * (math.pi / 2 / CROSSINGS)) ** 2
