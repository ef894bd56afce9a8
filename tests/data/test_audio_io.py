"""Recordings as people have them: read, cut, or rejected by one line."""

import math

import numpy as np
import pytest
import soundfile
import torch
from speechbrain.dataio.preprocess import AudioNormalizer

from turbo_sb.data import audio_io
from turbo_sb.data.audio_io import (
    inspect_all,
    inspect_audio,
    read_samples,
    read_signal,
    read_unprepared,
    try_all,
    windows,
)
from turbo_sb.utils.errors import InputError

RATE = 16000


def write_tone(path, n_samples=1600, rate=16000, channels=1, **options):
    soundfile.write(path, np.full((n_samples, channels), 0.1), rate, **options)
    return path


@pytest.mark.parametrize(
    ("n_samples", "rate", "channels", "duration"),
    [(1600, 16000, 1, 0.1), (44100, 44100, 2, 1.0), (8, 16000, 1, 0.0005)],
)
def test_any_rate_channels_and_length(
    tmp_path, n_samples, rate, channels, duration
):
    path = write_tone(tmp_path / "a.wav", n_samples, rate, channels)
    assert inspect_audio(path)[:3] == (duration, rate, channels)


def damage(path, kind):
    write_tone(path)
    whole = path.read_bytes()
    content = {
        "empty": b"",
        "header": whole[:40] + bytes(4),
        "truncated": whole[:1000],
        "no samples": whole[:44],
        "half a header": whole[:30],
        "text": b"hello",
    }
    path.write_bytes(content[kind])
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("empty", "empty, 0 bytes"),
        ("header", "a header without samples"),
        ("truncated", "promises 3200 bytes of samples and 956 are there"),
        ("no samples", "promises 3200 bytes of samples and 0 are there"),
        ("half a header", "not audio, or damaged"),
        ("text", r"not audio, or damaged \(Format not recognised"),
    ],
)
def test_damaged_file_is_named(tmp_path, kind, message):
    path = damage(tmp_path / "a.wav", kind)
    with pytest.raises(InputError, match=f"a.wav: .*{message}"):
        inspect_audio(path)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="a.wav: no such file"):
        inspect_audio(tmp_path / "a.wav")


def test_truncated_flac_is_damaged(tmp_path):
    path = tmp_path / "a.flac"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 16000)
    soundfile.write(path, noise, 16000)
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(InputError, match="a.flac: not audio, or damaged"):
        inspect_audio(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_sample_that_is_no_number_is_located(tmp_path, value):
    samples = np.zeros((1600, 2))
    samples[800, 1] = value
    soundfile.write(tmp_path / "a.wav", samples, 16000, subtype="FLOAT")
    with pytest.raises(InputError, match=r"sample 800 \(at 0.050 s\) is NaN"):
        inspect_audio(tmp_path / "a.wav")


def test_size_unknown_to_a_pipe_is_not_truncation(tmp_path):
    path = write_tone(tmp_path / "a.wav")
    content = path.read_bytes()
    path.write_bytes(content[:40] + b"\xff" * 4 + content[44:])
    assert inspect_audio(path).duration == 0.1


def test_chunk_before_the_samples_is_skipped(tmp_path):
    path = write_tone(tmp_path / "a.wav")
    content = path.read_bytes()
    odd_chunk = b"LIST\x03\x00\x00\x00abc\x00"  # 3 bytes and one of padding
    path.write_bytes(content[:36] + odd_chunk + content[36:-100])
    with pytest.raises(InputError, match="promises 3200 .* and 3100 are there"):
        inspect_audio(path)


def test_all_bad_files_are_reported_at_once(tmp_path):
    paths = [tmp_path / f"{k:02}.wav" for k in range(13)]
    write_tone(paths[0])
    with pytest.raises(InputError) as caught:
        inspect_all(paths)
    message = str(caught.value)
    assert message.startswith("12 of 13 audio files cannot be used:")
    assert "01.wav: no such file" in message
    assert "10.wav: no such file" in message
    assert "11.wav" not in message
    assert "and 2 more" in message


def test_facts_come_in_the_order_of_the_paths(tmp_path):
    paths = [write_tone(tmp_path / f"{n}.wav", n) for n in (800, 1600, 400)]
    facts = inspect_all(paths)
    assert [fact.duration for fact in facts] == [0.05, 0.1, 0.025]


@pytest.mark.parametrize("name", ["x" * 300 + ".wav", "a.wav/b.wav", "a\0.wav"])
def test_path_that_cannot_be_one_is_named(tmp_path, name):
    write_tone(tmp_path / "a.wav")
    with pytest.raises(InputError) as caught:
        inspect_audio(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")


def test_equal_samples_have_one_digest_in_any_lossless_format(tmp_path):
    """Copies, WAV and FLAC, 16 and 24 bits, floats, and the same twice."""
    tone = np.round(3000 * np.sin(np.arange(4000) / 7)) / 2**15
    for name, subtype, samples in (
        ("a.wav", "PCM_16", tone),
        ("b.flac", "PCM_16", tone),
        ("c.wav", "PCM_24", tone),
        ("d.wav", "FLOAT", tone),
        ("e.flac", "PCM_24", np.stack([tone, tone], axis=1)),
        ("other.wav", "PCM_16", tone[::-1]),
        ("shorter.wav", "PCM_16", tone[:-1]),
    ):
        soundfile.write(tmp_path / name, samples, RATE, subtype)
    found = {p.stem: inspect_audio(p).digest for p in tmp_path.iterdir()}
    assert len({found[name] for name in "abcde"}) == 1
    assert len(set(found.values())) == 3


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_long_recording_is_read_in_blocks(tmp_path, suffix, monkeypatch):
    """The same facts as in one piece, in a memory of one block."""
    path = write_tone(tmp_path / f"a.{suffix}", 44100, 44100, channels=2)
    whole = inspect_audio(path)
    assert whole.duration == pytest.approx(1.0, abs=0.1)
    monkeypatch.setattr(audio_io, "BLOCK", 1000)
    found = inspect_audio(path)
    assert found[:3] == whole[:3]
    # Lossy decoders round by the block.
    assert found.digest == whole.digest or suffix in ("ogg", "mp3")


def test_bad_sample_in_a_later_block_is_located(tmp_path, monkeypatch):
    monkeypatch.setattr(audio_io, "BLOCK", 500)
    samples = np.zeros(1600)
    samples[1203] = np.nan
    soundfile.write(tmp_path / "a.wav", samples, 16000, subtype="FLOAT")
    with pytest.raises(InputError, match=r"sample 1203 \(at 0.075 s\) is NaN"):
        inspect_audio(tmp_path / "a.wav")


def test_bad_files_stand_among_the_facts_of_good_ones(tmp_path):
    paths = [tmp_path / f"{name}.wav" for name in ("a", "none", "b")]
    write_tone(paths[0], 800)
    write_tone(paths[2], 1600)
    first, bad, last = try_all(paths)
    assert (first.duration, last.duration) == (0.05, 0.1)
    assert isinstance(bad, InputError)
    assert str(bad) == f"{paths[1]}: no such file."
    assert try_all([]) == []


def tone(seconds, rate=RATE, channels=1, level=0.5):
    time = np.arange(round(seconds * rate)) / rate
    mono = level * np.sin(2 * np.pi * 440 * time)
    return np.stack([mono] * channels, axis=1)


@pytest.fixture
def write(tmp_path):
    def write(samples, rate=RATE, name="a.wav", **format):
        soundfile.write(tmp_path / name, samples, rate, **format)
        return tmp_path / name

    return write


def read(path, *stretch, **limits):
    return read_unprepared(path, AudioNormalizer(RATE), *stretch, **limits)


class TestReadSignal:
    def test_stereo_at_441_khz_becomes_mono_at_16_khz(self, tmp_path):
        """Left a tone and right silence: half the tone, resampled."""
        path = tmp_path / "a.wav"
        left = tone(0.5, 44100)
        soundfile.write(path, np.hstack([left, 0 * left]), 44100)
        signal = read_signal(str(path), AudioNormalizer(16000))
        assert signal.shape == (8000,)
        inner = slice(200, -200)  # the filter's edges
        found, expected = signal.numpy()[inner], tone(0.5)[inner, 0] / 2
        assert np.abs(found - expected).max() < 0.005

    def test_mono_at_16_khz_is_as_it_is(self, tmp_path):
        path = tmp_path / "a.flac"
        soundfile.write(path, tone(0.5), 16000)
        signal = read_signal(str(path), AudioNormalizer(16000))
        assert np.abs(signal.numpy() - tone(0.5)[:, 0]).max() < 1e-4

    @pytest.mark.parametrize("content", [None, b"", b"no audio"])
    def test_an_unreadable_file_is_named(self, tmp_path, content):
        path = tmp_path / "bad.wav"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(
            InputError, match="bad.wav: (no such|empty|not aud)"
        ):
            read_signal(str(path), AudioNormalizer(16000))

    def test_a_truncated_file_is_not_read_as_a_shorter_one(self, tmp_path):
        path = write_tone(tmp_path / "a.wav")
        path.write_bytes(path.read_bytes()[:-100])
        with pytest.raises(InputError, match="truncated, its header promises"):
            read_signal(path, AudioNormalizer(RATE))

    def test_a_stretch_before_the_cut_of_a_truncated_file_is_read(
        self, tmp_path
    ):
        path = tmp_path / "a.wav"
        soundfile.write(path, np.full(1000, 0.5), RATE)
        path.write_bytes(path.read_bytes()[:-1000])  # 500 samples are left
        samples, _ = read_samples(path, 0.01, 0.02)
        assert len(samples) == 160
        for stretch in ((0.01, 0.05), (0.01, None)):
            with pytest.raises(InputError, match="truncated, its header"):
                read_samples(path, *stretch)

    def test_a_bad_sample_of_a_stretch_is_located_in_the_file(self, tmp_path):
        samples = np.zeros(1600)
        samples[1203] = np.nan
        soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
        stretch = tmp_path / "a.wav", 0.05, 0.09
        with pytest.raises(InputError, match=r"sample 1203 \(at 0.075 s\)"):
            read_samples(*stretch)
        samples, _ = read_samples(*stretch, finite=False)
        assert np.isnan(samples).sum() == 1


class TestFormats:
    @pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
    @pytest.mark.parametrize("channels", [1, 2, 6])
    def test_any_rate_and_channels(self, write, rate, channels):
        heard = read(write(tone(0.5, rate, channels), rate))
        assert abs(len(heard) - RATE // 2) <= 1
        assert heard.abs().max() == pytest.approx(0.5, abs=0.02)

    @pytest.mark.parametrize("name", ["a.flac", "a.ogg", "a.mp3", "a.aiff"])
    def test_any_format(self, write, name):
        heard = read(write(tone(0.5), name=name))
        assert abs(len(heard) - RATE // 2) <= 1200  # MP3 pads

    @pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "FLOAT", "ULAW"])
    def test_any_sample_format(self, write, subtype):
        assert len(read(write(tone(0.5), subtype=subtype))) == RATE // 2

    def test_a_stretch_to_the_end(self, write):
        assert len(read(write(tone(1)), 0.5, float("inf"))) == RATE // 2

    def test_a_stretch(self, write):
        samples = np.arange(RATE) / RATE
        heard = read(write(samples, subtype="FLOAT"), 0.25, 0.5)
        np.testing.assert_allclose(heard, samples[4000:8000], atol=1e-6)


class TestBadInput:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "a.wav: empty, 0 bytes"),
            (b"ID,wav\n" * 100, "a.wav: not audio, or damaged"),
            (b"RIFF", "a.wav: not audio, or damaged"),
        ],
        ids=["nothing", "text", "a word"],
    )
    def test_no_audio(self, tmp_path, content, message):
        (tmp_path / "a.wav").write_bytes(content)
        with pytest.raises(InputError, match=message):
            read(tmp_path / "a.wav")

    def test_text_called_mp3(self, tmp_path):
        """libsndfile says that there is no such file."""
        (tmp_path / "a.mp3").write_text("ID,wav")
        with pytest.raises(InputError, match="not audio, or damaged .unread"):
            read(tmp_path / "a.mp3")

    def test_missing(self, tmp_path):
        with pytest.raises(InputError, match=r"a\.wav: no such file"):
            read(tmp_path / "a.wav")

    def test_header_alone(self, write):
        with pytest.raises(InputError, match="a header without samples"):
            read(write(np.zeros((0, 1))))

    def test_truncated(self, write):
        path = write(tone(1))
        path.write_bytes(path.read_bytes()[:-100])
        with pytest.raises(InputError, match="truncated, its header promises"):
            read(path)

    def test_damaged_in_the_middle(self, write):
        path = write(tone(1), name="a.flac")
        content = bytearray(path.read_bytes())
        content[len(content) // 3 : len(content) // 2] = b""
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"a\.flac: "):
            read(path)

    def test_too_short(self, write):
        with pytest.raises(InputError, match="0.0200 s; expected at least"):
            read(write(tone(0.02)))
        assert len(read(write(tone(0.025)))) == 400

    def test_too_long(self, write):
        with pytest.raises(InputError, match="2 min; expected at most 1"):
            read(write(tone(120, 8000), 8000), longest=60)

    def test_a_stretch_of_what_is_too_long(self, write):
        path = write(tone(120, 8000), 8000)
        assert len(read(path, 100, 101, longest=60)) == RATE

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_no_number(self, write, value):
        samples = tone(1)
        samples[8000] = value
        message = r"sample 8000 \(at 0.500 s\) is NaN or infinite"
        with pytest.raises(InputError, match=message):
            read(write(samples, subtype="FLOAT"))

    @pytest.mark.parametrize("level", [0, 2**-15])
    def test_silent(self, write, level):
        with pytest.raises(
            InputError, match="silent, no sample of the mixed channels"
        ):
            read(write(tone(1, level=level), subtype="PCM_24"))

    def test_channels_that_cancel(self, write):
        one = tone(1)
        with pytest.raises(InputError, match="silent, no sample of the mixed"):
            read(write(np.hstack([one, -one])))

    def test_quiet_is_not_silent(self, write):
        assert len(read(write(tone(1, level=0.001)))) == RATE

    def test_clipped_is_said(self, write, caplog):
        samples = np.clip(tone(1, level=2), -1, 1)
        assert len(read(write(samples))) == RATE
        assert "a.wav: clipped, 66% of its samples" in caplog.text

    def test_loud_is_not_clipped(self, write, caplog):
        read(write(tone(1, level=0.99)))
        assert "clipped" not in caplog.text

    @pytest.mark.parametrize(
        "stretch",
        [
            *((2, 3), (0.5, 0.5), (-1, 1), (1, 0)),
            *((math.nan, None), (0, math.nan), (math.inf, math.inf)),
        ],
    )
    def test_no_such_stretch(self, write, stretch):
        with pytest.raises(InputError, match="expected a stretch within its"):
            read(write(tone(1)), *stretch)


class TestWindows:
    @pytest.mark.parametrize("samples", range(1, 60))
    def test_cover_all_and_are_about_equal(self, samples):
        pieces = windows(samples, most=7)
        steps = [step for start, stop in pieces for step in range(start, stop)]
        assert steps == list(range(samples))
        sizes = [stop - start for start, stop in pieces]
        assert max(sizes) <= 7 and max(sizes) - min(sizes) <= 1

    def test_one_of_what_fits(self):
        assert windows(7, most=7) == [(0, 7)]

    def test_hears_what_torch_hears(self, write):
        heard = read(write(tone(0.5)))
        assert heard.dtype == torch.float32
