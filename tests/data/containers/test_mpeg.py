"""Joined MP3s, and MP3s without a count of their frames."""

import io
import math
import tracemalloc

import numpy as np
import pytest
import soundfile

from tests.data.containers.test_chunks import expected, noise
from turbo_sb.data.audio_io import LONGEST, read_samples, try_stretches
from turbo_sb.data.containers import mpeg
from turbo_sb.data.recording import open_recording
from turbo_sb.utils.errors import InputError

RATE = 16000
ID3 = b"ID3\4\0\0\0\0\0\x0aTXXX" + bytes(6)


def encode(samples, rate=RATE):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="MP3")
    return file.getvalue()


def without_xing(content):
    """As an encoder writes to a pipe: the first frame is left out."""
    return content[mpeg._frame(content[:4]).size :]


def decode(path):
    with open_recording(path) as recording:
        return recording.read(0, recording.frames), recording.notes


def fading():
    """Loud, then silent: frames of very different sizes."""
    return np.concatenate([noise(seconds=1), np.zeros((4 * RATE, 1))])


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("between", [b"", ID3, b"TAG" + bytes(125)])
@pytest.mark.parametrize("channels", [1, 2])
def test_all_of_joined_files_is_read(write, rate, between, channels):
    parts = [
        encode(noise(seed, 1.0, channels)[: rate - 500 * seed], rate)
        for seed in (0, 1)
    ]
    found, notes = decode(write(parts[0] + between + parts[1]))
    assert len(found) == len(expected(*parts))
    assert np.abs(found - expected(*parts)).max() < 1e-3
    assert "2 recordings joined in one file" in notes[0]


def test_one_file_is_left_alone(write):
    content = encode(noise())
    for after in (b"", b"TAG" + bytes(125), bytes(1000)):
        with write(ID3 + content + after).open("rb") as file:
            size = len(ID3 + content + after)
            assert mpeg.survey_mp3(file, size) == ((), (), None)


def test_more_than_the_first_frame_lets_guess_is_read(write):
    """Loud first: libsndfile takes all frames for as large."""
    content = without_xing(encode(fading()))
    guess = soundfile.info(io.BytesIO(content)).frames
    found, _ = decode(write(content))
    assert guess < 4 * RATE and abs(len(found) - 5 * RATE) < 3 * 576
    loud = np.sqrt((found[: RATE // 2] ** 2).mean())
    assert loud > 0.2 and np.abs(found[2 * RATE :]).max() < 0.01


def test_a_count_in_front_changes_no_sample():
    """Of the decoder's delay, 529 samples, libsndfile then reads none."""
    content = without_xing(encode(fading()[::-1]))
    plain = soundfile.read(io.BytesIO(content), dtype="float32")[0]
    counted = mpeg._xing_frame(content[:4], len(plain) // 576) + content
    found = soundfile.read(io.BytesIO(counted), dtype="float32")[0]
    assert np.abs(plain[529:] - found).max() < 1e-6


def test_less_than_the_header_promises_is_said(write):
    content = encode(noise(seconds=3))
    found, notes = decode(write(content[: len(content) // 2]))
    assert len(found) < 3 * RATE
    assert "bytes and" in notes[0] and "are there" in notes[0]


def counting(content, seconds):
    """With another number of frames in its header."""
    at = mpeg._frame(content[:4]).xing
    assert content[at : at + 4] in mpeg.XING and content[at + 7] & 1
    n = round(seconds * RATE / 576)
    return content[: at + 8] + n.to_bytes(4, "big") + content[at + 12 :]


class TestCountThatIsTooHigh:
    """Preparation and prediction go by what is there, not by the header."""

    @pytest.fixture(params=[10, 2 * LONGEST, 100 * LONGEST], ids=str)
    def path(self, write, request):
        return write(counting(encode(noise(seconds=3)), request.param))

    def judge(self, path, *stretch):
        """What prediction reads, if both take it; else what both say."""
        stretch = stretch or (None, None)
        verdict = try_stretches({path: [stretch]})[path][stretch]
        try:
            samples, _ = read_samples(path, *stretch, longest=LONGEST)
        except InputError as error:
            same = str(error).rsplit(" its ", 1)[0]  # then how long it is
            assert str(verdict).startswith(same)
            return str(verdict)
        assert not isinstance(verdict, InputError)
        return samples

    def test_all_that_is_there_is_read(self, path, write, caplog):
        found = self.judge(path)
        assert "promises" in caplog.text and "3.03 are there" in caplog.text
        content = encode(noise(seconds=3))
        path.write_bytes(content)
        whole = soundfile.read(io.BytesIO(content), dtype="float32")[0]
        assert abs(len(found) - len(whole)) < 576
        n = 2 * RATE
        assert np.abs(found[:n, 0] - whole[:n]).max() < 1e-6

    def test_a_stretch_of_what_is_there(self, path):
        whole, part = self.judge(path), self.judge(path, 1.0, 2.5)
        assert np.abs(part - whole[RATE : 5 * RATE // 2]).max() < 1e-6
        assert len(self.judge(path, 1.0, None)) == len(whole) - RATE

    @pytest.mark.parametrize("stretch", [(1, 4), (5, 6), (1, 4000), (5, None)])
    def test_a_stretch_past_its_end(self, path, stretch):
        assert "expected a stretch within its 3.0" in self.judge(path, *stretch)

    def test_what_is_too_long_is_refused_by_what_is_there(self, path):
        with pytest.raises(InputError, match="min; expected at most"):
            read_samples(path, longest=2.0)

    @pytest.mark.parametrize("stretch", [(1, 2), (2.5, 3.5), (4, None)])
    def test_of_joined_files(self, path, stretch):
        path.write_bytes(path.read_bytes() + encode(noise(1, seconds=3)))
        whole, part = self.judge(path), self.judge(path, *stretch)
        assert 6 * RATE <= len(whole) < 6.1 * RATE
        places = slice(*(x and round(x * RATE) for x in stretch))
        assert np.abs(part - whole[places]).max() < 1e-6

    def test_counting_takes_the_memory_of_a_block(self, path, monkeypatch):
        monkeypatch.setattr("turbo_sb.data.recording.BLOCK", 2000)
        tracemalloc.start()
        with open_recording(path) as recording:
            assert recording.held(RATE) == recording.frames
            assert 3 * RATE <= recording.held(math.inf) < 3.1 * RATE
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert most < 100_000


@pytest.mark.parametrize(
    ("head", "size"),
    [
        ("fffb9064", 417),  # MPEG 1, layer III, 128 kbit/s, 44.1 kHz
        ("fff388c4", 288),  # MPEG 2, layer III, 64 kbit/s, 16 kHz
        ("fffda0c4", 626),  # MPEG 1, layer II, 192 kbit/s, 44.1 kHz
        ("ffff1800", 48),  # MPEG 1, layer I, 32 kbit/s, 32 kHz
        ("fffb0064", None),  # any bit rate
        ("fffbf064", None),
        ("fffb9c64", None),
        ("ffeb9064", None),
        ("fff99064", None),
    ],
)
def test_sizes_of_frames(head, size):
    frame = mpeg._frame(bytes.fromhex(head))
    assert (frame and frame.size) == size
