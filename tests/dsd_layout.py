"""Lay out a tiny made-up corpus of device-directed and other speech.

Authors
 * The turbo_sb developers 2026
"""

import csv
from pathlib import Path

import numpy as np
import soundfile

COLUMNS = ("ID", "wav", "text", "label", "spk_id")
TEXTS = {
    "directed": ("turn on the light", 'play "Blue, Blue" now'),
    "non_directed": ("so I said to her", "well, käthe came too"),
}
# Of speakers of even and of odd number; two corpora a class.
CORPORA = {"directed": ("slurp", "fsc"), "non_directed": ("ami", "libri")}


def rows(n_speakers: int = 10) -> list[dict]:
    """List the corpus: two utterances a class and speaker, in all columns.

    Arguments
    ---------
    n_speakers : int
        Named s0, s1, ...; the IDs are s0_d0, s0_d1, s0_n0, s0_n1, ...

    Returns
    -------
    rows : list of dict
        Column to cell, with `corpus` beyond `COLUMNS`.
    """
    return [
        {
            "ID": f"s{speaker}_{label[0]}{number}",
            "wav": f"audio/s{speaker}_{label[0]}{number}.wav",
            "text": text,
            "label": label,
            "spk_id": f"s{speaker}",
            "corpus": CORPORA[label][speaker % 2],
        }
        for speaker in range(n_speakers)
        for label, texts in TEXTS.items()
        for number, text in enumerate(texts)
    ]


def lay_out(
    root: Path, n_speakers: int = 10, columns: tuple = COLUMNS, **changes
) -> Path:
    """Write audio/ and manifest.csv.

    Arguments
    ---------
    root : Path
        Made if it is missing.
    n_speakers : int
        Four utterances each.
    columns : tuple of str
        Of the manifest; a cell that nothing fills is blank.
    **changes
        ID to cells that differ, a dict; None drops the row. The audio stays
        as it is.

    Returns
    -------
    root : Path
    """
    found = rows(n_speakers)
    for number, row in enumerate(found):
        seconds = 0.1 + 0.01 * (number % 4)
        write_tone(root / row["wav"], seconds, hertz=400 + number)
    kept = [
        {**row, **changes.get(row["ID"], {})}
        for row in found
        if changes.get(row["ID"], {}) is not None
    ]
    write_manifest(root, kept, columns)
    return root


def write_manifest(root, rows, columns=COLUMNS, encoding="utf-8", **dialect):
    """Write manifest.csv; a cell that nothing fills is blank.

    Arguments
    ---------
    root : Path
        The folder.
    rows : list of dict
        Column to cell.
    columns : tuple of str
        The header.
    encoding : str
        Of the file.
    **dialect
        Of csv.writer, such as delimiter and lineterminator.
    """
    dialect = {"lineterminator": "\n", **dialect}
    path = root / "manifest.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, **dialect)
        writer.writerow(columns)
        writer.writerows([row.get(c, "") for c in columns] for row in rows)


def write_tone(path, seconds=0.1, rate=16000, channels=1, level=0.1, hertz=400):
    """Write a tone, in a folder that may be new.

    Arguments
    ---------
    path : Path
        Its suffix chooses the format.
    seconds : float
        Duration.
    rate : int
        In Hz.
    channels : int
        All alike.
    level : float
        Its peak.
    hertz : float
        Its frequency; no two recordings of a corpus may be equal.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * rate)) / rate
    tone = level * np.sin(2 * np.pi * hertz * time)
    soundfile.write(path, np.stack([tone] * channels, axis=1), rate)
