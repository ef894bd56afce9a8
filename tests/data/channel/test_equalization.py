"""Trimming, band, noise and level, on tones and noise."""

import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from turbo_sb.data.channel.equalization import (
    add_noise,
    band_taps,
    limit_band,
    root_mean_square,
    set_level,
    speech_bounds,
)

RATE = 16000


def noise(seconds, rms=1.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return rms * torch.randn(round(seconds * RATE), generator=generator)


def tone(hertz, seconds=1.0):
    return torch.sin(
        2 * torch.pi * hertz / RATE * torch.arange(round(seconds * RATE))
    )


def spoken(before, after, floor, words=((0.0, 0.5), (0.9, 1.4))):
    """Bursts between and around which is a floor (RMS); 1.4 s without it."""
    signal = noise(before + 1.4 + after, floor)
    for start, stop in words:
        first = round((before + start) * RATE)
        last = round((before + stop) * RATE)
        signal[first:last] += noise(stop - start, 0.1, seed=1)
    return signal


@pytest.mark.parametrize("floor", [0.0, 1e-4, 0.01])
@pytest.mark.parametrize(("before", "after"), [(1.0, 0.5), (0.2, 2.0)])
def test_bounds_are_the_speech_and_100_ms(before, after, floor):
    signal = spoken(before, after, floor)
    start, stop = speech_bounds(signal, RATE)
    assert start / RATE == pytest.approx(before - 0.1, abs=0.05)
    assert stop / RATE == pytest.approx(before + 1.4 + 0.1, abs=0.05)


@pytest.mark.parametrize("gain", [1e-4, 0.3, 100.0])
def test_gain_does_not_move_the_bounds(gain):
    signal = spoken(1, 1, 1e-3)
    assert speech_bounds(gain * signal, RATE) == speech_bounds(signal, RATE)


@pytest.mark.parametrize("n_samples", [80, 480])  # 5 and 30 ms
@pytest.mark.parametrize("at", [0, 850, 50000])
def test_click_is_not_speech(at, n_samples):
    signal = spoken(1, 1, 1e-4)
    bounds = speech_bounds(signal, RATE)
    signal[at : at + n_samples] += 1.0  # 20 dB over the speech
    assert speech_bounds(signal, RATE) == bounds


def test_short_word_is_speech():
    signal = spoken(1, 1, 1e-4, words=((0.0, 0.06), (1.0, 1.4)))
    start, _ = speech_bounds(signal, RATE)
    assert start / RATE == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize("rate", [8000, 48000])
def test_bounds_are_the_same_seconds_at_any_rate(rate):
    word = torch.ones(rate)
    start, stop = speech_bounds(F.pad(word, (rate, rate)), rate)
    assert (start, stop) == (round(0.9 * rate), round(2.1 * rate))


@pytest.mark.parametrize(
    "signal",
    [
        torch.empty(0),
        torch.ones(10),
        torch.zeros(RATE),
        noise(1.0),
        F.pad(torch.ones(80), (8000, 8000)),  # nothing but a click
    ],
    ids=["empty", "short", "silent", "no contrast", "click"],
)
def test_what_has_no_contrast_stays_whole(signal):
    assert speech_bounds(signal, RATE) == (0, len(signal))


def gains(low, high, hertz, rate=RATE):
    """Response at frequencies, dB, from the definition of the transform."""
    taps = band_taps(low, high, rate)
    at = np.arange(len(taps)) - len(taps) // 2
    response = [(taps * np.cos(2 * np.pi * f / rate * at)).sum() for f in hertz]
    return 20 * np.log10(np.abs(response) + 1e-12)


def test_band_has_the_slopes_it_states():
    inside = gains(300, 3400, np.arange(350, 3351, 7))
    below = gains(300, 3400, np.arange(0, 251, 7))
    above = gains(300, 3400, np.arange(3450, 8001, 7))
    assert np.abs(inside).max() < 0.01
    assert max(below.max(), above.max()) < -79.5
    assert gains(300, 3400, [300, 3400]) == pytest.approx([-6.02] * 2, abs=0.01)


@pytest.mark.parametrize("rate", [8000, 44100])
def test_band_is_in_hertz_at_any_rate(rate):
    passed, stopped = gains(300, 3400, [1000], rate), gains(300, 3400, [200])
    assert abs(passed[0]) < 0.01 and stopped[0] < -79


@pytest.mark.parametrize(
    ("band", "passed", "stopped"),
    [((0, 3400), 0, 3460), ((300, 8000), 8000, 240)],
)
def test_band_may_be_open_on_one_side(band, passed, stopped):
    assert abs(gains(*band, [passed])[0]) < 0.01
    assert gains(*band, [stopped])[0] < -79


def test_whole_band_changes_nothing():
    signal = noise(0.5)
    same = limit_band(signal, band_taps(0, RATE / 2, RATE))
    torch.testing.assert_close(same, signal)


@pytest.mark.parametrize("n_samples", [1, 10, 805, 12345])
def test_filter_is_a_convolution_without_delay(n_samples):
    signal, taps = noise(1.0)[:n_samples], band_taps(300, 3400, RATE)
    expected = np.convolve(signal.double().numpy(), taps)
    expected = expected[402 : 402 + n_samples]
    result = limit_band(signal, taps)
    assert result.dtype == torch.float32
    np.testing.assert_allclose(result.numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("snr_db", [-5, 0, 20, 40.5])
@pytest.mark.parametrize("n_samples", [10, 16000])
def test_snr_is_exact(snr_db, n_samples):
    signal = 0.02 * tone(440)[:n_samples]
    added = add_noise(signal, snr_db, "a").double() - signal
    ratio = root_mean_square(signal) / root_mean_square(added)
    assert 20 * np.log10(ratio) == pytest.approx(snr_db, abs=0.01)


def test_noise_is_white():
    added = add_noise(torch.ones(64000), 0, "a").double() - 1
    power = torch.fft.rfft(added).abs().square()[1:32001].reshape(8, -1).mean(1)
    assert (power / power.mean() - 1).abs().max() < 0.1


def test_noise_depends_on_the_key_alone():
    signal = torch.ones(1000)
    first = add_noise(signal, 20, "a")
    other = add_noise(signal, 20, "b")
    assert torch.equal(add_noise(signal, 20, "a"), first)
    correlation = torch.corrcoef(torch.stack([first, other]))[0, 1]
    assert abs(correlation) < 0.1


def test_noise_is_the_same_on_every_machine():
    drawn = add_noise(torch.ones(4), 0, "dir_1") - 1
    frozen = torch.tensor([-0.015954, 1.987861, 0.138464, -0.170242])
    torch.testing.assert_close(drawn, frozen, atol=1e-5, rtol=0)


def test_global_generators_are_untouched():
    def state():
        return torch.rand(1).item(), np.random.rand(), random.random()

    for seed in (torch.manual_seed, np.random.seed, random.seed):
        seed(1)
    expected = state()
    for seed in (torch.manual_seed, np.random.seed, random.seed):
        seed(1)
    add_noise(torch.ones(100), 20, "a")
    assert state() == expected


@pytest.mark.parametrize("rms_db", [-60, -26, 0])
def test_level_is_exact_though_peaks_pass_1(rms_db):
    signal = 1e-3 * noise(0.5)
    result = set_level(signal, rms_db)
    level = 20 * np.log10(root_mean_square(result))
    assert level == pytest.approx(rms_db, abs=1e-3)
    torch.testing.assert_close(result / result[0], signal / signal[0])


def test_silence_stays_silent():
    silence = torch.zeros(1000)
    assert not add_noise(silence, 20, "a").any()
    assert not set_level(silence, -26).any()
    assert root_mean_square(torch.empty(0)) == 0
