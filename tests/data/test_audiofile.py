"""Audio inspection: what is accepted, and what is named as damaged."""

import numpy as np
import pytest
import soundfile

from turbo_sb.data import audiofile
from turbo_sb.data.audiofile import inspect_all, inspect_audio, try_all
from turbo_sb.utils.errors import InputError


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
    assert inspect_audio(path) == (duration, rate, channels)


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


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_long_recording_is_read_in_blocks(tmp_path, suffix, monkeypatch):
    """The same facts as in one piece, in a memory of one block."""
    path = write_tone(tmp_path / f"a.{suffix}", 44100, 44100, channels=2)
    whole = inspect_audio(path)
    assert whole.duration == pytest.approx(1.0, abs=0.1)
    monkeypatch.setattr(audiofile, "BLOCK", 1000)
    assert inspect_audio(path) == whole


def test_bad_sample_in_a_later_block_is_located(tmp_path, monkeypatch):
    monkeypatch.setattr(audiofile, "BLOCK", 500)
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
