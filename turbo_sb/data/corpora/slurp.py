"""SLURP: requests to a home assistant, recorded close and at a distance.

    dataset/slurp/{train,devel,test,train_synthetic}.jsonl   a sentence a line,
        with its recordings: {"file": "audio-1434542201.flac", "status": ...}
    dataset/slurp/metadata.json                              their speakers
    audio/slurp_real/audio-1434542201-headset.flac           close
    audio/slurp_real/audio-1434542201.flac                   at a distance
    audio/slurp_synth/audio-1590160754048Ccloa-synth.flac

or, as SpeechBrain's recipe downloads it, the lists (the first is called
train_real.jsonl there), slurp_real/ and slurp_synth/ in one folder, without
metadata. https://github.com/pswietojanski/slurp

Authors
 * The turbo_sb developers 2026
"""

import json
from collections import Counter
from pathlib import Path

from turbo_sb.data.corpora.base import (
    Utterance,
    find_root,
    gather,
    make_id,
)
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.logs import get_logger

logger = get_logger(__name__)

CORPUS = "slurp"
LISTS = {
    "slurp_real": ("train", "train_real", "devel", "test"),
    "slurp_synth": ("train_synthetic",),
}
PLACES = ("dataset/slurp", ".")  # of the lists
CLOSE = "-headset"
# What JSON that is not SLURP's raises; deep JSON is a RecursionError.
WRONG = (ValueError, AttributeError, KeyError, TypeError, RecursionError)


def read_slurp(folder: str | Path, synthetic: bool = False) -> list[Utterance]:
    """List SLURP, one microphone of each recording.

    The close one where there are both: the two are recordings of the same
    words, and distance would reveal that an utterance is of SLURP. Recordings
    whose status is not "correct" are left out.

    Arguments
    ---------
    folder : str | Path
        The repository with its audio/, or SpeechBrain's folder.
    synthetic : bool
        Whether to list the synthesised speech too; see `read_timers`.

    Returns
    -------
    utterances : list of Utterance
        Sorted by ID. Their audio may be missing. `spk_id` is "" where there
        is no metadata.json.

    Raises
    ------
    InputError
        If the folder is not this corpus, or a list of it is damaged.

    Example
    -------
    >>> root = getfixture("tmp_path")
    >>> (root / "slurp_real").mkdir()
    >>> recordings = [{"file": f"audio-1{m}.flac"} for m in ("", "-headset")]
    >>> line = {"slurp_id": 7, "sentence": "stop", "recordings": recordings}
    >>> _ = (root / "test.jsonl").write_text(json.dumps(line))
    >>> [(u.id, u.text) for u in read_slurp(root)]
    [('slurp_audio-1-headset', 'stop')]
    """
    known = [name for names in LISTS.values() for name in names]
    markers = tuple(f"{p}/{n}.jsonl" for p in PLACES for n in known)
    root = find_root(
        folder, "SLURP", markers, "dataset/slurp/train.jsonl and audio/"
    )
    place = next(root / p for p in PLACES if any(_lists(root / p, known)))
    speakers = _read_speakers(place / "metadata.json")
    utterances, dropped = [], Counter()
    for kind, names in LISTS.items():
        if kind == "slurp_synth" and not synthetic:
            continue
        audio = _audio_folder(root, kind)
        for path in _lists(place, names):
            for line in _read_lines(path):
                utterances += _utterances(line, audio, speakers, dropped)
    return gather(utterances, dropped, root)


def _lists(place, names):
    """Return the lists that exist."""
    paths = [place / f"{name}.jsonl" for name in names]
    return [path for path in paths if path.is_file()]


def _audio_folder(root, kind):
    """Find the folder of real or synthesised audio."""
    places = [root / "audio" / kind, root / kind]
    for place in places:
        if place.is_dir():
            return place
    raise InputError(
        f"{root}: no audio, expected {places[0]} or {places[1]}. SLURP's "
        "scripts/download_audio.sh fetches it."
    )


def _read_speakers(path):
    """Return file name to speaker, empty if there is no metadata."""
    if not path.is_file():
        logger.warning(
            f"{path}: missing, so SLURP's speakers are unknown, and sets may "
            "share voices. It is in SLURP's repository, in dataset/slurp/."
        )
        return {}
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: recording.get("usrid") or ""
            for entry in metadata.values()
            for name, recording in entry["recordings"].items()
        }
    except WRONG as error:
        raise InputError(
            f"{path}: not SLURP's metadata ({error!r}). Fetch it again."
        ) from error


def _read_lines(path):
    """Yield the objects of a list, each with sentence and recordings."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                content = json.loads(line)
                names = [r["file"].lower() for r in content["recordings"]]
                content["sentence"].lower(), "".join(names)
            except WRONG as error:
                raise InputError(
                    f"{path}:{number}: expected a JSON object with sentence "
                    f"and recordings, each with its file ({error!r}), got "
                    f"{line.strip()[:60]!r}. Fetch it again."
                ) from error
            yield content


def _utterances(line, audio, speakers, dropped):
    """Return one utterance for each recording of a sentence."""
    names = []
    for recording in line["recordings"]:
        if recording.get("status", "correct") == "correct":
            names.append(recording["file"])
        else:
            dropped["status not correct"] += 1
    chosen = []
    for name in names:
        stem, dot, suffix = name.rpartition(".")
        if f"{stem}{CLOSE}{dot}{suffix}" in names:
            dropped["a second microphone"] += 1
        else:
            chosen.append(name)
    return [
        Utterance(
            id=make_id(CORPUS, name.rpartition(".")[0]),
            path=audio / name,
            text=line["sentence"],
            spk_id=_speaker(speakers.get(name)),
            start=None,
            stop=None,
            corpus=CORPUS,
        )
        for name in chosen
    ]


def _speaker(name):
    """Add the corpus to a known speaker."""
    return f"{CORPUS}_{name}" if name else ""
