"""The trivial features, on tones, noise and silence."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from turbo_sb.evaluation.baselines.signal_features import (
    FEATURES,
    signal_features,
)

RATE = 16000


def tone(hertz, seconds=1.0, rate=RATE):
    at = torch.arange(round(seconds * rate), dtype=torch.float64) / rate
    return torch.sin(2 * torch.pi * hertz * at)


def noise(seconds=2.0):
    generator = torch.Generator().manual_seed(0)
    return 0.1 * torch.randn(round(seconds * RATE), generator=generator)


def features(signal, rate=RATE):
    """By their names, without the units."""
    values = signal_features(signal, rate)
    assert values.dtype == np.float64 and values.shape == (len(FEATURES),)
    return {name.split(" (")[0]: v for name, v in zip(FEATURES, values)}


def test_at_most_ten_and_each_has_a_unit():
    assert len(FEATURES) == len(set(FEATURES)) <= 10
    assert all(name.endswith(")") and " (" in name for name in FEATURES)


def test_full_scale_sine():
    found = features(tone(1000))
    assert found["level"] == pytest.approx(-3.01, abs=0.01)
    assert found["peak"] == pytest.approx(3.01, abs=0.01)
    for name in ("duration", "floor", "median", "spread"):
        assert found[name] == pytest.approx(0, abs=0.01)
    assert found["offset"] == -100


@pytest.mark.parametrize(("seconds", "octaves"), [(0.5, -1), (1, 0), (4, 2)])
def test_duration_is_in_octaves(seconds, octaves):
    assert features(noise(seconds))["duration"] == octaves


def test_gain_moves_the_level_alone():
    quiet, loud = features(noise()), features(2 * noise())
    assert loud.pop("level") - quiet.pop("level") == pytest.approx(6.0206)
    assert loud == pytest.approx(quiet, abs=1e-9)


@pytest.mark.parametrize(
    ("hertz", "band"),
    [
        (100, "below 300 Hz"),
        (5000, "above 3.4 kHz"),
        (7000, "above 6 kHz"),
        (1000, None),
    ],
)
def test_tone_is_in_its_bands(hertz, band):
    found = features(tone(hertz))
    inside = {band, "above 3.4 kHz"} if hertz == 7000 else {band}
    for name in ("below 300 Hz", "above 3.4 kHz", "above 6 kHz"):
        if name in inside:
            assert found[name] == pytest.approx(0, abs=0.01)
        else:
            assert found[name] < -50


def test_bands_of_white_noise_are_their_widths():
    found = features(noise(20))
    assert found["above 3.4 kHz"] == pytest.approx(
        10 * math.log10(4600 / 8000), abs=0.1
    )
    assert found["above 6 kHz"] == pytest.approx(
        10 * math.log10(2000 / 8000), abs=0.1
    )
    assert found["below 300 Hz"] == pytest.approx(
        10 * math.log10(300 / 8000), abs=0.3
    )


def test_floor_and_spread_are_those_of_the_frames():
    """Nine frames in ten at 0 dB, one at -40: the level is theirs."""
    signal = noise(2.0) / 0.1
    signal[: 2 * RATE // 10] *= 0.01
    found = features(signal)
    level = 10 * math.log10(0.9)
    assert found["floor"] == pytest.approx(-40 - level, abs=0.6)
    assert found["median"] == pytest.approx(-level, abs=0.2)
    assert found["spread"] == pytest.approx(40, abs=1)


def test_offset_is_against_the_level():
    found = features(0.5 * torch.ones(RATE) + 0.05 * tone(1000).float())
    assert found["offset"] == pytest.approx(-0.02, abs=0.01)
    assert found["below 300 Hz"] < -50  # an offset is no sound


@pytest.mark.parametrize("rate", [8000, 48000])
def test_bands_are_in_hertz_at_any_rate(rate):
    low, high = (features(tone(f, rate=rate), rate) for f in (100, 3600))
    assert low["below 300 Hz"] == pytest.approx(0, abs=0.01)
    assert high["above 3.4 kHz"] == pytest.approx(0, abs=0.01)
    assert high["duration"] == 0
    assert features(noise(), 8000)["above 6 kHz"] == -100  # there is none


@pytest.mark.parametrize("n_samples", [1, 10, 319, 321, 1025, 16000])
@pytest.mark.parametrize("fill", [0.0, 1.0])
def test_finite_for_silence_and_few_samples(n_samples, fill):
    values = signal_features(torch.full((n_samples,), fill), RATE)
    assert np.isfinite(values).all()


def test_digital_silence_is_the_lowest_floor():
    assert features(F.pad(noise(), (RATE, 0)))["floor"] == -100
    assert features(torch.zeros(RATE))["level"] == -100
