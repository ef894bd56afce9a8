"""Protocols: how a corpus is cut into training, validation and test sets.

| protocol | test | validation | train |
|---|---|---|---|
| speaker10 | one speaker | the other speaker of that session | the rest |
| session5 | one session | the next session | the rest |
| random10 | one tenth, stratified by class | the next tenth | the rest |
| scenario | a fifth of the scenarios, in one session | the next fifth, in the next session | the other scenarios, in the other sessions |

Folds count from 1, in the sorted order of speakers or sessions; on IEMOCAP
speaker10 numbers them as SpeechBrain does: Ses01F = 1, Ses01M = 2, ... Only
scenario (`turbo_sb.data.splits.scenarios`) leaves utterances out.

Authors
 * The turbo_sb developers 2026
"""

import hashlib

from turbo_sb.data.splits.checks import (
    DISJOINT,
    SETS,
    check_split,
    check_tested_once,
)
from turbo_sb.data.splits.scenarios import cells, parts
from turbo_sb.data.splits.split_file import MAX_FOLDS, read_split_file
from turbo_sb.utils.errors import InputError

# The folds of the full IEMOCAP; a corpus of fewer speakers or sessions has
# fewer (`fold_names`).
N_FOLDS = {"speaker10": 10, "session5": 5, "random10": 10, "scenario": 25}
GIVEN = "given"  # the folds are a split file's

NEEDS = {
    "speaker10": "two speakers in that session, and a second session",
    "session5": "three sessions",
    "random10": "three utterances, better hundreds",
    "scenario": "three sessions and three scenarios",
}


def check_fold(protocol: str, fold: int) -> None:
    """Check a protocol's name and a fold's number before any data is read.

    Arguments
    ---------
    protocol : str
        A key of `N_FOLDS`, or "given".
    fold : int
        From 1.

    Raises
    ------
    InputError
        If there is no such protocol, or it has no such fold.

    Example
    -------
    >>> check_fold("session5", 6)
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: fold=6: session5 has the folds 1 to 5.
    """
    if protocol not in (*N_FOLDS, GIVEN):
        raise InputError(
            f"protocol={protocol}: there is no such protocol. Choose one of "
            f"{', '.join(N_FOLDS)}, or {GIVEN} with your own split_file."
        )
    last = N_FOLDS.get(protocol, MAX_FOLDS)
    if type(fold) is not int or not 1 <= fold <= last:
        raise InputError(f"fold={fold}: {protocol} has the folds 1 to {last}.")


def fold_names(
    entries: dict, protocol: str, split_seed: int = 1986
) -> list[str]:
    """Name what each fold tests on: a speaker, a session, a tenth, a cell."""
    if protocol == "scenario":
        return [name for name, _, _ in cells(entries)]
    return sorted(set(_groups(entries, protocol, split_seed).values()))


def split(
    entries: dict, protocol: str, fold: int, split_seed: int = 1986
) -> dict[str, dict]:
    """Cut a corpus into the three sets of one fold."""
    check_fold(protocol, fold)
    names = fold_names(entries, protocol, split_seed)
    here = ", ".join(f"{k}={name}" for k, name in enumerate(names, start=1))
    if fold > len(names):
        raise InputError(
            f"fold={fold}: this corpus has fewer folds in {protocol}: {here}."
        )
    if protocol == "scenario":
        place = parts(entries, fold)
    else:
        groups = _groups(entries, protocol, split_seed)
        place = _place(entries, protocol, groups, names, names[fold - 1])
    sets = {name: {} for name in SETS}
    for utterance, entry in entries.items():
        if place[utterance] is not None:
            sets[place[utterance]][utterance] = entry
    if empty := [name for name in SETS if not sets[name]]:
        raise InputError(
            f"protocol={protocol} fold={fold} ({names[fold - 1]}): nothing is "
            f"left for the set {' and '.join(empty)}. It needs "
            f"{NEEDS[protocol]}; this corpus has {here}. Choose another fold "
            "or protocol."
        )
    whole = None if protocol == "scenario" else entries
    check_split(sets, DISJOINT[protocol], whole)
    return sets


def cut_folds(
    entries: dict,
    protocol: str,
    folds: list[int] | None = None,
    split_seed: int = 1986,
    split_file: str | None = None,
) -> dict[int, dict]:
    """Cut a corpus into some or all folds of a cross-validation.

    Arguments
    ---------
    entries : dict
        Utterance ID to its fields: `spk_id`, `session`, `label`, and
        `scenario` for the protocol of that name.
    protocol : str
        A key of `N_FOLDS`; with a split file also "given".
    folds : list of int, optional
        By default all that the corpus has; these are checked to test every
        utterance once.
    split_seed : int
        Another one deals random10 differently. It is not the seed of the
        training.
    split_file : str, optional
        Has the sets: see `read_split_file`.

    Returns
    -------
    sets : dict
        Fold to `train`, `valid` and `test`, each a dict like `entries`.

    Raises
    ------
    InputError
        If the corpus has no such fold, a set would be empty, or the file
        breaks the protocol's rules.

    Example
    -------
    >>> entries = {
    ...     str(k): {"spk_id": f"spk{k}", "session": f"Session{k}"}
    ...     for k in (1, 2, 3)
    ... }
    >>> {k: list(sets["test"]) for k, sets in cut_folds(entries, "session5").items()}
    {1: ['1'], 2: ['2'], 3: ['3']}
    """
    for fold in folds or [1]:
        check_fold(protocol, fold)
    if split_file:
        given = read_split_file(split_file, entries, protocol)
        if absent := [fold for fold in folds or () if fold not in given]:
            raise InputError(
                f"fold={absent[0]}: {split_file} has the folds "
                f"{', '.join(map(str, given))}."
            )
        return {fold: given[fold] for fold in folds or given}
    if protocol == GIVEN:
        raise InputError(
            "protocol=given: the folds come from a file: --split_file=..."
        )
    names = fold_names(entries, protocol, split_seed)
    wanted = folds or range(1, len(names) + 1)
    found = {k: split(entries, protocol, k, split_seed) for k in wanted}
    if folds is None:
        tests = {fold: sets["test"] for fold, sets in found.items()}
        check_tested_once(tests, entries)
    return found


def _place(entries, protocol, groups, names, test):
    """Map each utterance to its set, by the group that it is in."""
    valid = _validation(entries, protocol, names, test)
    of_group = {**dict.fromkeys(valid, "valid"), test: "test"}
    return {name: of_group.get(groups[name], "train") for name in entries}


def _groups(entries, protocol, split_seed):
    """Map each utterance to the group that one fold tests."""
    if protocol == "random10":
        return _tenths(entries, split_seed)
    field = {"speaker10": "spk_id", "session5": "session"}[protocol]
    return {utterance: entry[field] for utterance, entry in entries.items()}


def _tenths(entries, split_seed):
    """Deal the utterances, class after class, to ten folds in turn."""

    def deal(utterance):
        """Sort by class, then by a hash: the same on every platform."""
        key = f"{split_seed}:{utterance}".encode()
        return entries[utterance]["label"], hashlib.sha256(key).hexdigest()

    return {
        utterance: f"tenth{place % 10 + 1:02}"
        for place, utterance in enumerate(sorted(entries, key=deal))
    }


def _validation(entries, protocol, names, test):
    """Name the groups to validate on, given the one to test on."""
    if protocol != "speaker10":
        return {names[(names.index(test) + 1) % len(names)]}
    session_of = {e["spk_id"]: e["session"] for e in entries.values()}
    return {
        name
        for name in names
        if session_of[name] == session_of[test] and name != test
    }
