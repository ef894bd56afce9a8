"""Timers and Such 1.0: commands with numbers, real and synthesised.

    train-real.csv, dev-real.csv, test-real.csv      path,speakerId,
    train-synth.csv, dev-synth.csv, test-synth.csv   transcription,semantics
    train-real/<uuid>_prompt-181_0.wav ...

`path` is relative to the top. https://zenodo.org/records/4623772

Authors
 * The turbo_sb developers 2026
"""

from collections import Counter
from pathlib import Path

from turbo_sb.data.corpora.base import (
    Utterance,
    find_root,
    gather,
    make_id,
)
from turbo_sb.data.csv_table import read_table
from turbo_sb.utils.errors import InputError

CORPUS = "timers"
SETS = ("train", "dev", "test")
COLUMNS = ("path", "transcription")


def read_timers(folder: str | Path, synthetic: bool = False) -> list[Utterance]:
    """List Timers and Such.

    Arguments
    ---------
    folder : str | Path
        Holds train-real.csv and so on, or the one folder that does.
    synthetic : bool
        Whether to list the synthesised speech too, with unknown speakers. Of
        the other corpora only SLURP has synthesised speech, and all of it is
        directed: a classifier may learn to tell it from real speech instead.

    Returns
    -------
    utterances : list of Utterance
        Sorted by ID. Their audio may be missing.

    Raises
    ------
    InputError
        If the folder is not this corpus, or has no real speech.

    Example
    -------
    >>> root = getfixture("tmp_path")
    >>> table = "path,speakerId,transcription\\ndev-real/1.wav,x,set 2 timers\\n"
    >>> _ = (root / "dev-real.csv").write_text(table)
    >>> [(u.id, u.text, u.speaker) for u in read_timers(root)]
    [('timers_dev-real_1', 'set 2 timers', 'timers_x')]
    """
    markers = tuple(f"{s}-{kind}.csv" for s in SETS for kind in _kinds(True))
    root = find_root(
        folder, "Timers and Such", markers, "train-real.csv and train-real/"
    )
    utterances, dropped = [], Counter()
    names = [f"{s}-{kind}" for s in SETS for kind in _kinds(synthetic)]
    lists = [n for n in names if (root / f"{n}.csv").is_file()]
    if not lists:
        raise InputError(
            f"{root}: {', '.join(f'{n}.csv' for n in names)} are missing; only "
            "synthesised speech is there. Download the real one."
        )
    for name in lists:
        for _, row in read_table(root / f"{name}.csv", COLUMNS, ("speakerId",)):
            if not row["path"] or not row["transcription"]:
                dropped["without path or text"] += 1
                continue
            utterances.append(_utterance(root, name, row))
    return gather(utterances, dropped, root)


def _kinds(synthetic):
    """Name the kinds of speech."""
    return ("real", "synth") if synthetic else ("real",)


def _utterance(root, name, row):
    """Make an utterance of a row."""
    real = row["speakerId"] and name.endswith("-real")
    return Utterance(
        id=make_id(CORPUS, row["path"].removesuffix(".wav")),
        path=root / row["path"],
        text=row["transcription"],
        speaker=f"{CORPUS}_{row['speakerId']}" if real else "",
        start=None,
        stop=None,
        corpus=CORPUS,
    )
