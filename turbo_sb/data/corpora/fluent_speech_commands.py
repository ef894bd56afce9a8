"""Fluent Speech Commands: 30,043 commands of 97 speakers, read.

    fluent_speech_commands_dataset/
        data/{train,valid,test}_data.csv   ,path,speakerId,transcription,...
        wavs/speakers/<speaker>/<uuid>.wav

`path` is relative to the top. The first column, without a name, is an index
that begins at 0 in each file. https://fluent.ai/fluent-speech-commands-a-dataset-for-spoken-language-understanding-research/

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

CORPUS = "fluent"
LISTS = tuple(f"data/{name}_data.csv" for name in ("train", "valid", "test"))
COLUMNS = ("path", "speakerId", "transcription")


def read_fluent(folder: str | Path) -> list[Utterance]:
    """List Fluent Speech Commands.

    Rows without path or text are left out, and so are repeated ones.

    Arguments
    ---------
    folder : str | Path
        Holds data/ and wavs/, or the one folder that does.

    Returns
    -------
    utterances : list of Utterance
        Sorted by ID. Their audio may be missing.

    Raises
    ------
    InputError
        If the folder is not this corpus.

    Example
    -------
    >>> root = getfixture("tmp_path")
    >>> (root / "data").mkdir()
    >>> table = ",path,speakerId,transcription\\n0,wavs/speakers/x/1.wav,x,Hi\\n"
    >>> _ = (root / "data/test_data.csv").write_text(table)
    >>> [(u.id, u.text, u.speaker) for u in read_fluent(root)]
    [('fluent_x_1', 'Hi', 'fluent_x')]
    """
    root = find_root(
        folder, "Fluent Speech Commands", LISTS, "data/train_data.csv and wavs/"
    )
    utterances, dropped = [], Counter()
    for path in (root / name for name in LISTS if (root / name).is_file()):
        for _, row in read_table(path, COLUMNS):
            if not row["path"] or not row["transcription"]:
                dropped["without path or text"] += 1
                continue
            utterances.append(_utterance(root, row))
    return gather(utterances, dropped, root)


def _utterance(root, row):
    """Make an utterance of a row."""
    wav, speaker = Path(row["path"]), row["speakerId"]
    return Utterance(
        # Two speakers may have files of one name.
        id=make_id(CORPUS, *wav.with_suffix("").parts[-2:]),
        path=root / wav,
        text=row["transcription"],
        speaker=f"{CORPUS}_{speaker}" if speaker else "",
        start=None,
        stop=None,
        corpus=CORPUS,
    )
