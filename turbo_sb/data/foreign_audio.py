"""Decode what libsndfile cannot: what phones, browsers and cameras record.

ffmpeg (the program) decodes, or else PyAV, in a process that may be killed,
into a temporary WAV file. It may come from strangers: the container's kind is
given, so that no playlist names other files, and its size and time are bounded.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import soundfile

from turbo_sb.data.containers.base import read_at
from turbo_sb.data.containers.mpeg import after_tags
from turbo_sb.utils.errors import InputError

SECONDS = 300  # for decoding; an hour of AAC takes some 10
BYTES = 2**31  # of 32-bit samples: 90 minutes of stereo at 48 kHz
# What the system, and pyav_decode.py, say of more.
OF_TOO_LONG = ("File too large", "longer than can be decoded")
# ffmpeg's name of a container to the suffixes of its files.
CONTAINERS = {
    "mov": (".m4a", ".m4b", ".mp4", ".m4v", ".mov", ".3gp", ".3g2"),
    "aac": (".aac",),
    "amr": (".amr", ".awb"),
    "matroska": (".webm", ".mka", ".mkv"),
    "asf": (".wma", ".wmv", ".asf"),
    "nistsphere": (".sph",),  # libsndfile has no shorten
    "caf": (".caf",),  # nor AAC in it
    "ogg": (".spx", ".oga"),  # nor Speex, nor FLAC as ffmpeg has it
    "ac3": (".ac3",),
    "ape": (".ape",),
    "avi": (".avi",),
    "dss": (".dss",),
    "rm": (".ra", ".rm"),
    "tta": (".tta",),
    "wv": (".wv",),
}
# How a file begins: from which byte, and with what.
BEGINNINGS = (
    (4, b"ftyp", "mov"),
    (0, b"\xff\xf1", "aac"),
    (0, b"\xff\xf9", "aac"),
    (0, b"#!AMR", "amr"),
    (0, b"\x1aE\xdf\xa3", "matroska"),
    (0, b"0&\xb2u", "asf"),
    (0, b"NIST_1A", "nistsphere"),
    (0, b"caff", "caf"),
)
OURS_TOO = ("nistsphere", "caf")  # of these, libsndfile reads most
FOREIGN = {suffix: kind for kind, own in CONTAINERS.items() for suffix in own}
HEADERLESS = (".raw", ".pcm")
OWN = {f".{name.lower()}" for name in soundfile.available_formats()}
OWN |= set(".oga .opus .aif .aifc .snd .sph .mp2 .vox .gsm".split())
OWN -= {".raw"}
# Bytes a second, at least: of telephones, and of all else.
SPARSE, USUAL = 1000, 4000


def audio_suffixes() -> set[str]:
    """All suffixes of audio, also of what cannot be read."""
    return OWN | set(FOREIGN) | set(HEADERLESS)


def at_most_seconds(path: str | Path) -> float:
    """Estimate the duration of what is to be decoded, from its size."""
    try:
        kind, size = _container(path), os.path.getsize(path)
    except (OSError, ValueError):
        return 0.0
    if kind is None:
        return 0.0
    return size / (SPARSE if kind in ("amr", "dss") else USUAL)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[soundfile.SoundFile]:
    """Open a recording with libsndfile, decoded before where it must be."""
    with contextlib.ExitStack() as held:
        if (file := _by_libsndfile(path)) is None:
            folder = tempfile.TemporaryDirectory(prefix="turbo_sb_")
            decoded = Path(held.enter_context(folder), "decoded.wav")
            _decode(path, _container(path), decoded)
            file = soundfile.SoundFile(decoded)
        yield held.enter_context(file)


def _by_libsndfile(path):
    """Open with libsndfile; None if it is to be decoded.

    By its name alone, an AAC called .mp3 or .au would be noise.
    """
    if _beginning(path) not in (None, *OURS_TOO):
        return None
    try:
        # Bytes: a name need not be UTF-8.
        return soundfile.SoundFile(os.fsencode(path))
    except (soundfile.SoundFileError, TypeError):  # of .raw: no rate
        if _container(path) is None:
            _check_header(path)
            raise
        return None


def _check_header(path):
    """Say that samples alone tell neither their rate nor their format."""
    if path.suffix.lower() in HEADERLESS:
        raise InputError(
            f"{path}: samples without a header, by its name: rate and format "
            "are not known. Convert it, with its own rate and format: ffmpeg "
            f"-f s16le -ar 16000 -ac 1 -i {path.name} {path.stem}.wav"
        )


def _container(path):
    """Name the container by how the file begins, or by its suffix."""
    return _beginning(path) or FOREIGN.get(Path(path).suffix.lower())


def _beginning(path):
    """Name the container by how the file begins, behind tags; or None."""
    with open(path, "rb") as file:
        head = read_at(file, after_tags(file, 0), 16)
    for start, mark, kind in BEGINNINGS:
        if head[start:].startswith(mark):
            return kind
    return None


def _decoder():
    """Return how to decode, of what is there: ffmpeg or PyAV; or None."""
    if shutil.which("ffmpeg"):
        return _by_ffmpeg
    return _by_pyav if importlib.util.find_spec("av") else None


def _by_ffmpeg(path, kind, out):
    return [
        *("ffmpeg", "-nostdin", "-v", "error", "-xerror", "-threads", "1"),
        *("-max_alloc", str(2**28), "-protocol_whitelist", "file"),
        *("-f", kind, "-i", f"file:{path}", "-map", "0:a:0"),
        *("-map_metadata", "-1", "-c:a", "pcm_f32le", "-fs", str(BYTES)),
        *("-f", "wav", f"file:{out}"),
    ]


def _by_pyav(path, kind, out):
    script = Path(__file__).with_name("pyav_decode.py")
    return [sys.executable, str(script), kind, path, str(out), str(BYTES)]


def _decode(path, kind, out):
    """Decode; what is not decoded to its end, without a fault, is refused."""
    if (decoder := _decoder()) is None:
        raise InputError(
            f"{path}: needs ffmpeg or PyAV to be decoded, and neither is "
            "here. Install one (apt install ffmpeg, or pip install av), or "
            f"convert it elsewhere: ffmpeg -i {path.name} {path.stem}.wav"
        )
    try:
        done = subprocess.run(
            decoder(os.path.abspath(path), kind, out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(
            f"{path}: not decoded within {SECONDS} s. Convert it: ffmpeg -i "
            f"{path.name} {path.stem}.wav"
        ) from error
    said = done.stderr.decode("utf-8", "replace").strip()
    if "No space left" in said:
        raise InputError(
            f"{path}: no room to decode it in {tempfile.gettempdir()}. Make "
            "room, or name another folder: TMPDIR=FOLDER."
        )
    # On the page, a file may have fewer bytes, and this signal says so.
    limit = getattr(signal, "SIGXFSZ", None)
    cut = limit is not None and done.returncode == -limit
    if cut or any(sign in said for sign in OF_TOO_LONG):
        raise _too_long(path)
    if done.returncode or said:
        reason = said.splitlines()[0] if said else f"exit {done.returncode}"
        reason = re.sub(r"^\[.*? @ \w+\] |^file:.*: ", "", reason)
        raise InputError(f"{path}: not audio, or damaged ({reason}).")
    if out.stat().st_size >= BYTES:
        raise _too_long(path)


def _too_long(path):
    return InputError(
        f"{path}: longer than can be decoded here. Cut it, or convert it: "
        f"ffmpeg -i {path.name} -ac 1 -ar 16000 {path.stem}.wav"
    )
