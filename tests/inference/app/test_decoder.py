"""Another process reads the same samples, and may neither stay nor lie."""

import io
import json
import logging

import numpy as np
import pytest
import soundfile

from turbo_sb.data.audio_io import read_samples
from turbo_sb.inference.app import decoder
from turbo_sb.inference.app.decoder import _receive, read_apart
from turbo_sb.utils.errors import InputError


@pytest.fixture
def stereo(tmp_path):
    path = tmp_path / "up load" / "a.flac"
    path.parent.mkdir()
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (4410, 2))
    soundfile.write(path, noise, 44100)
    return path


@pytest.mark.slow
class TestReadApart:
    def test_reads_the_same(self, stereo):
        for where in ((), (0.02, 0.05)):
            samples, rate = read_apart(stereo, *where)
            expected, own = read_samples(stereo, *where)
            assert rate == own == 44100
            assert samples.tobytes() == expected.tobytes()
        assert [path.name for path in stereo.parent.iterdir()] == ["a.flac"]

    @pytest.mark.parametrize(
        "content", [b"", b"nothing" * 99, None], ids=["empty", "text", "short"]
    )
    def test_refuses_the_same(self, tmp_path, content):
        path = tmp_path / "a.wav"
        soundfile.write(path, np.ones(8) / 2, 16000)
        if content is not None:
            path.write_bytes(content)
        errors = []
        for read in (read_samples, read_apart):
            with pytest.raises(InputError) as error:
                read(path, shortest=0.025)
            errors.append(str(error.value))
        assert errors[0] == errors[1]

    def test_too_slow_is_killed(self, stereo, monkeypatch):
        monkeypatch.setattr(decoder, "MODULE", "http.server")  # which stays
        monkeypatch.setattr(decoder, "SECONDS", 1)
        with pytest.raises(InputError, match="a.flac: not decoded within 1 s"):
            read_apart(stereo)
        assert [path.name for path in stereo.parent.iterdir()] == ["a.flac"]

    def test_too_large(self, tmp_path, monkeypatch):
        path = tmp_path / "a.flac"  # 100 kB, and 64 MB of samples
        soundfile.write(path, np.zeros((2**21, 8), "int16"), 48000)
        monkeypatch.setattr(decoder, "DECODED", 2**25)
        with pytest.raises(InputError, match="more than 32 MB of samples"):
            read_apart(path)
        monkeypatch.setattr(decoder, "MEMORY", 2**20)
        with pytest.raises(InputError, match="a.flac: "):
            read_apart(path)


def said(samples=b"", **changes):
    head = {"warnings": [], "error": None, "n": 2, "channels": 1, "rate": 8000}
    return io.BytesIO(
        json.dumps({**head, **changes}).encode() + b"\n" + samples
    )


class TestReceive:
    """A decoder that a recording has taken over sends what it likes."""

    def test_samples(self):
        sent = np.array([0.5, -1], "float32")
        samples, rate = _receive(said(sent.tobytes()), "a.wav")
        assert (samples[:, 0].tolist(), rate) == ([0.5, -1], 8000)

    @pytest.mark.parametrize(
        "pipe",
        [said(b"1234567"), said(b"x" * 99, n=10**12), said(b"", n=0)]
        + [said(b"x" * 8, n=-2), said(b"x" * 8, rate="?"), io.BytesIO(b"")]
        + [io.BytesIO(b"[]\n"), io.BytesIO(b"[" * 9999), io.BytesIO(b"{}\n")]
        + [io.BytesIO(b"\x80\x04.\n")],
    )
    def test_lies(self, pipe):
        with pytest.raises(InputError, match="a.wav: not decoded"):
            _receive(pipe, "a.wav")

    def test_errors_and_warnings(self, caplog):
        with caplog.at_level(logging.WARNING, "turbo_sb"):
            with pytest.raises(InputError, match="a.wav: silent"):
                _receive(said(warnings=["hm"], error="a.wav: silent"), "a.wav")
        assert caplog.messages == ["hm"]
