"""Measure and set what a recording channel adds to one utterance.

Authors
 * The turbo_sb developers 2026
"""

import hashlib

import numpy as np
import torch
import torch.nn.functional as F
from scipy.signal import fftconvolve, firwin

FRAMES_A_SECOND = 100
SMOOTHED = 9  # frames of a running median: a click of 30 ms is not speech
SPEECH_RANGE = 35  # dB below the loudest sustained sound
ABOVE_FLOOR = 6  # dB above the 10th percentile of the levels
MIN_CONTRAST = 10  # dB between that sound and the floor
MARGIN = 0.1  # s kept on either side: a stop's closure and release

TRANSITION = 100  # Hz, half of it on either side of an edge
STOPBAND = 80  # dB


def speech_bounds(signal: torch.Tensor, sample_rate: int) -> tuple[int, int]:
    """Find the speech in (samples,); all of it if it has no clear contrast."""
    hop = max(1, sample_rate // FRAMES_A_SECOND)
    n_frames = len(signal) // hop
    frames = signal[: n_frames * hop].double().reshape(n_frames, hop)
    power = frames.square().mean(dim=1)  # (frames,)
    if n_frames < SMOOTHED or not power.any():
        return 0, len(signal)
    levels = 10 * (power / power.max()).clamp_min(1e-10).log10()
    # Pad with the lowest level, so that a click at the edge is not repeated.
    padded = F.pad(levels, 2 * (SMOOTHED // 2,), value=levels.min().item())
    smooth = padded.unfold(0, SMOOTHED, 1).median(dim=1).values
    loudest, floor = smooth.max(), levels.quantile(0.1)
    if loudest - floor < MIN_CONTRAST:
        return 0, len(signal)
    lowest = torch.maximum(loudest - SPEECH_RANGE, floor + ABOVE_FLOOR)
    spoken = (smooth >= lowest).nonzero()
    margin = round(MARGIN * sample_rate)
    start = int(spoken[0]) * hop - margin
    stop = (int(spoken[-1]) + 1) * hop + margin
    return max(0, start), min(len(signal), stop)


def band_taps(low: float, high: float, sample_rate: int) -> np.ndarray:
    """Design a linear-phase band-pass of about 50 ms; edges in Hz, at -6 dB."""
    # Kaiser's rules for the length and the shape of the window.
    width = 2 * np.pi * TRANSITION / sample_rate
    half = int(np.ceil((STOPBAND - 7.95) / (2.285 * width) / 2))
    window = ("kaiser", 0.1102 * (STOPBAND - 8.7))
    # firwin accepts no edge at 0 or at half the rate.
    edges = [edge for edge in (low, high) if 0 < edge < sample_rate / 2]
    if not edges:
        return np.eye(1, 2 * half + 1, half)[0]
    kind = {"window": window, "pass_zero": low == 0, "scale": False}
    return firwin(2 * half + 1, edges, fs=sample_rate, **kind)


def limit_band(signal: torch.Tensor, taps: np.ndarray) -> torch.Tensor:
    """Filter (samples,) without delay; zeros surround the signal."""
    filtered = fftconvolve(signal.double().numpy(), taps, mode="same")
    return torch.from_numpy(filtered).to(signal.dtype)


def add_noise(signal: torch.Tensor, snr_db: float, key: str) -> torch.Tensor:
    """Add white noise to (samples,), drawn from the key alone."""
    level = root_mean_square(signal)
    if not level:
        return signal
    digest = hashlib.sha256(str(key).encode()).digest()
    # RandomState's stream is frozen; those of newer generators may change.
    generator = np.random.RandomState(np.frombuffer(digest, dtype="<u4"))
    noise = torch.from_numpy(generator.standard_normal(len(signal)))
    noise *= level * 10 ** (-snr_db / 20) / root_mean_square(noise)
    return signal + noise.to(signal.dtype)


def set_level(signal: torch.Tensor, rms_db: float) -> torch.Tensor:
    """Scale (samples,) to an RMS in dBFS, where a constant 1 has 0 dBFS."""
    # Peaks may pass 1. If they were limited, levels would differ again.
    level = root_mean_square(signal)
    if not level:
        return signal
    return (signal.double() * (10 ** (rms_db / 20) / level)).to(signal.dtype)


def root_mean_square(signal: torch.Tensor) -> float:
    """Compute the RMS in double precision; 0 for an empty signal."""
    return signal.double().square().sum().div(max(1, len(signal))).sqrt().item()
