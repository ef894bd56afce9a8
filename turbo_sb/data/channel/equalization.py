"""What the channel adds to speech, and how to make it the same for all.

Pure functions on one utterance: where its speech is, its band, its noise and
its level. `turbo_sb.data.channel.equalizer` strings them together.

Authors
 * The turbo_sb developers 2026
"""

import hashlib

import numpy as np
import torch
import torch.nn.functional as F

FRAMES_A_SECOND = 100
SMOOTHED = 9  # frames: what lasts 30 ms or less is a click
SPEECH_RANGE = 35  # dB below the loudest sustained sound
ABOVE_FLOOR = 6  # dB
MIN_CONTRAST = 10  # dB between that sound and the floor
MARGIN = 0.1  # s kept on either side: a stop's closure and release

TRANSITION = 100  # Hz
STOPBAND = 80  # dB


def speech_bounds(signal, sample_rate):
    """Where the speech begins and ends, by the utterance's own level.

    Levels are those of frames of 10 ms, under a running median of 90 ms, so
    that a click of 30 ms is not speech. Speech is what lies less than 35 dB below the
    loudest of them and more than 6 dB above the floor (the 10th percentile).
    100 ms are kept on either side; pauses inside stay. The bounds do not
    depend on the gain.

    Arguments
    ---------
    signal : (samples,) torch.Tensor
        A waveform.
    sample_rate : int
        In Hz.

    Returns
    -------
    bounds : (int, int)
        First sample, and the one after the last. All of a signal that is
        shorter than 90 ms, silent, or has less than 10 dB between its loudest
        sound and its floor.

    Example
    -------
    >>> word = torch.tensor([1.0, -1.0]).repeat(4000)  # 0.5 s at 16 kHz
    >>> speech_bounds(F.pad(word, (16000, 32000)), sample_rate=16000)
    (14400, 25600)
    """
    hop = max(1, sample_rate // FRAMES_A_SECOND)
    n_frames = len(signal) // hop
    frames = signal[: n_frames * hop].double().reshape(n_frames, hop)
    power = frames.square().mean(dim=1)  # (frames,)
    if n_frames < SMOOTHED or not power.any():
        return 0, len(signal)
    levels = 10 * (power / power.max()).clamp_min(1e-10).log10()
    # Padding with the lowest level: a click at the edge is not repeated.
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


def band_taps(low, high, sample_rate):
    """A linear-phase FIR filter that passes one band.

    A Kaiser-windowed sinc of about 50 ms: -6 dB at the two edges, flat to
    0.01 dB from 50 Hz inside each, below -80 dB from 50 Hz outside.

    Arguments
    ---------
    low : float
        Lower edge in Hz; 0 passes all below `high`.
    high : float
        Upper edge in Hz; half the rate passes all above `low`.
    sample_rate : int
        In Hz.

    Returns
    -------
    taps : (taps,) torch.Tensor
        float64, an odd number.

    Example
    -------
    >>> len(band_taps(300, 3400, sample_rate=16000))
    805
    """
    # Kaiser's rules for length and shape.
    width = 2 * np.pi * TRANSITION / sample_rate
    half = int(np.ceil((STOPBAND - 7.95) / (2.285 * width) / 2))
    beta = 0.1102 * (STOPBAND - 8.7)
    at = torch.arange(-half, half + 1, dtype=torch.float64)
    low, high = 2 * low / sample_rate, 2 * high / sample_rate
    ideal = high * torch.sinc(high * at) - low * torch.sinc(low * at)
    return ideal * torch.kaiser_window(
        2 * half + 1, periodic=False, beta=beta, dtype=torch.float64
    )


def limit_band(signal, taps):
    """Filter without delay: sample n of the result belongs to sample n.

    Arguments
    ---------
    signal : (samples,) torch.Tensor
        A waveform; zeros are taken to lie before and after it.
    taps : (taps,) torch.Tensor
        Of `band_taps`.

    Returns
    -------
    signal : (samples,) torch.Tensor

    Example
    -------
    >>> offset = torch.ones(16000)
    >>> limit_band(offset, band_taps(300, 3400, 16000))[8000].abs() < 1e-4
    tensor(True)
    """
    size = len(signal) + len(taps) - 1
    size = 1 << (size - 1).bit_length()  # a prime length would be slow
    spectrum = torch.fft.rfft(signal.double(), size)
    filtered = torch.fft.irfft(spectrum * torch.fft.rfft(taps, size), size)
    half = len(taps) // 2
    return filtered[half : half + len(signal)].to(signal.dtype)


def add_noise(signal, snr_db, key):
    """Add white Gaussian noise that depends on a key alone.

    Every run, epoch, process and version of NumPy draws the same, and no
    global generator is touched.

    Arguments
    ---------
    signal : (samples,) torch.Tensor
        A waveform; silence stays silent.
    snr_db : float
        RMS of the signal over RMS of the noise as drawn, in dB.
    key : str
        The utterance's ID.

    Returns
    -------
    signal : (samples,) torch.Tensor

    Example
    -------
    >>> noise = add_noise(torch.ones(4), 0, "a") - 1
    >>> noise.square().mean().sqrt()
    tensor(1.0000)
    >>> (add_noise(torch.ones(4), 0, "a") == 1 + noise).all()
    tensor(True)
    """
    level = root_mean_square(signal)
    if not level:
        return signal
    digest = hashlib.sha256(str(key).encode()).digest()
    # RandomState's stream is frozen; those of newer generators may change.
    generator = np.random.RandomState(np.frombuffer(digest, dtype="<u4"))
    noise = torch.from_numpy(generator.standard_normal(len(signal)))
    noise *= level * 10 ** (-snr_db / 20) / root_mean_square(noise)
    return signal + noise.to(signal.dtype)


def set_level(signal, rms_db):
    """Scale to an RMS, of which 0 dBFS is a constant 1.

    Peaks may pass 1: floats hold them, and an utterance that was turned down
    for its peaks would no longer have the level of the others.

    Arguments
    ---------
    signal : (samples,) torch.Tensor
        A waveform; silence stays silent.
    rms_db : float
        In dBFS; a sine from -1 to 1 has -3.01.

    Returns
    -------
    signal : (samples,) torch.Tensor

    Example
    -------
    >>> set_level(torch.tensor([3.0, -3.0]), rms_db=-20)
    tensor([ 0.1000, -0.1000])
    """
    level = root_mean_square(signal)
    if not level:
        return signal
    return (signal.double() * (10 ** (rms_db / 20) / level)).to(signal.dtype)


def root_mean_square(signal):
    """The RMS, in double precision; 0 of no samples.

    Arguments
    ---------
    signal : (samples,) torch.Tensor
        A waveform.

    Returns
    -------
    rms : float

    Example
    -------
    >>> root_mean_square(torch.tensor([3.0, -3.0]))
    3.0
    """
    return signal.double().square().sum().div(max(1, len(signal))).sqrt().item()
