"""Stretches of files: the right samples, damage found, nothing clipped."""

import numpy as np
import pytest
import soundfile
import torch

from tests.data.corpora.layouts import tone
from turbo_sb.data.corpora.audio_writer import (
    AudioWriter,
    read_stretch,
    to_int16,
)
from turbo_sb.data.corpora.base import Skip, Utterance
from turbo_sb.utils.errors import InputError


def utterance(path, start=None, stop=None):
    return Utterance("a", path, "hi", "", start, stop, "ami")


def write(path, samples, rate=16000, **options):
    soundfile.write(path, np.asarray(samples), rate, **options)
    return path


@pytest.fixture
def cut(tmp_path):
    """Cut an utterance, and return the samples of what was written."""
    (tmp_path / "audio").mkdir()

    def cut(wanted, transform=None):
        seconds = AudioWriter(tmp_path, 0.5, 15.0, transform)(wanted)
        samples, rate = soundfile.read(tmp_path / "audio/a.flac", dtype="int16")
        assert rate == 16000 and samples.ndim == 1
        assert seconds == len(samples) / 16000
        info = soundfile.info(tmp_path / "audio/a.flac")
        assert (info.format, info.subtype) == ("FLAC", "PCM_16")
        return samples

    return cut


def test_16_bit_at_16_khz_is_kept_to_the_bit(cut, tmp_path):
    samples = np.random.default_rng(0).integers(-32768, 32768, 16000)
    samples = samples.astype(np.int16)
    samples[:2] = -32768, 32767
    path = write(tmp_path / "a.wav", samples)
    assert np.array_equal(cut(utterance(path)), samples)


def test_stretch_of_a_long_file(cut, tmp_path):
    samples = np.arange(48000, dtype=np.int16)
    path = write(tmp_path / "a.wav", samples)
    found = cut(utterance(path, 1.25, 2.25))
    assert np.array_equal(found, samples[20000:36000])


def test_only_the_stretch_is_read(tmp_path, monkeypatch):
    path = tone(tmp_path / "a.wav", seconds=10)
    read, sizes = soundfile.SoundFile.read, []

    def spy(self, frames=-1, **options):
        sizes.append(frames)
        return read(self, frames, **options)

    monkeypatch.setattr(soundfile.SoundFile, "read", spy)
    read_stretch(utterance(path, 5.0, 6.0), 0.5, 15.0)
    assert sizes == [16000]


def test_44_khz_stereo_is_mixed_down_and_resampled(cut, tmp_path):
    time = np.arange(44100) / 44100
    tones = [0.2 * np.sin(2 * np.pi * 440 * time), np.zeros(44100)]
    path = write(tmp_path / "a.wav", np.stack(tones, axis=1), 44100)
    found = cut(utterance(path)) / 32768
    wanted = 0.1 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    assert len(found) == 16000
    assert np.abs(found - wanted)[100:-100].max() < 0.002


def test_beyond_one_is_scaled_and_not_clipped(cut, tmp_path):
    samples = np.linspace(-0.5, 0.5, 16000)
    path = write(tmp_path / "a.wav", samples, subtype="FLOAT")
    found = cut(utterance(path), lambda signal, key: 4 * signal)
    assert np.abs(found - samples * 65534).max() <= 1


@pytest.mark.parametrize(
    ("signal", "expected"),
    [
        ([1.0, 0.5], [32767, 16384]),
        ([-1.0, 0.5], [-32768, 16384]),
        ([-2.0, 1.0], [-32768, 16384]),
        ([2.0, -2.0], [32767, -32767]),
        ([], []),
    ],
)
def test_to_int16_by_hand(signal, expected):
    assert to_int16(torch.tensor(signal)).tolist() == expected


def test_transform_gets_the_cut_signal_and_the_id(cut, tmp_path):
    path = tone(tmp_path / "a.wav", seconds=2)
    seen = []

    def half(signal, key):
        seen.append((tuple(signal.shape), key))
        return signal[:8000]

    assert len(cut(utterance(path, 0.5, 1.5), half)) == 8000
    assert seen == [((16000,), "a")]


@pytest.mark.parametrize(
    "wrong",
    [lambda s, k: s[None], lambda s, k: s / 0],
    ids=["shape", "infinite"],
)
def test_transform_that_gives_no_signal(cut, tmp_path, wrong):
    path = tone(tmp_path / "a.wav")
    with pytest.raises(InputError, match="a: the transform gave"):
        cut(utterance(path), wrong)


def test_transform_that_leaves_nothing(cut, tmp_path):
    path = tone(tmp_path / "a.wav")
    with pytest.raises(Skip, match="nothing left"):
        cut(utterance(path), lambda signal, key: signal[:0])


@pytest.mark.parametrize(
    ("seconds", "start", "stop", "reason"),
    [
        (0.4, None, None, "below 0.5 s"),
        (15.1, None, None, "above 15 s"),
        (2.0, 1.0, 1.4, "below 0.5 s"),
        (2.0, 0.0, 16.0, "above 15 s"),
        (2.0, 1.0, 2.2, "damaged"),
        (2.0, 3.0, 4.0, "damaged"),
    ],
)
def test_lengths(tmp_path, seconds, start, stop, reason):
    path = tone(tmp_path / "a.wav", seconds)
    with pytest.raises(Skip) as caught:
        read_stretch(utterance(path, start, stop), 0.5, 15.0)
    assert caught.value.reason == reason


def test_a_stop_just_past_the_end_is_rounding(tmp_path):
    path = tone(tmp_path / "a.wav", 2.0)
    signal, _ = read_stretch(utterance(path, 1.0, 2.04), 0.5, 15.0)
    assert len(signal) == 16000


def damage(path, kind):
    """Write a damaged file."""
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 16000)
    if kind == "nan":
        noise[8000] = np.nan
    if kind == "silent":
        noise[:] = 0
    write(path, noise, subtype="FLOAT")
    content = path.read_bytes()
    if kind == "truncated":
        path.write_bytes(content[:9000])
    if kind == "text":
        path.write_bytes(b"hello")


@pytest.mark.parametrize("times", [(None, None), (0.2, 0.8)])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("nan", "damaged"),
        ("truncated", "damaged"),
        ("text", "damaged"),
        ("silent", "digital silence"),
    ],
)
def test_damage_is_skipped_and_named_once(tmp_path, kind, reason, times):
    path = tmp_path / "a.wav"
    damage(path, kind)
    with pytest.raises(Skip) as caught:
        read_stretch(utterance(path, *times), 0.5, 15.0)
    assert caught.value.reason == reason
    if reason == "damaged":
        assert caught.value.detail.count(str(path)) == 1


def test_channels_that_cancel_are_skipped(tmp_path):
    one = 0.5 * np.sin(np.arange(16000) / 6)
    path = tmp_path / "a.wav"
    soundfile.write(path, np.stack([one, -one], axis=1), 16000)
    with pytest.raises(Skip, match="digital silence when mixed down"):
        read_stretch(utterance(path), 0.5, 15.0)


def test_what_is_written_already_stays(cut, tmp_path):
    tone(tmp_path / "audio/a.flac", seconds=3)
    before = (tmp_path / "audio/a.flac").read_bytes()
    cut(utterance(tmp_path / "absent.wav"))
    assert (tmp_path / "audio/a.flac").read_bytes() == before
