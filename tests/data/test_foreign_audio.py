"""What phones record is read as other audio is, or refused with what to do."""

import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile
import torch
from speechbrain.dataio.preprocess import AudioNormalizer

from turbo_sb.data import foreign_audio
from turbo_sb.data.audio_io import (
    inspect_audio,
    read_samples,
    read_signal,
    try_all,
)
from turbo_sb.data.csv_manifest import read_csv_manifest
from turbo_sb.data.foreign_audio import (
    at_most_seconds,
    audio_suffixes,
)
from turbo_sb.utils.errors import InputError

MPEG4 = b"\0\0\0\x1cftypM4A \0\0\0\0"
FAKE = f"""#!{sys.executable}
import pathlib, shutil, sys, time
out = pathlib.Path(sys.argv[-1].removeprefix("file:"))
{{body}}
"""
COPIES = "shutil.copy({wav!r}, out)"
needs_ffmpeg = pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="there is no ffmpeg here"
)
needs_pyav = pytest.mark.skipif(
    foreign_audio.importlib.util.find_spec("av") is None,
    reason="there is no PyAV here",
)


@pytest.fixture
def wav(tmp_path):
    samples = 0.1 * np.random.default_rng(1).standard_normal(8000)
    soundfile.write(tmp_path / "true.wav", samples, 16000, "PCM_16")
    return tmp_path / "true.wav"


@pytest.fixture
def phone(tmp_path):
    path = tmp_path / "phone.m4a"
    path.write_bytes(MPEG4 + bytes(100))
    return path


@pytest.fixture
def nothing(tmp_path, monkeypatch):
    """Neither ffmpeg nor PyAV."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(
        foreign_audio.importlib.util, "find_spec", lambda _: None
    )


@pytest.fixture
def ffmpeg(tmp_path, nothing):
    """Put a program of that name on the path, with this body."""

    def put(body):
        path = tmp_path / "bin" / "ffmpeg"
        path.parent.mkdir()
        path.write_text(FAKE.format(body=body))
        path.chmod(0o755)

    return put


def test_reads_what_ffmpeg_decodes(ffmpeg, phone, wav):
    ffmpeg(COPIES.format(wav=str(wav)))
    samples, rate = read_samples(phone)
    expected, _ = soundfile.read(wav, dtype="float32", always_2d=True)
    assert rate == 16000
    np.testing.assert_array_equal(samples, expected)
    part, _ = read_samples(phone, start=0.1, stop=0.2)
    np.testing.assert_array_equal(part, expected[1600:3200])
    assert inspect_audio(phone).duration == 0.5


@pytest.mark.parametrize(
    "name", ["call.amr", "a.wav", "b.webm", "noname", "c.au", "d.gsm", "e.mp3"]
)
def test_by_its_content_or_its_name(ffmpeg, wav, tmp_path, name):
    ffmpeg(COPIES.format(wav=str(wav)))
    head = b"" if name.endswith((".amr", ".webm")) else MPEG4
    (tmp_path / name).write_bytes(head + bytes(100))
    assert inspect_audio(tmp_path / name).duration == 0.5


@pytest.mark.parametrize("name", ["a.mp3", "b.aac", "c.snd"])
def test_behind_a_tag(ffmpeg, wav, tmp_path, name):
    ffmpeg(COPIES.format(wav=str(wav)))
    tag = b"ID3\3\0\0\0\0\0\4" + bytes(4)
    (tmp_path / name).write_bytes(tag + b"\xff\xf1\x50\x80" + bytes(2000))
    assert inspect_audio(tmp_path / name).duration == 0.5


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.mp3", "b.au"])
def test_an_m4a_of_another_name_is_no_noise(wav, tmp_path, name):
    subprocess.run(
        [
            *("ffmpeg", "-v", "error", "-i", wav, "-f", "mp4"),
            *("-c:a", "aac", tmp_path / name),
        ],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    assert inspect_audio(tmp_path / name).rate == 16000
    assert 0.5 <= inspect_audio(tmp_path / name).duration < 0.6


@needs_ffmpeg
def test_flac_in_ogg_as_ffmpeg_writes_it(wav, tmp_path):
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", wav, tmp_path / "a.oga"],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    assert inspect_audio(tmp_path / "a.oga").duration == 0.5


def test_nothing_is_left(ffmpeg, phone, wav, tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(
        foreign_audio.tempfile, "tempdir", str(tmp_path / "tmp")
    )
    ffmpeg(COPIES.format(wav=str(wav)))
    read_samples(phone)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_no_playlist_is_followed(ffmpeg, phone, wav, tmp_path):
    ffmpeg(f"""{COPIES.format(wav=str(wav))}
pathlib.Path({str(tmp_path / "said")!r}).write_text(" ".join(sys.argv))""")
    read_samples(phone)
    said = (tmp_path / "said").read_text()
    assert f"-protocol_whitelist file -f mov -i file:{phone}" in said


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("sys.exit('moov atom not found')", r"damaged \(moov atom not found\)"),
        (
            COPIES + "; print('[aac @ 0x5] corrupt', file=sys.stderr)",
            r"damaged \(corrupt\)",
        ),
        ("sys.exit(3)", r"damaged \(exit 3\)"),
        ("sys.exit('x: No space left on device')", "no room to decode it in"),
        ("out.open('wb').truncate(2**31)", "longer than can be decoded"),
    ],
)
def test_a_part_is_not_taken_for_all(ffmpeg, phone, wav, body, message):
    ffmpeg(body.format(wav=str(wav)))
    with pytest.raises(InputError, match=f"^{phone}: .*{message}"):
        read_samples(phone)


@pytest.mark.parametrize(
    "body",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGXFSZ)",
        "sys.exit('av_interleaved_write_frame(): File too large')",
        "sys.exit('longer than can be decoded here')",
    ],
    ids=["signal", "system", "pyav"],
)
def test_too_long_is_not_called_damaged(ffmpeg, phone, body):
    """On the page, a long recording ends its decoder by a limit of bytes."""
    restored = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL)"
    ffmpeg(f"{restored}; {body}")
    with pytest.raises(InputError, match="longer than can be decoded here. C"):
        read_samples(phone)


def test_a_decoder_that_hangs_is_ended(ffmpeg, phone, monkeypatch):
    monkeypatch.setattr(foreign_audio, "SECONDS", 0.5)
    ffmpeg("time.sleep(60)")
    start = time.monotonic()
    with pytest.raises(InputError, match=r"not decoded within 0\.5 s"):
        read_samples(phone)
    assert time.monotonic() - start < 30


def test_without_a_decoder(nothing, phone):
    with pytest.raises(InputError, match="neither is here") as found:
        read_samples(phone)
    assert "elsewhere: ffmpeg -i phone.m4a phone.wav" in str(found.value)


def test_in_a_preparation(nothing, phone, wav):
    error, facts = try_all([phone, wav])
    assert isinstance(error, InputError) and facts.duration == 0.5


@pytest.mark.parametrize("cell", ["phone.m4a", "~/phone.m4a"])
def test_in_a_manifest_to_train_with(
    ffmpeg, phone, wav, tmp_path, monkeypatch, cell
):
    ffmpeg(COPIES.format(wav=str(wav)))
    monkeypatch.setenv("HOME", str(tmp_path))
    rows = f"ID,wav,text,label\na,{cell},so,yes\n"
    (tmp_path / "manifest.csv").write_text(rows)
    entries, bad, _ = read_csv_manifest(tmp_path, ["no", "yes"])
    assert bad == [] and entries["a"]["duration"] == 0.5
    path = entries["a"]["wav"].replace("{data_root}", str(tmp_path))
    keep = AudioNormalizer(16000)
    assert torch.equal(read_signal(path, keep), read_signal(wav, keep))


@pytest.mark.parametrize("name", ["a.raw", "b.RAW", "c.pcm"])
def test_samples_without_a_header(tmp_path, name):
    (tmp_path / name).write_bytes(b"\1\2" * 3000)
    with pytest.raises(InputError, match="samples without a header"):
        read_samples(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "subtype"),
    [("a.au", "ULAW"), ("b.snd", "ULAW"), ("c.vox", "VOX_ADPCM")],
)
def test_what_a_name_alone_says_is_told(tmp_path, name, subtype, caplog):
    tone = 0.5 * np.sin(np.arange(8000) / 3)
    soundfile.write(tmp_path / name, tone, 8000, subtype, format="RAW")
    assert inspect_audio(tmp_path / name).rate == 8000
    assert f"{name}: no header; read as 8000 Hz and" in caplog.text


def test_a_wav_of_another_name(wav):
    path = wav.rename(wav.with_suffix(".pcm"))
    assert inspect_audio(path).duration == 0.5


def test_a_name_that_is_not_utf8(wav):
    path = os.path.join(os.fsencode(wav.parent), b"m\xfcller.wav")
    try:
        shutil.copy(wav, path)
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    assert inspect_audio(os.fsdecode(path)).duration == 0.5


def test_suffixes():
    expected = {".m4a", ".raw", ".webm", ".wav", ".amr", ".flac", ".opus"}
    assert expected <= audio_suffixes()
    assert ".txt" not in audio_suffixes()


def test_duration_is_estimated_from_the_size(phone, wav, tmp_path):
    phone.write_bytes(MPEG4 + bytes(8000 - len(MPEG4)))
    assert at_most_seconds(phone) == 2.0
    (tmp_path / "a.amr").write_bytes(b"#!AMR\n" + bytes(1994))
    assert at_most_seconds(tmp_path / "a.amr") == 2.0
    assert at_most_seconds(wav) == at_most_seconds("none.m4a") == 0.0


def alac(wav, path):
    """Write without loss, so that the right samples are known."""
    command = ["ffmpeg", "-v", "error", "-i", wav, "-c:a", "alac", path]
    subprocess.run(command, check=True)


@needs_ffmpeg
def test_ffmpeg_itself(wav, tmp_path):
    alac(wav, tmp_path / "a.m4a")
    samples, rate = read_samples(tmp_path / "a.m4a")
    expected, _ = soundfile.read(wav, dtype="float32", always_2d=True)
    assert rate == 16000
    np.testing.assert_array_equal(samples, expected)


@needs_ffmpeg
@pytest.mark.parametrize("cut", [500, 3000])
def test_a_truncated_one_is_refused_by_ffmpeg(wav, tmp_path, cut):
    alac(wav, tmp_path / "a.m4a")
    whole = (tmp_path / "a.m4a").read_bytes()
    (tmp_path / "a.m4a").write_bytes(whole[:-cut])
    with pytest.raises(InputError, match="not audio, or damaged"):
        read_samples(tmp_path / "a.m4a")


@needs_ffmpeg
@needs_pyav
def test_pyav_finds_the_same(wav, tmp_path, monkeypatch):
    alac(wav, tmp_path / "a.m4a")
    by_ffmpeg, _ = read_samples(tmp_path / "a.m4a")
    monkeypatch.setattr(foreign_audio.shutil, "which", lambda _: None)
    by_pyav, _ = read_samples(tmp_path / "a.m4a")
    np.testing.assert_array_equal(by_pyav, by_ffmpeg)
