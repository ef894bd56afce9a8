"""Recordings are decoded alike, whether their format can seek or not."""

import numpy as np
import pytest
import soundfile

from turbo_sb.data.audio_io import inspect_audio, read_samples
from turbo_sb.data.recording import open_recording
from turbo_sb.utils.errors import InputError

RATE = 8000


def tone(seconds=2.0):
    time = np.arange(round(seconds * RATE)) / RATE
    return 0.5 * np.sin(2 * np.pi * 440 * time) * time


@pytest.mark.parametrize(
    ("format", "subtype"),
    [
        *(("WAV", "GSM610"), ("AIFF", "GSM610"), ("W64", "GSM610")),
        *(("WAV", "G721_32"), ("AU", "G721_32"), ("AU", "G723_24")),
        *(("WAV", "IMA_ADPCM"), ("WAV", "MS_ADPCM"), ("WAV", "ULAW")),
        *(("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS")),
    ],
)
@pytest.mark.parametrize(
    "stretch", [(0, 16000), (1, 2), (777, 8123), (15000, 16000)]
)
def test_a_stretch_is_that_of_the_whole(
    tmp_path, format, subtype, stretch, monkeypatch
):
    path = tmp_path / "a.bin"
    soundfile.write(path, tone(), RATE, subtype, format=format)
    with open_recording(path) as recording:
        whole = np.concatenate(list(recording.blocks(1000)))
    monkeypatch.setattr("turbo_sb.data.recording.BLOCK", 500)
    with open_recording(path) as recording:
        found = recording.read(*stretch)
    assert len(whole) >= 16000
    assert np.array_equal(found, whole[slice(*stretch)])


@pytest.mark.parametrize("rate", [1, 999, 768001, 2**31 - 1])
def test_a_rate_that_is_none_is_refused(tmp_path, rate):
    soundfile.write(tmp_path / "a.wav", tone(), RATE)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[24:28] = rate.to_bytes(4, "little")
    (tmp_path / "a.wav").write_bytes(content)
    message = f"a.wav: its header says {rate} Hz; expected 1000 to 768000"
    with pytest.raises(InputError, match=message):
        with open_recording(tmp_path / "a.wav"):
            pass


@pytest.mark.parametrize("rate", [0, 4_000_000_000])
def test_a_rate_that_libsndfile_refuses(tmp_path, rate):
    soundfile.write(tmp_path / "a.wav", tone(), RATE)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[24:28] = rate.to_bytes(4, "little")
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.wav: "):
        with open_recording(tmp_path / "a.wav"):
            pass


def test_a_name_that_no_disk_has_is_said_once(tmp_path):
    path = tmp_path / f"{'x' * 300}.wav"
    with pytest.raises(InputError) as found, open_recording(path):
        pass
    assert str(found.value).count("xxx.wav") == 1


def test_a_flac_whose_metadata_seem_to_go_on_is_read_by_all(tmp_path):
    """A changed bit of its header; found by `make fuzz`."""
    path = tmp_path / "a.flac"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 1600)
    soundfile.write(path, noise, 16000)
    whole = read_samples(path)[0]
    content = bytearray(path.read_bytes())
    content[4] |= 0x80  # the first block of metadata says that it is the last
    path.write_bytes(content)
    assert inspect_audio(path).duration == 0.1
    assert np.array_equal(read_samples(path)[0], whole)
