"""Chained Ogg, joined FLAC, and FLAC from a pipe."""

import io

import numpy as np
import pytest
import soundfile

from tests.data.containers.test_chunks import decode, expected, noise
from turbo_sb.data.containers import streams
from turbo_sb.utils.errors import InputError

RATE = 16000
FORMATS = {"flac": ("FLAC", "PCM_16"), "ogg": ("OGG", "VORBIS")}
FORMATS["opus"] = ("OGG", "OPUS")


def encode(kind, seed=0, seconds=0.5, rate=RATE):
    file = io.BytesIO()
    format, subtype = FORMATS[kind]
    soundfile.write(file, noise(seed, seconds), rate, subtype, format=format)
    return file.getvalue()


def without_total(content):
    """As ffmpeg and flac write it to a pipe."""
    head = int.from_bytes(content[18:26], "big") >> 36 << 36
    return content[:18] + head.to_bytes(8, "big") + content[26:]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_all_recordings_of_a_chain_are_read(write, kind, n):
    parts = [encode(kind, seed, 0.3 + seed / 10) for seed in range(n)]
    found, notes = decode(write(b"".join(parts)))
    assert np.array_equal(found, expected(*parts))
    assert [note.split()[0] for note in notes] == [str(n)] * (n > 1)


@pytest.mark.parametrize("kind", ["flac", "ogg"])
def test_a_chain_of_two_rates_is_refused(write, kind):
    content = encode(kind) + encode(kind, rate=8000)
    with pytest.raises(InputError, match="8000 Hz x 1 and 16000 Hz x 1"):
        decode(write(content))


@pytest.mark.parametrize("seconds", [0.01, 0.256, 0.3, 5.0, 40.0])
def test_flac_of_unknown_length_is_read_to_its_end(write, seconds):
    """40 s: the number of a frame takes two bytes."""
    content = encode("flac", seconds=seconds)
    found, notes = decode(write(without_total(content)))
    assert np.array_equal(found, expected(content)) and not notes


def test_joined_flacs_of_unknown_length(write):
    parts = encode("flac"), encode("flac", 1)
    found, _ = decode(write(b"".join(map(without_total, parts))))
    assert np.array_equal(found, expected(*parts))


def test_flac_cut_in_its_last_frame_is_damaged(write):
    with pytest.raises(InputError, match="not audio, or damaged"):
        decode(write(without_total(encode("flac"))[:-500]))


def test_ogg_whose_end_is_missing_is_said(write):
    content = encode("ogg", seconds=3)
    last = content.rindex(b"OggS")
    _, notes = decode(write(content[:last]))
    assert notes == (streams.CUT,)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"\x41", (0x41, 1)),
        ("é".encode(), (0xE9, 2)),
        ("€".encode(), (0x20AC, 3)),
        (b"\xfe" + b"\x80" * 5 + b"\x85", (5, 7)),
        (b"\x80", (None, 0)),
        (b"\xc3\x41", (None, 0)),
        (b"\xc3", (None, 0)),
        (b"", (None, 0)),
    ],
)
def test_numbers_of_frames(content, value):
    assert streams._utf8(content) == value
