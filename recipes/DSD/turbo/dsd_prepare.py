"""Prepare device-directed speech detection: cut a manifest.csv into sets.

    python dsd_prepare.py split --data_folder=FOLDER --output_folder=manifests

reads FOLDER/manifest.csv (the README specifies it), checks every row and every
sample, and writes train.json, valid.json and test.json. Each maps an
utterance's ID to `wav`, `duration` (s), `text`, `label`, `spk_id`, `corpus`,
and `start` and `stop` (s) where it is a stretch of a recording.

    python dsd_prepare.py build --output_folder=FOLDER --slurp=/data/slurp \
        --librispeech=/data/LibriSpeech --cap=5000

makes such a FOLDER from published corpora.

Authors
 * The turbo_sb developers 2026
"""

import argparse
from collections import defaultdict
from pathlib import Path

from turbo_sb.data.audio_io import SHORTEST
from turbo_sb.data.corpora.command import add_build
from turbo_sb.data.csv_manifest import (
    FOR_THE_CUT,
    MANIFEST,
    read_csv_manifest,
)
from turbo_sb.data.manifest import write_sets
from turbo_sb.data.preparation import (
    Fold,
    alone,
    label_list,
    log_to_stdout,
)
from turbo_sb.data.splits.checks import SETS, check_labels
from turbo_sb.data.splits.leave_one_corpus_out import (
    corpora_to_leave_out,
    leave_out,
)
from turbo_sb.data.splits.recordings import check_folds
from turbo_sb.data.splits.speaker_split import check_sets, cut, given_split
from turbo_sb.data.transcripts import replace_texts, text_source
from turbo_sb.utils.errors import RESTARTS, InputError, plain_errors
from turbo_sb.utils.logs import get_logger
from turbo_sb.utils.options import spell
from turbo_sb.utils.overview import set_table

logger = get_logger(__name__)

LABELS = ("non_directed", "directed")
PROTOCOLS = ("manifest", "corpus")


def prepare_dsd(
    data_folder: str | Path,
    output_folder: str | Path,
    protocol: str = "manifest",
    fold: int = 1,
    **options,
) -> None:
    """Check a manifest, cut it into sets, and write their manifests.

    Nothing is written before everything has been checked.

    Arguments
    ---------
    data_folder : str | Path
        Holds manifest.csv, and the audio relative to it.
    output_folder : str | Path
        Gets train.json, valid.json and test.json; preparation.json, whose
        facts go into metrics.json; and skipped.csv, the rows in no set.
    protocol : str
        "manifest": its own split, else a seeded 80/10/10 by speaker; or
        "corpus": the same without one corpus, which is the test set.
    fold : int
        Which corpus is left out, from 1; 1 for "manifest".
    **options
        Of `prepare_folds`.

    Raises
    ------
    InputError
        If the manifest is not as expected.

    Example
    -------
    >>> prepare_dsd("folder", "manifests", fold=2)
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: fold=2: protocol=manifest has one fold, 1. ...
    """
    folds, notes = prepare_folds(data_folder, protocol, [fold], **options)
    folder, (sets, facts, skipped) = Path(output_folder), folds[fold]
    write_sets(folder, sets, skipped, preparation=facts)
    labels = options.get("labels", LABELS)
    notes.insert(1, set_table(sets, labels, by="corpus"))
    notes.append(f"wrote {', '.join(f'{s}.json' for s in sets)} in {folder}")
    logger.info("\n".join(notes))


def prepare_folds(
    data_folder: str | Path,
    protocol: str = "manifest",
    folds: list[int] | None = None,
    split_seed: int = 1986,
    bad_rows: str = "stop",
    text_csv: str | None = None,
    text_csv_sets: tuple[str, ...] = SETS,
    labels: tuple[str, ...] = LABELS,
    same_recordings: str = "stop",
) -> tuple[dict[int, Fold], list[str]]:
    """Check a manifest once, and cut it into the sets of several folds.

    Arguments
    ---------
    data_folder : str | Path
        Holds manifest.csv, and the audio relative to it.
    protocol : str
        As in `prepare_dsd`.
    folds : list of int, optional
        From 1; by default all that are possible.
    split_seed : int
        Of the seeded cut; not the seed of the training.
    bad_rows : str
        "stop", or "skip" to leave out the rows that cannot be used, which are
        counted, and listed in skipped.csv.
    text_csv : str, optional
        Has a recogniser's texts; see `turbo_sb.data.transcripts`.
    text_csv_sets : sequence of str
        The sets whose texts it replaces.
    labels : sequence of str
        The classes; the column label has no other.
    same_recordings : str
        "stop", or "warn" to go on where two sets have the same recording.

    Returns
    -------
    folds : dict
        Fold to its sets, the facts about them, and the rows in no set.
    notes : list of str
        What was found, for the log.

    Raises
    ------
    InputError
        If the manifest is not as expected.
    """
    for fold in folds or [1]:
        check_protocol(protocol, fold)
    check_labels(labels)
    path = Path(data_folder, MANIFEST)
    entries, bad, note = read_csv_manifest(path.parent, labels, bad_rows)
    cuts, notes = _cut_all(entries, path, protocol, folds, labels, split_seed)
    folds = {fold: sets for fold, (sets, _) in cuts.items()}
    same = check_folds(folds, entries, same_recordings, path)
    found = {}
    for fold, (sets, facts) in cuts.items():
        facts |= same[fold]
        skipped = sorted([*bad, *_left_out(entries, sets, facts["left_out"])])
        facts["n_skipped"], how = len(bad), facts["cut"]
        if text_csv:
            sets, replaced = replace_texts(sets, text_csv, text_csv_sets)
            facts["texts"] = text_source(text_csv, text_csv_sets)
            how = f"{how}; texts: {replaced}"
        found[fold] = Fold(_for_manifests(sets), facts, skipped)
        notes.append(f"fold {fold}: {how}")
    kept = {
        n: e for sets, _, _ in found.values() for n, e in _all(sets).items()
    }
    return found, [str(path), *notes, _describe(kept), note]


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
        If there is no such protocol, or it has no such fold.
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
            f"fold={fold}: protocol=manifest has one fold, 1. For another cut, "
            "give another --split_seed."
        )


def _cut_all(entries, path, protocol, folds, labels, split_seed):
    """Return the folds' sets and facts, and notes on impossible ones."""
    found, notes = {}, []
    for fold in folds or _all_folds(entries, protocol):
        try:
            found[fold] = _cut(
                entries, path, protocol, fold, labels, split_seed
            )
        except InputError as error:
            if folds:
                raise
            impossible = error
            notes.append(f"fold {fold} is not possible: {error}")
    if not found:
        raise impossible
    return found, notes


def _all_folds(entries, protocol):
    """Number the folds: corpora that can be left out, or the one cut."""
    if protocol == "manifest":
        return [1]
    return range(1, max(1, len(corpora_to_leave_out(entries))) + 1)


def _cut(entries, path, protocol, fold, labels, split_seed):
    """Return the sets, and how they were cut."""
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
        check_sets(entries, sets, labels)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return sets, {"cut": note, "left_out": out}


def _left_out(entries, sets, corpus):
    """List the rows in no set: protocol=corpus leaves some out."""
    held = _all(sets)
    why = {
        True: f"in no set: of {corpus}, and not in the test set of the cut",
        False: f"in no set: tested are {corpus} and the other class",
    }
    return [
        (entry["line"], name, why[entry["corpus"] == corpus])
        for name, entry in entries.items()
        if name not in held
    ]


def _all(sets):
    """Return the entries of all sets as one."""
    return {name: e for part in sets.values() for name, e in part.items()}


def _for_manifests(sets):
    """Remove what only the cut needs."""
    return {
        s: {
            name: {k: v for k, v in entry.items() if k not in FOR_THE_CUT}
            for name, entry in part.items()
        }
        for s, part in sets.items()
    }


def _describe(entries):
    """Describe the speakers, and count short utterances."""
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
    short = sum(entry["duration"] < SHORTEST for entry in entries.values())
    return f"{note}; {short} shorter than {SHORTEST} s, which are padded"


def _split(options):
    """Cut a manifest into sets."""
    prepare_dsd(
        options.data_folder,
        options.output_folder,
        options.protocol,
        options.fold,
        split_seed=options.split_seed,
        bad_rows=options.bad_rows,
        labels=options.labels,
        same_recordings=options.same_recordings,
    )


def main():
    """Run a command, build or split."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], allow_abbrev=False
    )
    commands = parser.add_subparsers(required=True)
    _add_split(commands)
    add_build(commands)
    options = parser.parse_args(spell(None, "_"))
    log_to_stdout()
    with alone(options.output_folder):
        options.run(options)


def _add_split(commands):
    """Add the command `split`."""
    parser = commands.add_parser("split", help="cut a manifest.csv into sets")
    parser.set_defaults(run=_split)
    add = parser.add_argument
    add("--data_folder", required=True, help=f"holds {MANIFEST}")
    add("--output_folder", required=True, help="where the three files go")
    add("--protocol", default="manifest", help=f"{' or '.join(PROTOCOLS)}")
    add("--fold", type=int, default=1, help="corpus to leave out, from 1")
    add("--split_seed", type=int, default=1986, help="of the 80/10/10 cut")
    add("--bad_rows", default="stop", help="stop or skip")
    both = "the two classes, the second is the target"
    add("--labels", type=label_list, default=LABELS, help=both)
    same = "where two sets have the same recording: stop or warn"
    add("--same_recordings", default="stop", help=same)


if __name__ == "__main__":
    with plain_errors(RESTARTS):
        main()
