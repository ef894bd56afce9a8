"""How a corpus is cut into training, validation and test sets.

| protocol | test | validation | train |
|---|---|---|---|
| speaker10 | one speaker | the other speaker of that session | the rest |
| session5 | one session | the next session | the rest |
| random10 | one tenth, stratified by class | the next tenth | the rest |

Folds count from 1, in the sorted order of speakers or sessions; on IEMOCAP
speaker10 numbers them as SpeechBrain does: Ses01F = 1, Ses01M = 2, ...

Authors
 * The turbo_sb developers 2026
"""

import hashlib
from itertools import combinations

from turbo_sb.errors import InputError

SETS = ("train", "valid", "test")

# The folds of the full IEMOCAP; a corpus of fewer speakers or sessions has
# fewer (`fold_names`).
N_FOLDS = {"speaker10": 10, "session5": 5, "random10": 10}

# What no two sets of a protocol may share.
DISJOINT = {"speaker10": ("speaker",), "session5": ("speaker", "session")}

NEEDS = {
    "speaker10": "two speakers in that session, and a second session",
    "session5": "three sessions",
    "random10": "three utterances, better hundreds",
}


def check_fold(protocol: str, fold: int) -> None:
    """Check a protocol's name and a fold's number before any data is read.

    Arguments
    ---------
    protocol : str
        A key of `N_FOLDS`.
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
    turbo_sb.errors.InputError: fold=6: session5 has the folds 1 to 5.
    """
    if protocol not in N_FOLDS:
        raise InputError(
            f"protocol={protocol}: there is no such protocol. Choose one of "
            f"{', '.join(N_FOLDS)}."
        )
    last = N_FOLDS[protocol]
    if type(fold) is not int or not 1 <= fold <= last:
        raise InputError(f"fold={fold}: {protocol} has the folds 1 to {last}.")


def fold_names(
    entries: dict, protocol: str, split_seed: int = 1986, label: str = "emo"
) -> list[str]:
    """Name what each fold tests on: a speaker, a session, a tenth.

    Arguments
    ---------
    entries : dict
        Utterance ID to its fields, `speaker`, `session` and the label.
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
        Utterance ID to its fields, `speaker`, `session` and the label.
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
    groups = _groups(entries, protocol, split_seed, label)
    names = sorted(set(groups.values()))
    here = ", ".join(f"{k}={name}" for k, name in enumerate(names, start=1))
    if fold > len(names):
        raise InputError(
            f"fold={fold}: this corpus has fewer folds in {protocol}: {here}."
        )
    test = names[fold - 1]
    valid = _validation(entries, protocol, names, test)
    sets = {name: {} for name in SETS}
    for utterance, entry in entries.items():
        group = groups[utterance]
        part = "test" if group == test else "train"
        part = "valid" if part == "train" and group in valid else part
        sets[part][utterance] = entry
    if empty := [name for name in SETS if not sets[name]]:
        raise InputError(
            f"protocol={protocol} fold={fold} ({test}): nothing is left for "
            f"the set {' and '.join(empty)}. It needs {NEEDS[protocol]}; this "
            f"corpus has {here}. Choose another fold or protocol."
        )
    check_split(entries, sets, DISJOINT.get(protocol, ()))
    return sets


def check_split(entries: dict, sets: dict, disjoint: tuple = ()) -> None:
    """Verify that sets cover a corpus once and share nothing forbidden.

    Arguments
    ---------
    entries : dict
        The whole corpus, utterance ID to its fields.
    sets : dict
        Name to entries, as `split` returns it.
    disjoint : tuple of str
        Fields, such as `speaker`, whose values stay within one set.

    Raises
    ------
    RuntimeError
        If an utterance is in two sets or in none, or a value of a disjoint
        field is in two. It is a fault of the code, not of the user.

    Example
    -------
    >>> check_split({"a": {}}, {"train": {"a": {}}, "test": {"a": {}}})
    Traceback (most recent call last):
    ...
    RuntimeError: utterance a is in both train and test
    """
    for one, other in combinations(sets, 2):
        if shared := sorted(set(sets[one]) & set(sets[other])):
            raise RuntimeError(
                f"utterance {shared[0]} is in both {one} and {other}"
            )
        for field in disjoint:
            values = [
                {e[field] for e in sets[s].values()} - {""}  # "": not known
                for s in (one, other)
            ]
            if shared := sorted(values[0] & values[1]):
                raise RuntimeError(
                    f"{field} {shared[0]} is in both {one} and {other}"
                )
    if stray := sorted(set(entries) ^ set().union(*sets.values())):
        raise RuntimeError(f"utterance {stray[0]} is lost or made up")


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
