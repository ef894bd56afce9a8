"""Prepare device-directed speech detection: a manifest.csv, cut into sets.

    python dsd_prepare.py split --data_folder=FOLDER --output_folder=manifests

reads FOLDER/manifest.csv (the README specifies it), checks every row and every
sample, and writes train.json, valid.json and test.json; each maps an
utterance's ID to `wav`, `duration` (s), `text`, `label`, `spk_id`, `corpus`,
and `start` and `stop` (s) where it is a stretch of a recording.

    python dsd_prepare.py build --output_folder=FOLDER --slurp=/data/slurp \
        --librispeech=/data/LibriSpeech --cap=5000

makes such a FOLDER from corpora that people have.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import csv
import logging
import sys
from collections import defaultdict
from pathlib import Path

from turbo_sb.data.audio_io import try_all
from turbo_sb.data.corpora.command import add_build
from turbo_sb.data.csv_table import read_table
from turbo_sb.data.manifest import write_sets
from turbo_sb.data.splits.checks import SETS
from turbo_sb.data.splits.leave_one_corpus_out import (
    corpora_to_leave_out,
    leave_out,
)
from turbo_sb.data.splits.speaker_split import check_sets, cut, given_split
from turbo_sb.data.transcripts import replace_texts, text_source
from turbo_sb.utils.errors import InputError, plain_errors, some_of
from turbo_sb.utils.files import replacing
from turbo_sb.utils.logs import get_logger
from turbo_sb.utils.options import spell
from turbo_sb.utils.overview import set_table

logger = get_logger(__name__)

MANIFEST, SKIPPED = "manifest.csv", "skipped.csv"
REQUIRED = ("ID", "wav", "text", "label")
OPTIONAL = ("spk_id", "start", "stop", "split", "corpus")
ALIASES = {  # without case, spaces and underscores
    **dict.fromkeys(("speaker", "speakerid", "spk", "speakers"), "spk_id"),
    **dict.fromkeys(("begin", "onset", "starttime"), "start"),
    **dict.fromkeys(("end", "offset", "endtime", "stoptime"), "stop"),
    **dict.fromkeys(("set", "subset", "partition", "fold"), "split"),
    **dict.fromkeys(("dataset", "source"), "corpus"),
}
LABELS = ("non_directed", "directed")
PROTOCOLS = ("manifest", "corpus")
ROUNDING = 0.01  # s: a stop this far past the end is the end
MIN_SECONDS = 400 / 16000  # below this the encoders pad


def prepare_dsd(
    data_folder: str | Path,
    output_folder: str | Path,
    protocol: str = "manifest",
    fold: int = 1,
    save_folder: str | Path | None = None,
    **options,
) -> None:
    """Check a manifest, cut it into sets, and write theirs.

    Nothing is written before everything has been checked.

    Arguments
    ---------
    data_folder : str | Path
        Holds manifest.csv, and the audio relative to it.
    output_folder : str | Path
        Where train.json, valid.json and test.json go, and preparation.json.
    protocol : str
        "manifest": its own split, else a seeded 80/10/10 by speaker; or
        "corpus": the same without one corpus, which is tested on.
    fold : int
        Which corpus is left out, from 1; 1 for "manifest".
    save_folder : str | Path, optional
        Of the training whose sets these are: see `write_sets`.
    **options
        Of `prepare_folds`.

    Raises
    ------
    InputError
        If the manifest is not what it should be.
    """
    folds, notes, bad = _prepare(data_folder, protocol, [fold], **options)
    folder, (sets, facts) = Path(output_folder), folds[fold]
    write_sets(folder, sets, save_folder, preparation=facts)
    _write_skipped(folder / SKIPPED, bad)
    notes.insert(1, set_table(sets, LABELS, by="corpus"))
    notes.append(f"wrote {', '.join(f'{s}.json' for s in sets)} in {folder}")
    logger.info("\n".join(notes))


def prepare_folds(
    data_folder: str | Path,
    protocol: str = "manifest",
    folds: list | None = None,
    split_seed: int = 1986,
    bad_rows: str = "stop",
    text_csv: str | None = None,
    text_csv_sets: tuple = SETS,
) -> tuple[dict, list]:
    """Check a manifest once, and cut it into the sets of several folds.

    Arguments
    ---------
    data_folder : str | Path
        Holds manifest.csv, and the audio relative to it.
    protocol : str
        As in `prepare_dsd`.
    folds : list of int, optional
        From 1; all that can be had, if not given.
    split_seed : int
        Of the seeded cut; not the seed of the training.
    bad_rows : str
        "stop", or "skip" to go on without the rows that cannot be used,
        which are counted, and listed in skipped.csv.
    text_csv : str, optional
        Has a recogniser's texts; see `turbo_sb.data.transcripts`.
    text_csv_sets : sequence of str
        The sets whose texts it replaces.

    Returns
    -------
    folds : dict
        Fold to its sets and the facts about them.
    notes : list of str
        What was found, for the log.

    Raises
    ------
    InputError
        If the manifest is not what it should be.
    """
    options = (split_seed, bad_rows, text_csv, text_csv_sets)
    found, notes, _ = _prepare(data_folder, protocol, folds, *options)
    return found, notes


def _prepare(
    data_folder,
    protocol,
    folds,
    split_seed=1986,
    bad_rows="stop",
    text_csv=None,
    text_csv_sets=SETS,
):
    """As `prepare_folds`; returns the rows that were skipped as well."""
    for fold in folds or [1]:
        check_protocol(protocol, fold)
    if bad_rows not in ("stop", "skip"):
        raise InputError(f"bad_rows={bad_rows}: expected stop or skip.")
    path = Path(data_folder, MANIFEST)
    rows, bad = _read_rows(path)
    bad = sorted(bad + _check_audio(rows, Path(data_folder)))
    skipped = _sum_up_bad(path, rows, bad, bad_rows)
    entries = {row["ID"]: _entry(row) for row in rows}
    found, notes = {}, [str(path)]
    for fold in folds or _all_folds(entries, protocol):
        try:
            sets, note, out = _cut(entries, path, protocol, fold, split_seed)
        except InputError as error:
            if folds:
                raise
            impossible = error
            notes.append(f"fold {fold} cannot be had: {error}")
            continue
        facts = {"cut": note, "left_out": out, "n_skipped": len(bad)}
        sets = _without_split(sets)
        if text_csv:
            sets, replaced = replace_texts(sets, text_csv, text_csv_sets)
            facts["texts"] = text_source(text_csv, text_csv_sets)
            note = f"{note}; texts: {replaced}"
        found[fold] = (sets, facts)
        notes.append(f"fold {fold}: {note}")
    if not found:
        raise impossible
    kept = {n: e for sets, _ in found.values() for n, e in _all(sets).items()}
    return found, [*notes, _describe(kept), skipped], bad


def _all_folds(entries, protocol):
    """Number the folds: corpora that can be left out, or the one cut."""
    if protocol == "manifest":
        return [1]
    return range(1, max(1, len(corpora_to_leave_out(entries))) + 1)


def _all(sets):
    """Return the entries of all sets as one."""
    return {name: e for part in sets.values() for name, e in part.items()}


def _without_split(sets):
    """Leave out the column that has been followed."""
    return {
        s: {
            name: {k: v for k, v in entry.items() if k != "split"}
            for name, entry in part.items()
        }
        for s, part in sets.items()
    }


def check_protocol(protocol: str, fold: int) -> None:
    """Check a protocol's name and a fold's number before any data is read.

    Arguments
    ---------
    protocol : str
        As in `prepare_dsd`.
    fold : int
        As in `prepare_dsd`.

    Raises
    ------
    InputError
        If there is no such protocol, or no such fold in it.
    """
    if protocol not in PROTOCOLS:
        raise InputError(
            f"protocol={protocol}: there is no such protocol. Choose one of "
            f"{', '.join(PROTOCOLS)}."
        )
    if type(fold) is not int or fold < 1:
        raise InputError(f"fold={fold!r}: expected a whole number from 1.")
    if protocol == "manifest" and fold != 1:
        raise InputError(
            f"fold={fold}: protocol=manifest has one fold, 1. Another cut has "
            "another --split_seed."
        )


def _read_rows(path):
    """Return the rows that can be used, and (line, ID, problem) of others."""
    if not path.is_file():
        raise InputError(
            f"{path}: no such file. Expected --data_folder to be a folder that "
            f"holds {MANIFEST} with the columns {', '.join(REQUIRED)}."
        )
    rows, bad, seen, rejects = [], [], {}, []
    for line, row in read_table(path, REQUIRED, OPTIONAL, rejects, ALIASES):
        row["line"], problem = line, _row_problem(row, seen)
        seen.setdefault(row["ID"], line)
        if problem:
            bad.append((line, row["ID"], problem))
        else:
            rows.append(row)
    why = "is a text not between quotes, or a cell missing?"
    bad += [(line, "", f"{problem}: {why}") for line, problem in rejects]
    return rows, bad


def _row_problem(row, seen):
    """Say what is wrong with a row, apart from its audio; else None."""
    if blank := [column for column in REQUIRED if not row[column]]:
        return f"{' and '.join(blank)} blank"
    if row["ID"] in seen:
        return f"the same ID as line {seen[row['ID']]}"
    if row["label"] not in LABELS:
        return f"label {row['label']!r}, expected {' or '.join(LABELS)}"
    for column in ("start", "stop"):
        try:
            row[column] = _seconds(row[column])
        except ValueError:
            return f"{column} {row[column]!r}, expected seconds"
    start, stop = row["start"] or 0.0, row["stop"]
    if not start >= 0:
        return f"start {start} s, expected 0 or more"
    if stop is not None and not stop > start:
        return f"stop {stop} s, expected more than start, {start} s"
    return None


def _seconds(cell):
    """Read a number, also with the decimal comma of a German spreadsheet."""
    return float(cell.replace(",", ".")) if cell else None


def _check_audio(rows, data_folder):
    """Add `duration` (s); take rows with bad audio out, and return them."""
    for row in rows:  # a manifest from Windows has backslashes
        row["wav"] = row["wav"].replace("\\", "/")
    paths = sorted({row["wav"] for row in rows})  # a recording may have many
    logger.info(f"checking {len(paths):,} audio files to their last sample")
    facts = dict(zip(paths, try_all([data_folder / path for path in paths])))
    bad = []
    for row in rows:
        if problem := _audio_problem(row, facts[row["wav"]]):
            bad.append((row["line"], row["ID"], problem))
    lines = {line for line, _, _ in bad}
    rows[:] = [row for row in rows if row["line"] not in lines]
    return bad


def _audio_problem(row, facts):
    """Say why a row's stretch of audio cannot be used; else None."""
    if isinstance(facts, InputError):
        return str(facts)
    end, start = facts.duration, row["start"] or 0.0
    stop = end if row["stop"] is None else row["stop"]
    if start >= end:
        return f"{row['wav']}: start {start} s, but it ends at {end:.3f} s"
    if stop > end + ROUNDING:
        return f"{row['wav']}: stop {stop} s, but it ends at {end:.3f} s"
    stop = min(stop, end)
    if round(start * facts.rate) == round(stop * facts.rate):
        return f"{row['wav']}: no sample from start {start} s to {stop} s"
    row["duration"] = stop - start
    if row["start"] or row["stop"] is not None:
        row["stretch"] = {"start": start, "stop": stop}
    return None


def _sum_up_bad(path, rows, bad, bad_rows):
    """Raise, or return a note."""
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


def _write_skipped(path, bad):
    """List what was skipped; a list of before does not stay."""
    try:
        with replacing(path) as draft:
            with open(draft, "w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerows([("line", "ID", "problem"), *bad])
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror})."
        ) from error


def _entry(row):
    """Turn a row into a manifest's entry."""
    wav = row["wav"]
    return {
        "wav": wav if Path(wav).is_absolute() else f"{{data_root}}/{wav}",
        "duration": row["duration"],
        "text": row["text"],
        "label": row["label"],
        "spk_id": row["spk_id"],
        "corpus": row["corpus"],
        "split": row["split"],
        **row.get("stretch", {}),
    }


def _cut(entries, path, protocol, fold, split_seed):
    """Return the sets, how they came about, and the corpus left out."""
    out = None
    try:
        if any(entry["split"] for entry in entries.values()):
            sets, note = given_split(entries), "its own split"
        else:
            sets = cut(entries, split_seed)
            note = f"80/10/10 by speaker, split_seed {split_seed}"
        if protocol == "corpus":
            sets, out = leave_out(entries, sets, fold)
            note = f"{note}; without {out}, which is tested on (fold {fold})"
            entries = _all(sets)
        check_sets(entries, sets, LABELS)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return sets, note, out


def _describe(entries):
    """Say what is known of the speakers."""
    classes = defaultdict(set)
    for entry in entries.values():
        classes[entry["spk_id"]].add(entry["label"])
    classes.pop("", None)
    mixed = sum(len(found) > 1 for found in classes.values())
    note = f"{len(classes)} speakers, {mixed} of them in both classes"
    if unknown := sum(not entry["spk_id"] for entry in entries.values()):
        note += (
            f"; {unknown} utterances without spk_id: the sets may share the "
            "voices of these"
        )
    short = sum(entry["duration"] < MIN_SECONDS for entry in entries.values())
    return f"{note}; {short} shorter than {MIN_SECONDS} s, which are padded"


def _split(options):
    """Cut a manifest into sets."""
    prepare_dsd(
        options.data_folder,
        options.output_folder,
        options.protocol,
        options.fold,
        split_seed=options.split_seed,
        bad_rows=options.bad_rows,
    )


def main():
    """Build or split, from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], allow_abbrev=False
    )
    commands = parser.add_subparsers(required=True)
    _add_split(commands)
    add_build(commands)
    options = parser.parse_args(spell(None, "_"))
    logging.basicConfig(
        level=logging.INFO, format="%(message)s", stream=sys.stdout
    )
    options.run(options)


def _add_split(commands):
    parser = commands.add_parser("split", help="cut a manifest.csv into sets")
    parser.set_defaults(run=_split)
    add = parser.add_argument
    add("--data_folder", required=True, help=f"holds {MANIFEST}")
    add("--output_folder", required=True, help="where the three files go")
    add("--protocol", default="manifest", help=f"{' or '.join(PROTOCOLS)}")
    add("--fold", type=int, default=1, help="corpus to leave out, from 1")
    add("--split_seed", type=int, default=1986, help="of the 80/10/10 cut")
    add("--bad_rows", default="stop", help="stop or skip")


if __name__ == "__main__":
    with plain_errors():
        main()
