"""Headers that promise more or less than the file holds."""

import io
import struct

import numpy as np
import pytest
import soundfile

from turbo_sb.data.containers.base import AS_IT_IS
from turbo_sb.data.containers.chunks import survey_chunks
from turbo_sb.data.recording import open_recording
from turbo_sb.utils.errors import InputError

RATE, SECONDS = 16000, 0.5
KINDS = ("WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF")
SIZES = {  # where the size of the samples stands, as libsndfile writes it
    "WAV": (b"data", 4, "<I", 0),
    "WAVEX": (b"data", 4, "<I", 0),
    "RF64": (b"ds64", 16, "<Q", 0),
    "W64": (b"data", 16, "<Q", 24),
    "AIFF": (b"SSND", 4, ">I", 8),
    "AU": (b".snd", 8, ">I", 0),
    "CAF": (b"data", 4, ">q", 4),
}
# What writers to a pipe leave: ffmpeg, sox, arecord, lame, espeak.
PLACEHOLDERS = (0xFFFFFFFF, 0x7FFFF000, 0x80000000, 0x7FFFFFFF, 0x7FFFEFDC)


def noise(seed=0, seconds=SECONDS, channels=1):
    draw = np.random.default_rng(seed)
    return draw.uniform(-0.5, 0.5, (round(seconds * RATE), channels))


def encode(kind, samples=None, rate=RATE, **options):
    file = io.BytesIO()
    samples = noise() if samples is None else samples
    soundfile.write(file, samples, rate, "PCM_16", format=kind, **options)
    return file.getvalue()


def promise(content, kind, size):
    """Write another size of the samples into a header."""
    name, offset, form, extra = SIZES[kind]
    at = content.index(name) + offset
    limit = 2 ** (8 * struct.calcsize(form))
    size = limit - 1 if size < 0 else min(size + extra, limit - 1)
    field = struct.pack(form.upper(), size)
    return content[:at] + field + content[at + len(field) :]


def decode(path):
    """All samples, read at once and by blocks, and the notes."""
    with open_recording(path) as recording:
        recording.check_end()
        blocks = list(recording.blocks(1000))
        notes, frames = recording.notes, recording.frames
    with open_recording(path) as recording:
        whole = recording.read(0, frames)
    assert np.array_equal(np.concatenate(blocks), whole)
    return whole, notes


def expected(*contents):
    """The samples of files, one after another."""
    found = [
        soundfile.read(io.BytesIO(c), dtype="float32", always_2d=True)[0]
        for c in contents
    ]
    return np.concatenate(found)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 2])
def test_what_a_header_says_truly_is_left_alone(write, kind, channels):
    content = encode(kind, noise(channels=channels))
    path = write(content)
    with path.open("rb") as file:
        assert survey_chunks(file, len(content)) == ((), (), None)
    found, notes = decode(path)
    assert np.array_equal(found, expected(content)) and not notes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", PLACEHOLDERS)
def test_size_that_a_pipe_left_is_no_size(write, kind, size):
    content = encode(kind)
    found, notes = decode(write(promise(content, kind, size)))
    assert np.array_equal(found, expected(content)) and not notes


@pytest.mark.parametrize("kind", ["CAF", "W64", "RF64"])
def test_all_ones_in_64_bits_is_no_size(write, kind):
    content = encode(kind)
    found, _ = decode(write(promise(content, kind, -1)))
    assert np.array_equal(found, expected(content))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [0, 2, 1000, 15000])
def test_more_than_promised_is_read_and_said(write, kind, size):
    content = encode(kind)
    found, notes = decode(write(promise(content, kind, size)))
    assert np.array_equal(found, expected(content))
    assert notes == (
        f"its header promises {size} bytes of samples and 16000 are there; "
        "all are read",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_less_than_promised_is_truncated(write, kind):
    path = write(encode(kind)[:-100])
    with open_recording(path) as recording:
        with pytest.raises(InputError, match="promises 16000 .* 15900 are"):
            recording.check_end()


@pytest.mark.parametrize("kind", KINDS)
def test_joined_files_are_read_one_after_another(write, kind):
    parts = [encode(kind, noise(seed, 0.1 + seed)) for seed in range(3)]
    found, notes = decode(write(b"".join(parts)))
    assert np.array_equal(found, expected(*parts))
    assert "3 recordings joined in one file" in notes[0]


def test_joined_files_of_two_formats_are_refused(write):
    parts = encode("WAV"), encode("WAV", noise(channels=2))
    with pytest.raises(InputError, match="16000 Hz x 1 and 16000 Hz x 2"):
        decode(write(b"".join(parts)))


TAG = b"TAG" + bytes(125)
LIST = b"LIST\x0e\0\0\0INFOISFT\x01\0\0\0a\0"
SAID = b"Recorded by a phone, serial 1234\r\n"
ID3 = b"ID3\4\0\0\0\0\x02\x00" + bytes(range(256))
APE = b"APETAGEX\xd0\x07\0\0" + bytes(range(64))


@pytest.mark.parametrize(
    "after",
    [
        *(LIST, LIST * 2, LIST[:-3], TAG, bytes(2000)),
        *(b"id3 \x04\0\0\0abcd", b"x", SAID, ID3, APE),
    ],
    ids=[
        *("chunk", "two", "cut chunk", "tag", "zeros"),
        *("id3", "a byte", "text", "long id3", "ape"),
    ],
)
@pytest.mark.parametrize("odd", [0, 1])
def test_what_is_no_sound_after_the_samples_is_not_read(write, after, odd):
    samples = noise()[: 8000 - odd]
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, "PCM_U8", format="WAV")
    content = file.getvalue()
    found, notes = decode(write(content + after))
    assert np.array_equal(found, expected(content)) and not notes


def test_a_chunk_that_was_not_padded_is_a_chunk(write):
    samples = noise()[:7999]
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, "PCM_U8", format="WAV")
    content = file.getvalue()[: 44 + 7999]
    found, notes = decode(write(content + LIST))
    assert len(found) == 7999 and not notes


def test_no_samples_at_all_are_none(write):
    content = promise(encode("WAV")[:44], "WAV", 0)
    with open_recording(write(content + LIST)) as recording:
        assert recording.frames == 0


def test_a_header_among_the_samples_is_refused(write):
    """As sox leaves it when it writes W64 or CAF to a pipe."""
    content = encode("CAF")
    with pytest.raises(InputError, match="its header stands again"):
        decode(write(promise(content, "CAF", 0)[:4096] + content))


def test_a_stretch_of_joined_files_goes_over_the_seam(write):
    parts = encode("WAV"), encode("WAV", noise(1))
    with open_recording(write(b"".join(parts))) as recording:
        assert recording.frames == 16000
        found = recording.read(7000, 9000)
    assert np.array_equal(found, expected(*parts)[7000:9000])


def test_thousands_of_chunks_end(write):
    content = encode("WAV") + b"abcd\0\0\0\0" * 5000
    found, notes = decode(write(content))
    assert len(found) == 8000 and not notes
    with pytest.raises(InputError, match="more than 1000 recordings"):
        decode(write(encode("WAV", noise(seconds=0.001)) * 1200))


@pytest.mark.parametrize("size", [100, 0x7FFFFFFF])
def test_samples_that_begin_behind_the_end(write, size):
    content = bytearray(promise(encode("AU"), "AU", size))
    content[4:8] = (2**30).to_bytes(4, "big")
    with pytest.raises(InputError, match="not audio, or damaged"):
        decode(write(content))


RF64 = b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0" + bytes(16)


@pytest.mark.parametrize("length", range(12, len(RF64)))
def test_a_header_that_ends_early_promises_nothing(length):
    content = io.BytesIO(RF64[:length])
    assert survey_chunks(content, length) == AS_IT_IS


GUID = b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
W64 = encode("W64")[:40] + b"fmt " + GUID


@pytest.mark.parametrize("size", [2**62, 2**63 - 1])
@pytest.mark.parametrize(
    "before",
    [W64 + b"%s", b"caff\0\x01\0\0desc%s"],
    ids=["W64", "CAF"],
)
def test_a_chunk_that_ends_beyond_any_file(before, size):
    order = "<" if before.startswith(b"riff") else ">"
    content = before % struct.pack(f"{order}q", size) + bytes(64)
    assert survey_chunks(io.BytesIO(content), len(content)) == AS_IT_IS
