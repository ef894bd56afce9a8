"""Recordings as people have them: read, cut, or rejected by one line."""

import math

import numpy as np
import pytest
import soundfile
import torch

from turbo_sb.data import audio_io
from turbo_sb.data.audio_io import (
    SilentError,
    inspect_all,
    inspect_audio,
    read_samples,
    read_signal,
    read_unprepared,
    try_all,
    try_stretches,
    windows,
)
from turbo_sb.data.audio_normalizer import AudioNormalizer
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

    @pytest.mark.parametrize("stop", [None, 1, 1.009])
    def test_a_stretch_to_the_end(self, write, stop):
        assert len(read(write(tone(1)), 0.5, stop)) == RATE // 2

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
        with pytest.raises(InputError, match="1.02 min; expected at most 1. "):
            read(write(tone(61, 8000), 8000), longest=60)

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
            *((2, 3), (0.5, 0.5), (-1, 1), (1, 0), (0.5, 1.011)),
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


class TestSilence:
    """Preparation and prediction judge alike."""

    def judge(self, path, *stretch):
        """The verdicts of both, as whether it can be used."""
        try:
            read(path, *stretch)
            predicted = True
        except InputError:
            predicted = False
        wanted = tuple(stretch) or (None, None)
        found = try_stretches({path: [wanted]})[path][wanted]
        return not isinstance(found, InputError), predicted

    @pytest.mark.parametrize("rate", [8000, 16000, 16001, 44100])
    def test_whole_files(self, write, rate):
        one = tone(1, rate)
        cases = [
            (np.zeros((rate, 1)), False),
            (np.hstack([one, -one]), False),
            (np.hstack([one, one]), True),
            (np.hstack([one, 0 * one]), True),
            (tone(1, rate, level=0.5e-4), False),
            (tone(1, rate, level=2e-4), True),
        ]
        for k, (samples, good) in enumerate(cases):
            path = write(samples, rate, f"{k}.wav", subtype="FLOAT")
            assert self.judge(path) == (good, good), k

    def test_a_tone_that_the_model_cannot_hear(self, write):
        """20 kHz is gone at 16 kHz; faded in, as its edges are heard."""
        time = np.arange(48000) / 48000
        fade = np.sin(np.pi * time) ** 2
        path = write(
            0.5 * fade * np.sin(2 * np.pi * 20000 * time),
            48000,
            subtype="FLOAT",
        )
        assert self.judge(path) == (False, False)

    @pytest.mark.parametrize(
        ("stretch", "good"),
        [
            *(((0, 0.5), True), ((0.5, 0.9), False), ((0.9, 1.1), True)),
            *(((None, 1), True), ((1, 2), False), ((1.05, 1.9), False)),
            *(((2, None), True), ((2, math.inf), False), ((1, 2.01), True)),
            *(((2, 3.009), True), ((2, 3.011), False), ((3, 3.009), False)),
        ],
    )
    @pytest.mark.parametrize("channels", [1, 2])
    def test_stretches(self, write, stretch, good, channels, monkeypatch):
        monkeypatch.setattr(audio_io, "BLOCK", 3000)
        samples = tone(3, channels=channels)
        samples[RATE // 2 : 2 * RATE] = 0
        samples[int(0.95 * RATE) : RATE] = 0.5
        path = write(samples)
        assert self.judge(path, *stretch) == (good, good)

    @pytest.mark.parametrize("subtype", ["GSM610", "G721_32", "IMA_ADPCM"])
    @pytest.mark.parametrize("stretch", [(), (0.2, 0.8), (1.2, 1.8)])
    def test_stretches_where_nothing_can_seek(self, write, subtype, stretch):
        path = write(np.concatenate([tone(1), 0 * tone(1)]), subtype=subtype)
        prepared, predicted = self.judge(path, *stretch)
        assert prepared == predicted
        assert prepared or stretch == (1.2, 1.8)  # codecs add noise

    def test_a_silent_stretch_is_named(self, write):
        path = write(np.concatenate([tone(1), 0 * tone(1)]))
        message = r"silent, .* full scale from 1.2 s to 1.8 s"
        with pytest.raises(InputError, match=message):
            read(path, 1.2, 1.8)
        found = try_stretches({path: [(1.2, 1.8), (0.2, 0.8)]})[path]
        assert str(found[1.2, 1.8]).count("from 1.2 s to 1.8 s") == 1
        assert found[0.2, 0.8][:3] == (2.0, RATE, 1)

    def test_what_is_no_stretch_is_not_called_silent(self, write):
        path = write(tone(1))
        wanted = [(2.0, 3.0), (1.0, None), (0.5, 0.5), (math.inf, math.inf)]
        found = try_stretches({path: wanted})[path]
        assert {str(error) for error in found.values()} == {
            f"{path}: start {start:g} and stop {stop:g}: expected a stretch "
            "within its 1.00 s."
            for start, stop in [
                *((2, 3), (1, 1), (0.5, 0.5), (math.inf, math.inf))
            ]
        }

    def test_one_reading_judges_all_stretches(self, write, monkeypatch):
        opened, real = [], audio_io.open_recording
        monkeypatch.setattr(
            audio_io, "open_recording", lambda p: opened.append(p) or real(p)
        )
        path = write(tone(2))
        wanted = [(k / 100, k / 100 + 0.1) for k in range(100)]
        found = try_stretches({path: wanted})[path]
        assert {facts[:3] for facts in found.values()} == {(2.0, RATE, 1)}
        assert opened == [path]

    def test_a_stretch_before_the_damage_is_good(self, write):
        path = write(tone(2))
        path.write_bytes(path.read_bytes()[:-RATE])
        assert self.judge(path, 0.2, 0.8) == (True, True)
        assert self.judge(path, 1.2, 1.8) == (False, False)
        assert self.judge(path) == (False, False)
        (facts,) = try_stretches({path: [(0.2, 0.8)]})[path].values()
        assert facts[:3] == (0.8, RATE, 1)

    @pytest.mark.parametrize("stretch", [(), (0, 0.5), (0.9, 1.1), (1.5, 2)])
    @pytest.mark.parametrize("at", [0.2, 0.5, 0.8])
    def test_damaged_frames_of_a_flac(self, write, stretch, at):
        draw = np.random.default_rng(0)
        path = write(draw.uniform(-0.5, 0.5, 2 * RATE), name="a.flac")
        whole = read_samples(path, *stretch)[0]
        content = bytearray(path.read_bytes())
        content[round(at * len(content))] ^= 1
        path.write_bytes(content)
        prepared, predicted = self.judge(path, *stretch)
        assert prepared == predicted
        assert stretch or not predicted
        if predicted:  # never other samples than were recorded
            assert np.array_equal(read_samples(path, *stretch)[0], whole)

    def test_all_are_named_unless_some_may_be_left_out(self, write):
        paths = [
            write(tone(1) * (k > 0), name=f"{k}.wav", subtype="FLOAT")
            for k in range(3)
        ]
        with pytest.raises(InputError, match=r"1 of 3 .*\n.*0\.wav: silent"):
            inspect_all(paths)
        silent, *others = inspect_all(paths, strict=False)
        assert isinstance(silent, SilentError)
        assert [facts[:3] for facts in others] == [(1.0, RATE, 1)] * 2
        with pytest.raises(InputError, match="1 of 1 audio files"):
            inspect_all(paths[:1], strict=False)
        paths[1].unlink()
        with pytest.raises(InputError, match=r"1 of 3 .*\n.*1\.wav: no such"):
            inspect_all(paths, strict=False)


class TestWhatIsSaid:
    def test_more_than_the_header_says(self, write, caplog):
        path = write(tone(1))
        content = bytearray(path.read_bytes())
        content[40:44] = bytes(4)
        path.write_bytes(content)
        message = "a.wav: its header promises 0 bytes of samples and 32000"
        assert len(read(path)) == RATE
        assert message in caplog.text
        caplog.clear()
        assert inspect_audio(path).duration == 1.0
        assert message in caplog.text

    def test_not_in_every_epoch(self, write, caplog):
        path = write(tone(1))
        path.write_bytes(path.read_bytes() * 2)
        assert len(read_signal(path, AudioNormalizer(RATE))) == 2 * RATE
        assert not caplog.text

    def test_more_samples_than_memory_holds(self, write, monkeypatch):
        monkeypatch.setattr(audio_io, "MOST", 10000)
        path = write(tone(1, channels=2))
        with pytest.raises(InputError, match="0.0 billion samples in all"):
            read(path)
        assert len(read(path, 0, 0.3)) == 4800
