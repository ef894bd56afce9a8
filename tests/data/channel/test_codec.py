"""Codecs: what they lose, and that length, timing and gain stay."""

import pickle

import numpy as np
import pytest
import soundfile
import torch
import torch.nn.functional as F

from turbo_sb.data.channel import codec as codec_module
from turbo_sb.data.channel.codec import Codec, available_codecs
from turbo_sb.utils.errors import InputError

HERE = available_codecs()


def speechlike(rate=16000, seconds=1.0):
    """Noise of 300 to 3000 Hz in syllables, RMS near 0.1."""
    n_samples = round(seconds * rate)
    spectrum = torch.fft.rfft(
        torch.randn(n_samples, generator=torch.Generator().manual_seed(0))
    )
    hertz = torch.arange(len(spectrum)) * rate / n_samples
    spectrum[(hertz < 300) | (hertz > 3000)] = 0
    carrier = torch.fft.irfft(spectrum, n_samples)
    envelope = torch.sin(torch.pi * 4 * torch.arange(n_samples) / rate).abs()
    return 0.2 * carrier * envelope


def lag(late, early):
    """The shift at which `late` resembles `early` most, by its definition."""
    late, early = late.double(), early.double()
    shifts = range(-600, 601)
    scores = [(late.roll(-shift) * early).sum().item() for shift in shifts]
    return shifts[int(np.argmax(scores))]


def test_those_of_all_versions_are_there():
    assert HERE[:3] == ["mulaw", "alaw", "gsm"]


@pytest.mark.parametrize("rate", [8000, 16000, 24000])
@pytest.mark.parametrize("name", HERE)
def test_length_and_alignment_stay(name, rate):
    signal = speechlike(rate)[: rate - 77]
    coded = Codec(name, rate)(signal)
    assert coded.shape == signal.shape and coded.dtype == torch.float32
    assert lag(coded, signal) == 0
    assert not torch.equal(coded, signal)
    resemblance = torch.corrcoef(torch.stack([coded, signal]))[0, 1]
    assert resemblance > (0.6 if name == "gsm" else 0.95)


@pytest.mark.parametrize("name", HERE)
def test_gain_passes_through(name):
    signal, codec = speechlike(), Codec(name)
    assert torch.equal(codec(signal / 1024) * 1024, codec(signal))


@pytest.mark.parametrize("name", HERE)
def test_loud_peaks_are_not_clipped(name):
    signal = speechlike()
    signal[8000:8004] += torch.tensor([20.0, -20.0, 20.0, -20.0])
    codec = Codec(name)
    entered = []
    codec._code = lambda x: entered.append(x) or F.pad(x, (0, 0))
    codec.codec_rate = 16000
    codec(signal)
    assert 0.89 < entered[0].abs().max() < 0.91


@pytest.mark.parametrize("n_samples", [1, 10, 399])
@pytest.mark.parametrize("name", HERE)
def test_few_samples_and_silence_pass(name, n_samples):
    codec = Codec(name)
    coded = codec(speechlike()[1000 : 1000 + n_samples])
    assert len(coded) == n_samples and coded.isfinite().all()
    assert not codec(torch.zeros(n_samples)).any()


@pytest.mark.parametrize("name", HERE)
def test_the_same_comes_back_every_time(name):
    signal = speechlike()
    first = Codec(name)
    again = pickle.loads(pickle.dumps(first))
    assert torch.equal(first(signal), again(signal))


def test_gsm_has_the_band_of_the_telephone():
    white = torch.randn(16000, generator=torch.Generator().manual_seed(0))
    power = torch.fft.rfft(Codec("gsm")(white)).abs().square()
    assert power[4100:].sum() < 0.01 * power.sum()
    assert power[4300:].sum() < 1e-3 * power.sum()


def test_mulaw_has_the_noise_of_its_steps():
    signal = speechlike()
    error = Codec("mulaw")(signal) - signal
    snr = 10 * np.log10((signal.square().mean() / error.square().mean()).item())
    assert 30 < snr < 42  # G.711's, about 38 dB over a wide range of levels


@pytest.mark.parametrize("delay", [-30, 7, 500])
def test_delay_is_measured_and_taken_out(monkeypatch, delay):
    def late(samples, name, rate):
        shifted = F.pad(torch.from_numpy(samples), (delay, 0))
        return shifted[: len(samples)].numpy()

    monkeypatch.setattr(codec_module, "_round_trip", late)
    codec = Codec("mulaw")
    signal = speechlike()[:-2000]  # it ends loud
    assert codec.delay == delay
    start = max(0, -delay)  # what was cut off cannot come back
    torch.testing.assert_close(codec(signal)[start:], signal[start:])


@pytest.mark.skipif("vorbis" not in HERE, reason="no Vorbis here")
def test_long_vorbis_does_not_overflow_the_stack():
    signal = 0.1 * torch.randn(16000 * 200)  # at once, it is a segfault
    assert len(Codec("vorbis")(signal)) == len(signal)


@pytest.mark.parametrize("name", ["mp4", "MP3", "", 8, True, ["mulaw"]])
def test_unknown_codec_names_the_known(name):
    with pytest.raises(InputError, match="equalize_codec: .*mulaw, alaw, gsm"):
        Codec(name)


def test_codec_that_is_not_built_in_is_not_offered(monkeypatch):
    write = codec_module._round_trip

    def without_opus(samples, name, rate):
        if name == "opus":
            raise soundfile.LibsndfileError(1, "no such format")
        return write(samples, name, rate)

    monkeypatch.setattr(codec_module, "_round_trip", without_opus)
    with pytest.raises(InputError, match="'opus' is not available") as caught:
        Codec("opus")
    assert "opus" not in str(caught.value).split("here has")[1]
    assert available_codecs() == [name for name in HERE if name != "opus"]
