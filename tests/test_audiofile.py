"""Audio inspection: what is accepted, and what is named as damaged."""

import numpy as np
import pytest
import soundfile

from turbo_sb.audiofile import inspect_all, inspect_audio
from turbo_sb.errors import InputError


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
