"""Any rate: accurate, and in bounded memory."""

import math
import tracemalloc

import numpy as np
import pytest
import torch
from speechbrain.dataio import preprocess

from turbo_sb.data.audio_normalizer import KEPT, AudioNormalizer, kernel_size
from turbo_sb.data.resampling import resample, resampled_length

USUAL = (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 96000, 192000)
ODD = (8001, 16001, 44101, 22051, 15999, 47999, 11127, 1009)


def sine(rate, samples, hertz=440.0):
    time = np.arange(samples) / rate
    return 0.5 * np.sin(2 * math.pi * hertz * time)


def naive(signal, rate, new_rate):
    """Every output sample by torchaudio's documented formula, in float64."""
    cutoff = 0.99 * min(rate, new_rate)
    found = []
    for k in range(resampled_length(len(signal), rate, new_rate)):
        time = (np.arange(len(signal)) / rate - k / new_rate) * cutoff
        window = np.cos(np.clip(time, -6, 6) * math.pi / 12) ** 2
        found.append((signal * np.sinc(time) * window).sum() * cutoff / rate)
    return np.array(found)


@pytest.mark.parametrize("rate", [1009, 8001, 16001, 44101, 48000])
def test_is_the_windowed_sinc(rate):
    signal = np.random.default_rng(0).uniform(-0.5, 0.5, 997)
    found = resample(signal, rate, 16000)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, naive(signal, rate, 16000), atol=1e-6)


@pytest.mark.parametrize("rate", [rate for rate in USUAL if rate != 16000])
def test_is_what_torchaudio_does_with_usual_rates(rate):
    signal = np.random.default_rng(0).uniform(-0.5, 0.5, rate // 4)
    signal = signal.astype(np.float32)
    normalizer = preprocess.AudioNormalizer(16000)
    expected = normalizer(torch.from_numpy(signal), rate).numpy()
    found = resample(signal, rate, 16000)
    # 1e-5: torchaudio computes its filters' times in float32.
    np.testing.assert_allclose(found, expected, atol=5e-5)


@pytest.mark.parametrize("rate", ODD)
def test_an_odd_rate_keeps_a_tone(rate):
    """As near to the ideal as torchaudio's filter is for 8 kHz: its ripple."""
    hertz = min(440, rate / 20)
    signal = sine(rate, rate, hertz).astype(np.float32)
    found = AudioNormalizer(16000)(torch.from_numpy(signal), rate)
    expected = sine(16000, len(found), hertz)
    assert abs(len(found) - 16000) <= 1
    assert np.abs(found.numpy() - expected)[200:-200].max() < 5e-4


def test_a_part_is_what_it_is_in_the_whole():
    signal = np.random.default_rng(0).uniform(-0.5, 0.5, 20000)
    whole = resample(signal, 16001, 16000)
    assert np.array_equal(resample(signal, 16001, 16000, 5, 99), whole[5:99])
    assert np.array_equal(resample(signal, 16001, 16000, 19900), whole[19900:])
    assert len(resample(signal, 16001, 16000, 30000)) == 0
    assert len(resample(signal[:0], 16001, 16000)) == 0


@pytest.mark.parametrize("rate", [16001, 44101, 767999])
def test_memory_is_bounded(rate):
    """Of torchaudio, a second of 16001 Hz took 9 GB."""
    signal = np.zeros(rate // 4, np.float32)
    tracemalloc.start()
    resample(signal, rate, 16000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6


@pytest.mark.parametrize("rate", USUAL)
@pytest.mark.parametrize("channels", [None, 1, 3])
def test_usual_rates_are_speechbrains_to_the_byte(rate, channels):
    shape = (3000,) if channels is None else (3000, channels)
    audio = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    found = AudioNormalizer(16000)(audio, rate)
    assert torch.equal(found, preprocess.AudioNormalizer(16000)(audio, rate))


def test_odd_rates_are_mixed_down():
    audio = torch.rand(3000, 2)
    found = AudioNormalizer(16000)(audio, 16001)
    assert torch.equal(found, AudioNormalizer(16000)(audio.mean(1), 16001))
    kept = AudioNormalizer(16000, mix="keep")(audio, 16001)
    assert kept.shape == (3000, 2)
    assert torch.allclose(kept.mean(1), found, atol=1e-6)


def test_only_some_kernels_are_kept():
    normalizer = AudioNormalizer(16000)
    for rate in range(8000, 8000 + 500 * 30, 500):
        normalizer(torch.zeros(10), rate)
    assert len(normalizer._cached_resamplers) <= KEPT


def test_kernels_that_are_kept_stay_for_other_threads():
    normalizer, audio = AudioNormalizer(16000), torch.rand(2000)
    rates = [8000 + 500 * n for n in range(KEPT + 3)]
    found = [normalizer(audio, rate) for rate in rates]
    assert list(normalizer._cached_resamplers) == rates[:KEPT]
    for rate, mine in zip(rates, found):
        assert torch.equal(mine, preprocess.AudioNormalizer(16000)(audio, rate))


def test_size_of_a_kernel():
    assert kernel_size(44100, 16000) == 441 * 160
    assert kernel_size(16001, 16000) == 16001 * 16000
