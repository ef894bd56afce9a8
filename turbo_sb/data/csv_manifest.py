"""Read a manifest.csv that people wrote, and check its rows and their audio.

Its columns: ID, wav, text, label; optionally spk_id, start, stop (s), split
and corpus.

Authors
 * The turbo_sb developers 2026
"""

import math
from collections.abc import Sequence
from pathlib import Path

from turbo_sb.data.audio_io import try_stretches
from turbo_sb.data.csv_table import read_table
from turbo_sb.data.fields import (
    name_problem,
    read_seconds,
    stretch_problem,
    with_slashes,
)
from turbo_sb.data.manifest import SKIPPED, Skipped
from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.logs import get_logger
from turbo_sb.utils.paths import expand

logger = get_logger(__name__)

MANIFEST = "manifest.csv"
REQUIRED = ("ID", "wav", "text", "label")
OPTIONAL = ("spk_id", "start", "stop", "split", "corpus")
ALIASES = {  # without case, spaces and underscores
    **dict.fromkeys(("speaker", "speakerid", "spk", "speakers"), "spk_id"),
    **dict.fromkeys(("begin", "onset", "starttime"), "start"),
    **dict.fromkeys(("end", "offset", "endtime", "stoptime"), "stop"),
    **dict.fromkeys(("set", "subset", "partition", "fold"), "split"),
    **dict.fromkeys(("dataset", "source"), "corpus"),
}
FOR_THE_CUT = ("split", "line")  # not in a run's manifests


def read_csv_manifest(
    data_folder: Path, labels: Sequence[str], bad_rows: str = "stop"
) -> tuple[dict, Skipped, str]:
    """Return entries, the rows that cannot be used, and a note on these."""
    if bad_rows not in ("stop", "skip"):
        raise InputError(f"bad_rows={bad_rows}: expected stop or skip.")
    path = data_folder / MANIFEST
    rows, bad = _read_rows(path, labels)
    bad = sorted(bad + _check_audio(rows, data_folder))
    note = _sum_up_bad(path, rows, bad, bad_rows)
    return {row["ID"]: _entry(row) for row in rows}, bad, note


def _read_rows(path, labels):
    """Return the rows that can be used, and the others as `Skipped`."""
    if not path.is_file():
        raise InputError(
            f"{path}: no such file. Expected --data_folder to be a folder that "
            f"holds {MANIFEST} with the columns {', '.join(REQUIRED)}."
        )
    rows, bad, seen, rejects = [], [], {}, []
    for line, row in read_table(path, REQUIRED, OPTIONAL, rejects, ALIASES):
        row["line"], problem = line, _row_problem(row, labels, seen)
        seen.setdefault(row["ID"], line)
        if problem:
            bad.append((line, row["ID"], problem))
        else:
            rows.append(row)
    bad += [(line, "", _with_advice(problem)) for line, problem in rejects]
    return rows, bad


def _with_advice(problem):
    """Add what may be the reason, where there are too few cells or many."""
    why = "is a text not between quotes, or a cell missing?"
    return f"{problem}: {why}" if " cells, " in problem else problem


def _row_problem(row, labels, seen):
    """Name what is wrong with a row, except its audio; else None."""
    if blank := [column for column in REQUIRED if not row[column]]:
        return f"{' and '.join(blank)} blank"
    if problem := name_problem(row["ID"]):
        return problem
    if row["ID"] in seen:
        return f"the same ID as line {seen[row['ID']]}"
    if row["label"] not in labels:
        return f"label {row['label']!r}, expected {' or '.join(labels)}"
    for column in ("start", "stop"):
        try:
            row[column] = read_seconds(row[column])
        except ValueError as error:
            return f"{column} {error}"
    # What is too long is seen beside its recording.
    return stretch_problem(row["start"], row["stop"], longest=math.inf)


def _check_audio(rows, data_folder):
    """Add `duration` (s); remove rows with bad audio, and return these."""
    for row in rows:
        row["wav"] = expand(with_slashes(data_folder, row["wav"]))
    wanted = {}  # one recording may be in many rows
    for row in sorted(rows, key=lambda row: row["wav"]):
        stretches = wanted.setdefault(data_folder / row["wav"], {})
        stretches[row["start"], row["stop"]] = None
    logger.info(f"checking {len(wanted):,} audio files to their last sample")
    found = try_stretches(wanted)
    problems = {
        row["line"]: _audio_problem(row, found[data_folder / row["wav"]])
        for row in rows
    }
    bad = [row for row in rows if problems[row["line"]]]
    rows[:] = [row for row in rows if not problems[row["line"]]]
    return [(row["line"], row["ID"], problems[row["line"]]) for row in bad]


def _audio_problem(row, verdicts):
    """Name why a row's stretch of audio cannot be used; else None."""
    facts = verdicts[row["start"], row["stop"]]
    if isinstance(facts, InputError):
        return str(facts)
    end, start = facts.duration, row["start"] or 0.0
    stop = end if row["stop"] is None else min(row["stop"], end)
    row["duration"] = stop - start
    row["recording"] = facts.digest
    if row["start"] or row["stop"] is not None:
        row["stretch"] = {"start": start, "stop": stop}
    return None


def _sum_up_bad(path, rows, bad, bad_rows):
    """Reject bad rows, or return a note on them."""
    listed = [f"line {line}: {ID or '(no ID)'}: {why}" for line, ID, why in bad]
    if bad and (bad_rows == "stop" or not rows):
        without = ", or go on without them: --bad_rows=skip" if rows else ""
        raise InputError(
            f"{path}: {len(bad)} of {len(bad) + len(rows)} rows cannot be "
            f"used:\n{some_of(listed)}\nCorrect them{without}."
        )
    if not bad:
        return "no row skipped"
    return f"skipped {len(bad)} rows ({SKIPPED}):\n{some_of(listed)}"


def _entry(row):
    """Make an entry of a row, with what the cut needs and no manifest has."""
    wav = row["wav"]
    return {
        "wav": wav if Path(wav).is_absolute() else f"{{data_root}}/{wav}",
        "duration": row["duration"],
        "text": row["text"],
        "label": row["label"],
        "spk_id": row["spk_id"],
        "corpus": row["corpus"],
        "split": row["split"],
        "line": row["line"],
        "recording": row["recording"],
        **row.get("stretch", {}),
    }
