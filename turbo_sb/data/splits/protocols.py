"""How a corpus is cut into training, validation and test sets.

| protocol | test | validation | train |
|---|---|---|---|
| speaker10 | one speaker | the other speaker of that session | the rest |
| session5 | one session | the next session | the rest |
| random10 | one tenth, stratified by class | the next tenth | the rest |
| scenario | a fifth of the scenarios, in one session | the next fifth, in the next session | the other scenarios, in the other sessions |

Folds count from 1, in the sorted order of speakers or sessions; on IEMOCAP
speaker10 numbers them as SpeechBrain does: Ses01F = 1, Ses01M = 2, ... What
scenario does is in `turbo_sb.data.splits.scenarios`; it alone leaves utterances out.

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
        If there is no such protocol or no such fold in it.

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
            f"{', '.join(N_FOLDS)}, or {GIVEN}, with a split_file of yours."
        )
    last = N_FOLDS.get(protocol, MAX_FOLDS)
    if type(fold) is not int or not 1 <= fold <= last:
        raise InputError(f"fold={fold}: {protocol} has the folds 1 to {last}.")


def fold_names(
    entries: dict, protocol: str, split_seed: int = 1986, label: str = "emo"
) -> list[str]:
    """Name what each fold tests on: a speaker, a session, a tenth, a cell.

    Arguments
    ---------
    entries : dict
        Utterance ID to its fields: `speaker`, `session`, the label, and
        `scenario` for the protocol of that name.
    protocol : str
        A key of `N_FOLDS`.
    split_seed : int
        Of random10.
    label : str
        The field that random10 stratifies by.

    Returns
    -------
    names : list of str
        Fold 1 first.

    Example
    -------
    >>> a = {"speaker": "Ses01F", "session": "Session1", "emo": "neu"}
    >>> b = {"speaker": "Ses01M", "session": "Session1", "emo": "neu"}
    >>> fold_names({"a": a, "b": b}, "speaker10")
    ['Ses01F', 'Ses01M']
    """
    if protocol == "scenario":
        return [name for name, _, _ in cells(entries, label)]
    return sorted(set(_groups(entries, protocol, split_seed, label).values()))


def split(
    entries: dict,
    protocol: str,
    fold: int,
    split_seed: int = 1986,
    label: str = "emo",
) -> dict:
    """Cut a corpus into the three sets of one fold.

    Arguments
    ---------
    entries : dict
        Utterance ID to its fields: `speaker`, `session`, the label, and
        `scenario` for the protocol of that name.
    protocol : str
        A key of `N_FOLDS`; the module's table says what each does.
    fold : int
        From 1.
    split_seed : int
        Another one deals random10 anew. It is not the seed of the training.
    label : str
        The field that random10 stratifies by.

    Returns
    -------
    sets : dict
        `train`, `valid` and `test`, each a dict like `entries`.

    Raises
    ------
    InputError
        If this corpus has no such fold, or one of its sets would be empty.

    Example
    -------
    >>> entries = {
    ...     str(k): {"speaker": f"spk{k}", "session": f"Session{k}"}
    ...     for k in (1, 2, 3, 4)
    ... }
    >>> sets = split(entries, "session5", fold=4)
    >>> {name: list(part) for name, part in sets.items()}
    {'train': ['2', '3'], 'valid': ['1'], 'test': ['4']}
    """
    check_fold(protocol, fold)
    names = fold_names(entries, protocol, split_seed, label)
    here = ", ".join(f"{k}={name}" for k, name in enumerate(names, start=1))
    if fold > len(names):
        raise InputError(
            f"fold={fold}: this corpus has fewer folds in {protocol}: {here}."
        )
    if protocol == "scenario":
        place = parts(entries, fold, label)
    else:
        groups = _groups(entries, protocol, split_seed, label)
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
    folds: list | None = None,
    split_seed: int = 1986,
    split_file: str | None = None,
    label: str = "emo",
) -> dict:
    """Cut a corpus into some or all folds of a cross-validation.

    Arguments
    ---------
    entries : dict
        Utterance ID to its fields, as `split` takes them.
    protocol : str
        A key of `N_FOLDS`; with a split file also "given".
    folds : list of int, optional
        Those wanted; all that the corpus has if None, and it is then
        asserted that they test every utterance once.
    split_seed : int
        Of random10.
    split_file : str, optional
        Has the sets: see `turbo_sb.data.splits.split_file`.
    label : str
        The field that random10 stratifies by.

    Returns
    -------
    sets : dict
        Fold to `train`, `valid` and `test`.

    Raises
    ------
    InputError
        If there is no such fold, or the file breaks the protocol's rules.

    Example
    -------
    >>> entries = {
    ...     str(k): {"speaker": f"spk{k}", "session": f"Session{k}"}
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
            "protocol=given: the folds are a file's; name it: --split_file=..."
        )
    names = fold_names(entries, protocol, split_seed, label)
    wanted = folds or range(1, len(names) + 1)
    found = {k: split(entries, protocol, k, split_seed, label) for k in wanted}
    if folds is None:
        tests = {fold: sets["test"] for fold, sets in found.items()}
        check_tested_once(tests, entries)
    return found


def _place(entries, protocol, groups, names, test):
    """Map each utterance to its set, by the group that it is in."""
    valid = _validation(entries, protocol, names, test)
    of_group = {**dict.fromkeys(valid, "valid"), test: "test"}
    return {name: of_group.get(groups[name], "train") for name in entries}


def _groups(entries, protocol, split_seed, label):
    """Map each utterance to its group: folds test on one group each."""
    if protocol == "random10":
        return _tenths(entries, split_seed, label)
    field = {"speaker10": "speaker", "session5": "session"}[protocol]
    return {utterance: entry[field] for utterance, entry in entries.items()}


def _tenths(entries, split_seed, label):
    """Deal the utterances, class after class, round ten folds.

    A hash orders them, so no platform's or version's generator matters.
    """

    def deal(utterance):
        key = f"{split_seed}:{utterance}".encode()
        return entries[utterance][label], hashlib.sha256(key).hexdigest()

    return {
        utterance: f"tenth{place % 10 + 1:02}"
        for place, utterance in enumerate(sorted(entries, key=deal))
    }


def _validation(entries, protocol, names, test):
    """Name the groups to validate on, given the one to test on."""
    if protocol != "speaker10":
        return {names[(names.index(test) + 1) % len(names)]}
    session_of = {e["speaker"]: e["session"] for e in entries.values()}
    return {
        name
        for name in names
        if session_of[name] == session_of[test] and name != test
    }
