"""Recordings with bytes changed, cut, added or doubled."""

import functools
import io

import numpy as np
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.doors import REFUSED, saved, value_or_refusal
from turbo_sb.data.audio_io import (
    LONGEST,
    ROUNDING,
    SHORTEST,
    AudioFacts,
    SilentError,
    inspect_audio,
    read_samples,
    read_unprepared,
    try_stretches,
)
from turbo_sb.data.audio_normalizer import AudioNormalizer

KINDS = [
    ("WAV", "PCM_16"),
    ("WAV", "FLOAT"),
    ("WAV", "IMA_ADPCM"),
    ("WAV", "GSM610"),
    ("RF64", "PCM_24"),
    ("W64", "PCM_16"),
    ("AIFF", "PCM_16"),
    ("AU", "ULAW"),
    ("CAF", "PCM_16"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("MP3", "MPEG_LAYER_III"),
]


@functools.cache
def recording(kind, subtype):
    """A tenth of a second of noise."""
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 1600)
    file = io.BytesIO()
    soundfile.write(file, noise, 16000, format=kind, subtype=subtype)
    return file.getvalue()


@st.composite
def changed_recordings(draw):
    """Mostly in the header, where a byte means most."""
    kind, subtype = draw(st.sampled_from(KINDS))
    content = bytearray(recording(kind, subtype))
    last = draw(st.sampled_from([60, len(content) - 1]))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, min(last, len(content) - 1)))
        content[place] = draw(
            st.sampled_from([0, 255, 127, 128]) | st.integers(0, 255)
        )
    end = draw(st.none() | st.integers(0, len(content)))
    added = draw(st.sampled_from([b"", b"\0" * 99, bytes(content)]))
    return kind, bytes(content[:end]) + added


@given(changed_recordings())
def test_one_verdict(tmp_path, changed):
    """What the preparation accepts, training and prediction read alike."""
    kind, content = changed
    path = saved(tmp_path, f"a.{kind.lower()}", content)
    facts = value_or_refusal(inspect_audio, path)
    read = value_or_refusal(read_unprepared, path, AudioNormalizer(16000))
    if facts is not REFUSED and facts.duration >= SHORTEST:
        assert (read is REFUSED) == (facts.duration > LONGEST)
    if read is not REFUSED:
        assert facts is not REFUSED
        read = read_samples(path)
        samples, rate = read
        assert np.isfinite(samples).all()
        assert rate == facts.rate and samples.shape[1] == facts.channels
        assert abs(len(samples) / rate - facts.duration) < 1e-9


@given(changed_recordings(), st.floats(-1, 2), st.floats(-1, 2))
def test_stretches(tmp_path, changed, start, stop):
    """A stretch is as long as it says, or refused by all."""
    kind, content = changed
    path = saved(tmp_path, f"a.{kind.lower()}", content)
    read = value_or_refusal(read_samples, path, start, stop)
    verdict = try_stretches({path: [(start, stop)]})[path][start, stop]
    if isinstance(verdict, AudioFacts):
        assert read is not REFUSED
    if read is not REFUSED:
        samples, rate = read
        assert abs(len(samples) - (stop - start) * rate) <= ROUNDING * rate + 1
        assert isinstance(verdict, AudioFacts | SilentError)


@given(st.binary(max_size=200), st.sampled_from(["wav", "raw", "flac", "m4a"]))
def test_any_file(tmp_path, content, suffix):
    """Bytes that are not audio."""
    path = saved(tmp_path, f"a.{suffix}", content)
    value_or_refusal(inspect_audio, path)
    value_or_refusal(read_samples, path)
