"""Recordings as people have them: read, refused by one line, or cut."""

import numpy as np
import pytest
import soundfile
import torch
from speechbrain.dataio.preprocess import AudioNormalizer

from turbo_sb.data.hearing import hear, windows
from turbo_sb.utils.errors import InputError

RATE = 16000


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
    return hear(path, AudioNormalizer(RATE), *stretch, **limits)


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

    @pytest.mark.parametrize("stretch", [(2, 3), (0.5, 0.5), (-1, 1), (1, 0)])
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
