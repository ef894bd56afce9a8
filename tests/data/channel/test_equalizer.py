"""The equaliser as a whole: order, sameness, and what a YAML may say."""

import math
import multiprocessing
import pickle

import pytest
import torch
import torch.nn.functional as F

from tests import forks
from turbo_sb.data.channel.equalization import root_mean_square
from turbo_sb.data.channel.equalizer import Equalizer
from turbo_sb.utils.errors import InputError

RATE = 16000
ALL = dict(trim=True, rms_db=-26, band=[300, 3400], codec="mulaw", snr_db=20)
EACH = [{key: value} for key, value in ALL.items()]


def clip(seed=0):
    """A word of 1 s between 0.5 s of a floor 50 dB down."""
    generator = torch.Generator().manual_seed(seed)
    word = 0.1 * torch.randn(RATE, generator=generator)
    floor = 0.0003 * torch.randn(2 * RATE, generator=generator)
    return floor + F.pad(word, (RATE // 2, RATE // 2))


def decibels(signal):
    return 20 * math.log10(root_mean_square(signal))


def power_above(signal, hertz):
    power = torch.fft.rfft(signal.double()).abs().square()
    return (power[hertz * len(signal) // RATE :].sum() / power.sum()).item()


def test_nothing_is_on_by_default():
    equalizer, signal = Equalizer(), clip()
    assert not equalizer
    assert equalizer(signal, "a") is signal
    assert equalizer.describe() == "channel as recorded"


@pytest.mark.parametrize("options", EACH, ids=str)
def test_each_option_acts(options):
    equalizer, signal = Equalizer(**options), clip()
    assert equalizer
    result = equalizer(signal, "a")
    assert result.dtype == torch.float32
    assert (len(result) < len(signal)) == ("trim" in options)
    assert not torch.equal(result, signal[: len(result)])


def test_line_names_every_step_in_its_order():
    assert Equalizer(**ALL).describe() == (
        "trimmed to speech, 300-3400 Hz, mulaw, white noise at 20 dB SNR, "
        "-26 dBFS RMS"
    )


def test_level_is_exact_after_all_else():
    result = Equalizer(**ALL)(clip(), "a")
    assert decibels(result) == pytest.approx(-26, abs=1e-3)


def test_0_db_is_not_off():
    result = Equalizer(rms_db=0)(clip(), "a")
    assert decibels(result) == pytest.approx(0, abs=1e-3)
    noisy = Equalizer(snr_db=0)(clip(), "a")
    assert decibels(noisy) - decibels(clip()) == pytest.approx(3.01, abs=0.1)
    assert Equalizer(rms_db=0, snr_db=0).describe() == (
        "white noise at 0 dB SNR, 0 dBFS RMS"
    )


def test_noise_is_set_against_the_trimmed_and_filtered_speech():
    options = dict(trim=True, band=[300, 3400])
    signal = clip()
    without = Equalizer(**options)(signal, "a")
    noisy = Equalizer(**options, snr_db=20)(signal, "a")
    ratio = decibels(without) - decibels(noisy - without)
    assert ratio == pytest.approx(20, abs=0.01)


def test_noise_fills_what_the_band_leaves_empty():
    band = Equalizer(band=[300, 3400])(clip(), "a")
    assert power_above(band, 3500) < 1e-7
    noisy = Equalizer(band=[300, 3400], snr_db=20)(clip(), "a")
    expected = (8000 - 3500) / 8000 / 101  # white, 20 dB down
    assert power_above(noisy, 3500) == pytest.approx(expected, rel=0.1)


def test_codec_hears_the_limited_band(monkeypatch):
    equalizer, heard = Equalizer(band=[300, 3400], codec="mulaw"), []
    monkeypatch.setattr(equalizer, "codec", lambda x: heard.append(x) or x)
    equalizer(clip(), "a")
    assert power_above(heard[0], 3500) < 1e-7


@pytest.mark.parametrize("codec", [None, "mulaw", "gsm"])
def test_gain_of_the_recording_has_no_effect(codec):
    equalizer = Equalizer(**ALL | dict(codec=codec))
    # A power of two is exact in floats.
    assert torch.equal(equalizer(clip(), "a"), equalizer(clip() / 4096, "a"))


@pytest.mark.parametrize(
    "options",
    [dict(trim=True), dict(rms_db=-26), dict(band=[300, 3400])],
    ids=str,
)
def test_twice_is_once(options):
    equalizer = Equalizer(**options)
    once = equalizer(clip(), "a")
    twice = equalizer(once, "a")
    assert len(twice) == len(once)
    change = decibels(twice - once + 1e-12) - decibels(once)
    # A filter's slopes of 100 Hz deepen; nothing else changes.
    assert change < (-20 if "band" in options else -120)


def test_order_of_the_utterances_has_no_effect():
    equalizer = Equalizer(**ALL)
    signals = {key: clip(seed) for seed, key in enumerate("abc")}
    forward = {key: equalizer(x, key) for key, x in signals.items()}
    for key in reversed(signals):
        assert torch.equal(equalizer(signals[key], key), forward[key])


def _checksum(equalizer):
    return equalizer(clip(), "a").double().square().cumsum(0).sum().item()


def test_workers_hear_the_same():
    equalizer = Equalizer(**ALL)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(_checksum, [equalizer]) == _checksum(equalizer)
    copy = pickle.loads(pickle.dumps(equalizer))
    assert _checksum(copy) == _checksum(equalizer)


@pytest.mark.slow
def test_noise_is_the_same_in_another_process():
    code = (
        "import torch; from turbo_sb.data.channel.equalizer import Equalizer;"
        "x = Equalizer(snr_db=0)(torch.ones(100), 'dir_1');"
        "print(x.double().cumsum(0).sum().item())"
    )
    here = Equalizer(snr_db=0)(torch.ones(100), "dir_1")
    there = forks.run(["-c", code]).stdout
    assert float(there) == here.double().cumsum(0).sum().item()


@pytest.mark.parametrize("n_samples", [0, 1, 10, 100])
@pytest.mark.parametrize("options", [*EACH, ALL], ids=str)
def test_silence_and_few_samples_pass(options, n_samples):
    equalizer = Equalizer(**options)
    assert torch.equal(
        equalizer(torch.zeros(n_samples), "a"), torch.zeros(n_samples)
    )
    result = equalizer(clip()[8000 : 8000 + n_samples], "a")
    assert len(result) == n_samples and result.isfinite().all()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("trim", None),
        ("trim", 1),
        ("rms_db", 26),
        ("rms_db", True),
        ("rms_db", "-26"),
        ("rms_db", math.nan),
        ("snr_db", math.inf),
        ("snr_db", [20]),
        ("band", 3400),
        ("band", [3400, 300]),
        ("band", [300, 350]),
        ("band", [300]),
        ("band", [-300, 3400]),
        ("band", [20, 3400]),
        ("band", [300, 7990]),
        ("band", [300, 8001]),
        ("band", [False, 3400]),
        ("band", "300-3400"),
        ("codec", "amr"),
        ("codec", False),
    ],
)
def test_value_that_cannot_be_used_is_named(key, value):
    with pytest.raises(InputError, match=f"equalize_{key}: ") as caught:
        Equalizer(**{key: value})
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("band", [[0, 8000], (50, 7950), [300.5, 3400]])
def test_bands_that_can_be_used(band):
    assert Equalizer(band=band).band == tuple(band)


@pytest.mark.parametrize("rate", [0, 16000.0, None, True])
def test_rate_is_a_whole_number(rate):
    with pytest.raises(InputError, match="sample_rate: .* whole number of Hz"):
        Equalizer(sample_rate=rate)


@pytest.mark.parametrize(
    "signal", [torch.zeros(1, 100), torch.zeros(100, dtype=torch.int16)]
)
def test_signal_of_another_shape_is_named(signal):
    with pytest.raises(InputError, match=r"dir_1: .* floats of shape"):
        Equalizer(rms_db=-26)(signal, "dir_1")
