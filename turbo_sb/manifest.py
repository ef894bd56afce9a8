"""Manifests: audio inspected, JSON written whole or not at all, JSON checked.

A manifest maps each utterance's ID to its fields, `wav` (a path that may begin
with `{data_root}`), `duration` (seconds), `text` and whatever a recipe adds.
Nothing here knows a corpus.

Authors
 * The turbo_sb developers 2026
"""

import json
import math
import os
import struct
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from turbo_sb.errors import InputError, some_of

# What a writer to a pipe puts for "size unknown" (ffmpeg does).
UNKNOWN_SIZE = 0xFFFFFFFF


class AudioFacts(NamedTuple):
    """What `inspect_audio` learns: seconds, samples per second, channels."""

    duration: float
    rate: int
    channels: int


def inspect_audio(path: str | Path) -> AudioFacts:
    """Read an audio file to its end and return its duration and format.

    Every sample is read, so that damage is found here and not in an epoch.

    Arguments
    ---------
    path : str | Path
        Any format that libsndfile reads, at any rate, mono or not.

    Returns
    -------
    facts : AudioFacts

    Raises
    ------
    InputError
        If the file is missing, empty, truncated, not audio, or holds a sample
        that is NaN or infinite.

    Example
    -------
    >>> path = getfixture("tmpdir") / "tone.wav"
    >>> soundfile.write(path, np.zeros((22050, 2)), samplerate=44100)
    >>> inspect_audio(path)
    AudioFacts(duration=0.5, rate=44100, channels=2)
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file.")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: empty, 0 bytes.")
    try:
        with soundfile.SoundFile(path) as file:
            samples = file.read(dtype="float32", always_2d=True)
            rate, channels = file.samplerate, file.channels
        _check_riff_size(path)
    except (soundfile.SoundFileError, OSError) as error:
        reason = getattr(error, "error_string", "") or str(error)
        raise InputError(
            f"{path}: not audio, or damaged ({reason.strip() or 'unreadable'})."
        ) from error
    if len(samples) == 0:
        raise InputError(f"{path}: empty, a header without samples.")
    if not np.isfinite(samples).all():
        first = int(np.argmin(np.isfinite(samples).all(axis=1)))
        raise InputError(
            f"{path}: sample {first} (at {first / rate:.3f} s) is NaN or "
            "infinite; expected finite numbers."
        )
    return AudioFacts(len(samples) / rate, rate, channels)


def _check_riff_size(path):
    """Raise an InputError if a WAV has fewer bytes than its header promises.

    libsndfile reads a truncated WAV as a shorter one and says nothing.
    """
    with path.open("rb") as file:
        if file.read(12)[:4] != b"RIFF":
            return
        name, size = b"", 0
        while name != b"data":
            file.seek(size + size % 2, os.SEEK_CUR)  # chunks are padded to 2
            header = file.read(8)
            if len(header) < 8:
                return
            name, size = struct.unpack("<4sI", header)
        held = path.stat().st_size - file.tell()
    if size > held and size != UNKNOWN_SIZE:
        raise InputError(
            f"{path}: truncated, its header promises {size} bytes of samples "
            f"and {held} are there."
        )


def inspect_all(paths: list[str | Path]) -> list[AudioFacts]:
    """Inspect many audio files and report all the bad ones together.

    Arguments
    ---------
    paths : list of str | Path
        See `inspect_audio`.

    Returns
    -------
    facts : list of AudioFacts
        In the order of the paths.

    Raises
    ------
    InputError
        Naming the first ten bad files and counting the rest.

    Example
    -------
    >>> inspect_all([])
    []
    """

    def try_one(path):
        try:
            return inspect_audio(path)
        except InputError as error:
            return error

    # Threads hide the latency of a network disk; libsndfile drops the GIL.
    with ThreadPoolExecutor(max_workers=4) as pool:
        results = list(pool.map(try_one, paths))
    bad = [str(result) for result in results if isinstance(result, InputError)]
    if bad:
        raise InputError(
            f"{len(bad)} of {len(paths)} audio files cannot be used:\n"
            f"{some_of(bad)}\nRestore them from the corpus and run again."
        )
    return results


def write_json(contents: dict) -> None:
    """Write JSON files so that each is there whole, or as it was before.

    All are written beside their destinations first, and then moved. The same
    contents always give the same bytes: sorted keys, UTF-8, a final newline.

    Arguments
    ---------
    contents : dict
        Destination (str | Path) to JSON-serialisable contents.

    Raises
    ------
    InputError
        If a file cannot be written; what was there before stays.

    Example
    -------
    >>> path = Path(getfixture("tmpdir")) / "new" / "train.json"
    >>> write_json({path: {"b": {"text": "ja, \\"ü\\""}}})
    >>> print(path.read_text(encoding="utf-8"), end="")
    {
      "b": {
        "text": "ja, \\"ü\\""
      }
    }
    """
    drafts = {}
    try:
        for path, content in contents.items():
            path = Path(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            drafts[draft] = path
            text = json.dumps(
                content, indent=2, sort_keys=True, ensure_ascii=False
            )
            draft.write_text(text + "\n", encoding="utf-8", newline="\n")
        for draft, path in drafts.items():
            os.replace(draft, path)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror}). Check the output "
            "folder, its permissions and the space left."
        ) from error
    finally:
        for draft in drafts:
            if draft.is_file():
                draft.unlink()


def load_manifest(
    path: str | Path, required: tuple = ("wav", "duration", "text")
) -> dict:
    """Read a manifest and check every entry before anything relies on it.

    Arguments
    ---------
    path : str | Path
        A JSON file: utterance ID to its fields.
    required : tuple of str
        The fields that each entry has. `duration` is a number of seconds
        above 0; every other one is a string that is not blank.

    Returns
    -------
    entries : dict
        As in the file, with whatever other fields are there.

    Raises
    ------
    InputError
        If the file is missing, is not JSON, has no entry or the same ID twice,
        or if a field is missing or wrong; file and IDs are named.

    Example
    -------
    >>> path = Path(getfixture("tmpdir")) / "train.json"
    >>> write_json({path: {"a": {"wav": "a.wav", "duration": 0, "text": "ja"}}})
    >>> load_manifest(path)
    Traceback (most recent call last):
    ...
    turbo_sb.errors.InputError: ...train.json: 1 wrong in 1 entries:
      a: duration is 0, expected seconds above 0
    Prepare it again, or correct it.
    """
    entries = _read_object(Path(path))
    problems = [
        f"{utterance}: {problem}"
        for utterance, entry in entries.items()
        for problem in _entry_problems(entry, required)
    ]
    if problems:
        raise InputError(
            f"{path}: {len(problems)} wrong in {len(entries)} entries:\n"
            f"{some_of(problems)}\nPrepare it again, or correct it."
        )
    return entries


def _read_object(path):
    """Read a JSON object that is not empty; see `load_manifest`."""

    def unique(pairs):  # json would keep the last of two equal IDs
        for key, count in Counter(key for key, _ in pairs).items():
            if count > 1:
                raise InputError(f"{path}: {key} stands there {count} times.")
        return dict(pairs)

    try:
        text = path.read_text(encoding="utf-8")
        entries = json.loads(text, object_pairs_hook=unique)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}). Run the preparation "
            "first, or correct the path of the annotation."
        ) from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(
            f"{path}: not JSON in UTF-8 ({error}). Prepare it again."
        ) from error
    if not isinstance(entries, dict) or not entries:
        raise InputError(
            f"{path}: expected a JSON object of utterances by ID, with at "
            f"least one; it holds {text.strip()[:40]!r}. Prepare it again."
        )
    return entries


def _entry_problems(entry, required):
    """List what is wrong with one entry; see `load_manifest`."""
    if not isinstance(entry, dict):
        return [f"expected an object of fields, it is {entry!r:.60}"]
    problems = []
    for field in required:
        if field not in entry:
            problems.append(f"the field {field} is missing")
            continue
        value, expected = entry[field], "text that is not blank"
        good = isinstance(value, str) and value.strip()
        if field == "duration":
            expected = "seconds above 0"
            good = type(value) in (int, float) and 0 < value < math.inf
        if not good:
            problems.append(f"{field} is {value!r:.60}, expected {expected}")
    return problems
