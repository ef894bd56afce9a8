"""Prepare IEMOCAP: 5,531 utterances of four classes, with their transcripts.

    python iemocap_prepare.py --data_folder=/IEMOCAP --output_folder=manifests \
        --protocol=speaker10 --fold=1

writes train.json, valid.json and test.json. Each maps an utterance's ID to
`wav` ("{data_root}/..."), `duration` (s), `text`, `label` (ang, hap, neu, sad,
or those of --labels), `spk_id` (Ses01F), `session` (Session1), `dialog` (Ses01F_impro01), `scenario`
(impro01) and `kind` (impro or script). The corpus: https://sail.usc.edu/iemocap/

Authors
 * The turbo_sb developers 2026
"""

import argparse
import re
from collections import Counter
from pathlib import Path

from turbo_sb.data.corpora.base import find_root
from turbo_sb.data.manifest import write_sets
from turbo_sb.data.preparation import (
    Fold,
    add_audio,
    alone,
    boolean,
    corpus_hash,
    label_list,
    log_to_stdout,
    read_lines,
    report_lines,
    without,
)
from turbo_sb.data.splits.checks import check_classes, check_labels
from turbo_sb.data.splits.protocols import GIVEN, N_FOLDS, check_fold, cut_folds
from turbo_sb.data.splits.recordings import check_folds
from turbo_sb.data.transcripts import replace_texts, text_source
from turbo_sb.utils.errors import RESTARTS, InputError, plain_errors, some_of
from turbo_sb.utils.logs import get_logger
from turbo_sb.utils.options import spell
from turbo_sb.utils.overview import listing, set_table

logger = get_logger(__name__)

CLASSES = ("ang", "hap", "neu", "sad")
# Happy is happiness and excitement, unless excitement is a class of its own.
MERGED = {"exc": "hap"}
LABELS = "dialog/EmoEvaluation"  # its sub-folders hold no dialogs
TEXTS = "dialog/transcriptions"
WAVS = "sentences/wav"

EXAMPLE = "Ses03M_impro05a_F001"  # markers on the man, the woman speaks
UTTERANCE = re.compile(
    r"Ses0[1-5][FM]_(impro0[1-9][ab]?|script0[1-3]_[1-3]b?)_[FM]\d{3}"
)
SCENARIO = re.compile(r"(impro|script)\d\d")
# Ses03F_impro05_MXX0 has neither label nor wav.
UNNUMBERED = re.compile(r"Ses0[1-5][FM]_\w+_[FM]XX\d+")
# [6.2901 - 8.2357]<TAB>Ses01F_impro01_F000<TAB>neu<TAB>[2.5, 2.5, 2.5]
LABEL_LINE = re.compile(r"\[[^]]*\]\s+(\S+)\s+([a-z]{3})(?:\s|$)")
# Ses01F_impro01_F000 [006.2901-008.2357]: what was said
TEXT_LINE = re.compile(r"(Ses[^\s:]+)\s*(?:\[[^]]*\])?\s*:(.*)")
# A blank, the header, an annotator ("C-E2: Neutral; ()"), a turn without ID.
OTHER_LINE = re.compile(r"$|%|[AC]-\w+:|[FM]\s*:")
TAG = re.compile(r"\[(LAUGHTER|BREATHING|GARBAGE|LIPSMACK)\]", re.IGNORECASE)

# The published corpus. Counts are in the order of CLASSES.
DIALOGS = dict(Session1=28, Session2=30, Session3=32, Session4=30, Session5=31)
SPEAKERS = {
    "Ses01F": (147, 132, 171, 78),
    "Ses01M": (82, 146, 213, 116),
    "Ses02F": (67, 166, 135, 113),
    "Ses02M": (70, 161, 227, 84),
    "Ses03F": (92, 128, 130, 172),
    "Ses03M": (148, 158, 190, 133),
    "Ses04F": (205, 185, 76, 62),
    "Ses04M": (122, 118, 182, 81),
    "Ses05F": (78, 159, 221, 132),
    "Ses05M": (92, 283, 163, 113),
}
HASHES = {
    "label": "95532f4b2cc500676531d786b6fb838197dedfa864cfd35199c48ec89b6eb01a",
    "spk_id": "ae3035711912cf24af5c07beb4705c63733016fb82e5ef456f881046b06924bf",
}


def prepare_iemocap(
    data_folder: str | Path,
    output_folder: str | Path,
    protocol: str = "speaker10",
    fold: int = 1,
    **options,
) -> None:
    """Check IEMOCAP, cut it into the sets of a fold, and write their manifests.

    Nothing is written before everything has been checked.

    Arguments
    ---------
    data_folder : str | Path
        The folder with Session1 ... Session5, or the folder around it.
    output_folder : str | Path
        Gets train.json, valid.json and test.json; preparation.json, whose
        facts go into metrics.json; and skipped.csv, what is in no set.
    protocol : str
        speaker10, session5, random10, scenario or given; see
        `turbo_sb.data.splits.protocols`.
    fold : int
        From 1.
    **options
        Of `prepare_folds`.

    Raises
    ------
    InputError
        If the corpus is not as expected, or has no such fold.

    Example
    -------
    >>> prepare_iemocap("IEMOCAP", "manifests", protocol="session5", fold=6)
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: fold=6: session5 has the folds 1 to 5.
    """
    check_fold(protocol, fold)
    folds, notes = prepare_folds(data_folder, protocol, [fold], **options)
    sets, facts, skipped = folds[fold]
    folder = Path(output_folder)
    write_sets(folder, sets, skipped, preparation=facts)
    title = f"IEMOCAP in {data_folder}: {protocol}, fold {fold}"
    notes.append(f"wrote {', '.join(f'{s}.json' for s in sets)} in {folder}")
    table = set_table(sets, options.get("labels", CLASSES))
    logger.info("\n".join([title, table, *notes]))


def prepare_folds(
    data_folder: str | Path,
    protocol: str = "speaker10",
    folds: list[int] | None = None,
    strict_corpus: bool = True,
    keep_tags: bool = False,
    empty_text: str = "[UNK]",
    split_seed: int = 1986,
    split_file: str | None = None,
    text_csv: str | None = None,
    text_csv_sets: tuple[str, ...] = ("train", "valid", "test"),
    labels: tuple[str, ...] = CLASSES,
    same_recordings: str = "stop",
) -> tuple[dict[int, Fold], list[str]]:
    """Check IEMOCAP once, and cut it into the sets of several folds.

    Arguments
    ---------
    data_folder : str | Path
        As in `prepare_iemocap`.
    protocol : str
        As in `prepare_iemocap`.
    folds : list of int, optional
        From 1; by default all that the corpus has.
    strict_corpus : bool
        Whether the corpus must be the published 5,531 utterances. If not, a
        part of it, or another corpus in its layout, is accepted.
    keep_tags : bool
        Whether [LAUGHTER] and the like stay in the text. They leak the class:
        7 % of the happy utterances have one, hardly any other has.
    empty_text : str
        Replaces a text that is empty.
    split_seed : int
        Of random10.
    split_file : str, optional
        Has the sets of the folds; see `turbo_sb.data.splits.split_file`.
    text_csv : str, optional
        Has a recogniser's texts; see `turbo_sb.data.transcripts`.
    text_csv_sets : sequence of str
        The sets whose texts it replaces.
    labels : sequence of str
        The classes; utterances of others are left out. `exc` counts as `hap`
        unless it is one of them.
    same_recordings : str
        "stop", or "warn" to go on where two sets have the same recording.

    Returns
    -------
    folds : dict
        Fold to its sets, the facts about them, and what is in no set.
    notes : list of str
        What was found, for the log.

    Raises
    ------
    InputError
        If the corpus is not as expected, or has no such fold.
    """
    if not (empty_text or "").strip():
        raise InputError("empty_text is blank; give a token, such as [UNK].")
    data_folder = Path(data_folder)
    expected = "Session1 ... Session5"
    root = find_root(data_folder, "IEMOCAP", ("Session[0-9]",), expected)
    check_labels(labels)
    _check_folders(root, strict_corpus)
    turns = _read_labels(root)
    if strict_corpus:
        _check_corpus(_select(turns, CLASSES), root)
    entries = _select(turns, labels)
    _check_found(entries, turns, labels, root)
    dropped = Counter(turns[name][0] for name in turns if name not in entries)
    notes = [f"labels dropped: {listing(dropped)}"]
    notes.append(_add_texts(entries, root, keep_tags, empty_text))
    # Before the audio, which takes longest: there may be no such fold.
    found = cut_folds(entries, protocol, folds, split_seed, split_file)
    facts = _check_classes(found, labels, root)
    nested = root.relative_to(data_folder)
    wavs = [
        nested / entry["session"] / WAVS / entry["dialog"] / f"{utterance}.wav"
        for utterance, entry in entries.items()
    ]
    note, silent = add_audio(entries, data_folder, wavs, strict_corpus)
    notes.append(note)
    if silent:
        found = without(silent, found)
        facts = _check_classes(found, labels, root)
    same = check_folds(found, entries, same_recordings, root)
    whole, left_out = {}, Counter()
    texts = f"the corpus's, {'with' if keep_tags else 'without'} tags"
    for fold, sets in found.items():
        skipped = _skipped(turns, entries, sets, root, silent)
        left_out[fold] = len(entries) - len(set().union(*sets.values()))
        if text_csv:
            options = (text_csv, text_csv_sets, empty_text)
            sets, note = replace_texts(sets, *options)
            texts = text_source(text_csv, text_csv_sets)
            notes.append(f"fold {fold}: {note}")
        own = {"n_left_out": left_out[fold], "texts": texts}
        whole[fold] = Fold(sets, own | facts[fold] | same[fold], skipped)
    if any(left_out.values()):
        notes.append(f"in no set of a fold: {listing(left_out)}")
    return whole, notes


def _check_classes(folds, labels, root):
    """Reject classes without training data; return each fold's facts."""
    return {
        fold: check_classes(sets, labels, f"{root}, fold {fold}: ")
        for fold, sets in folds.items()
    }


def _check_folders(root, strict):
    """Check that the sessions are there, and the sub-folders of each."""
    there = {p.name for p in root.glob("Session[0-9]")}
    missing = sorted(set(DIALOGS) - there) if strict else []
    missing += [
        f"{session}/{folder}"
        for session in sorted(there)
        for folder in (LABELS, TEXTS, WAVS)
        if not (root / session / folder).is_dir()
    ]
    if missing:
        raise InputError(
            f"{root}: folders of IEMOCAP are missing:\n{some_of(missing)}\n"
            "Restore them. --strict_corpus=False accepts a corpus without "
            "some of the sessions, but each one must be complete."
        )


def _read_labels(root):
    """Map each labelled utterance to its label and its line, "path:number"."""
    turns, bad, odd = {}, [], []
    for place, line in read_lines(root, f"Session[0-9]/{LABELS}/*.txt"):
        if not (turn := LABEL_LINE.match(line)):
            if line.startswith("[") or "Ses0" in line:
                bad.append(f'{place}: expected "[time] ID neu", got {line!r}')
            elif not OTHER_LINE.match(line):
                odd.append(place)
            continue
        utterance, label = turn.groups()
        if UNNUMBERED.fullmatch(utterance):
            continue
        if not UTTERANCE.fullmatch(utterance):
            bad.append(f"{place}: {utterance} is not an ID like {EXAMPLE}")
        elif utterance in turns:
            bad.append(f"{place}: {utterance} is also at {turns[utterance][1]}")
        turns.setdefault(utterance, (label, place))
    report_lines("label", bad, odd)
    return turns


def _select(turns, labels):
    """Return the entries of some classes."""
    merged = {k: into for k, into in MERGED.items() if k not in labels}
    named = {name: merged.get(x, x) for name, (x, _) in turns.items()}
    return {
        name: {"label": label, **_parse_id(name)}
        for name, label in named.items()
        if label in labels
    }


def _check_found(entries, turns, labels, root):
    """Reject classes that the corpus does not have."""
    held = {entry["label"] for entry in entries.values()}
    if absent := [label for label in labels if label not in held]:
        found = listing(Counter(label for label, _ in turns.values()))
        raise InputError(
            f"{root}: nothing is labelled {', '.join(absent)} in "
            f"Session*/{LABELS}/*.txt. Found: {found}. Name classes that are "
            "there: --labels=[...]."
        )


def _skipped(turns, entries, sets, root, silent):
    """List the labelled turns in no set: line, ID, and why."""
    held, rows = set().union(*sets.values()), []
    for name, (label, place) in sorted(turns.items()):
        why = "in no set of the fold"
        if name in silent:
            why = silent[name]
        elif name not in entries:
            why = f"label {label}, which is not one of the classes"
        if name not in held:
            rows.append((Path(place).relative_to(root).as_posix(), name, why))
    return rows


def _parse_id(utterance):
    """Return speaker, session, dialog and kind of Ses03M_impro05a_F001."""
    # The LAST field has the speaker. The letter before it says who wore the
    # markers, and the suffix of some dialogs shifts all character positions.
    dialog, turn = utterance.rsplit("_", 1)
    return {
        "spk_id": utterance[:5] + turn[0],
        "session": f"Session{utterance[4]}",
        "dialog": dialog,
        # The three parts of a script, and the takes of a scenario, tell one
        # story in the words of one author: impro05, script01.
        "scenario": SCENARIO.search(dialog)[0],
        "kind": "impro" if "_impro" in dialog else "script",
    }


def _check_corpus(entries, root):
    """Compare with the published counts and hashes, and name differences."""
    differences = []
    for session, published in DIALOGS.items():
        files = (root / session / LABELS).glob("[!.]*.txt")
        if (found := len(list(files))) != published:
            differences.append(
                f"{session}: {found} dialogs labelled, published {published}"
            )
    counts = Counter((e["spk_id"], e["label"]) for e in entries.values())
    for speaker, published in SPEAKERS.items():
        pairs = [(c, counts[speaker, c], n) for c, n in zip(CLASSES, published)]
        if wrong := [f"{c} {k} (published {n})" for c, k, n in pairs if k != n]:
            differences.append(f"{speaker}: {', '.join(wrong)}")
    for field, published in HASHES.items():
        if not differences and corpus_hash(entries, field) != published:
            differences.append(f"the counts agree, but some {field} differ")
    if differences:
        total = sum(map(sum, SPEAKERS.values()))
        raise InputError(
            f"{root}: not the published IEMOCAP, {len(entries):,} utterances "
            f"of four classes instead of {total:,}:\n"
            f"{some_of(differences, 20)}\nRestore the corpus, or accept a "
            "partial or another corpus with --strict_corpus=False."
        )


def _add_texts(entries, root, keep_tags, empty_text):
    """Add the transcripts as `text`, and return a note."""
    texts, missing, tagged, empty = _read_texts(root, entries), [], 0, 0
    for utterance, entry in entries.items():
        if utterance not in texts:
            path = root / entry["session"] / TEXTS / f"{entry['dialog']}.txt"
            there = path.is_file()
            fault = f"no line of {utterance}" if there else "no such file"
            missing.append(f"{path}: {fault}")
            continue
        text, tags = texts[utterance], TAG.search(texts[utterance])
        if tags and not keep_tags:
            text = TAG.sub(" ", text)
        text = " ".join(text.split())
        tagged, empty = tagged + bool(tags), empty + (not text)
        entry["text"] = text or empty_text
    if missing := list(dict.fromkeys(missing)):  # name a file once
        raise InputError(
            f"transcripts of labelled utterances are missing:\n"
            f"{some_of(missing)}\nRestore them from the corpus."
        )
    return (
        f"tags {'kept' if keep_tags else 'stripped'} in {tagged} texts; "
        f"{empty} empty texts became {empty_text}"
    )


def _read_texts(root, wanted):
    """Map the IDs of the wanted utterances to their transcripts, with tags."""
    texts, seen, bad, odd = {}, {}, [], []
    for place, line in read_lines(root, f"Session[0-9]/{TEXTS}/*.txt"):
        if not (turn := TEXT_LINE.match(line)):
            if not OTHER_LINE.match(line):
                odd.append(place)
            continue
        utterance, text = turn.groups()
        if utterance not in wanted:
            continue
        if utterance in seen and texts[utterance] != text:
            bad.append(
                f"{place}: {utterance} is also at {seen[utterance]}, with "
                "another text"
            )
        texts[utterance], seen[utterance] = text, place
    report_lines("transcript", bad, odd)
    return texts


def main():
    """Run the preparation from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], allow_abbrev=False
    )
    add = parser.add_argument
    add("--data_folder", required=True, help="holds Session1 ... Session5")
    add("--output_folder", required=True, help="where the three files go")
    add("--protocol", default="speaker10", help=", ".join((*N_FOLDS, GIVEN)))
    add("--fold", type=int, default=1, help="from 1")
    strict = "True (default): the published 5,531; False: any in its layout"
    add("--strict_corpus", type=boolean, default=True, help=strict)
    add("--keep_tags", type=boolean, default=False, help="keep [LAUGHTER]")
    add("--empty_text", default="[UNK]", help="replaces an empty text")
    add("--split_seed", type=int, default=1986, help="of random10")
    add("--split_file", help="CSV of ID,fold1,... that has the sets")
    add("--text_csv", help="CSV of ID,text that replaces transcripts")
    classes = "such as ang,neu,fru; exc counts as hap unless it is there"
    add("--labels", type=label_list, default=CLASSES, help=classes)
    add("--same_recordings", default="stop", help="in two sets: stop or warn")
    log_to_stdout()
    options = parser.parse_args(spell(None, "_"))
    with alone(options.output_folder):
        prepare_iemocap(**vars(options))


if __name__ == "__main__":
    with plain_errors(RESTARTS):
        main()
