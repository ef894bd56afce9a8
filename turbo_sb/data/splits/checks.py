"""What must hold of the sets of a protocol, checked at run time.

Authors
 * The turbo_sb developers 2026
"""

from collections import Counter
from itertools import combinations

from turbo_sb.data.manifest import read_json
from turbo_sb.utils.errors import InputError, some_of

SETS = ("train", "valid", "test")

# What no two sets of a protocol may share. `given` is a split file's own.
DISJOINT = {
    "speaker10": ("speaker",),
    "session5": ("speaker", "session"),
    "random10": (),
    "scenario": ("speaker", "session", "scenario"),
    "manifest": ("speaker",),
    "corpus": ("speaker",),
    "given": (),
}
# Whose folds together test every utterance, and none of them twice.
COMPLETE = ("speaker10", "session5", "random10", "scenario")


def check_split(
    sets: dict, disjoint: tuple = (), entries: dict | None = None
) -> None:
    """Verify that sets share nothing forbidden.

    Arguments
    ---------
    sets : dict
        Name to entries, utterance ID to its fields.
    disjoint : tuple of str
        Fields, such as `speaker`, whose values stay within one set; "" is not
        known, and may be in several.
    entries : dict, optional
        The whole corpus, if each of its utterances must be in a set.

    Raises
    ------
    RuntimeError
        If an utterance is in two sets or in none, or a value of a disjoint
        field is in two. It is a fault of the code, not of the user.

    Example
    -------
    >>> check_split({"train": {"a": {}}, "test": {"a": {}}})
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
                {e[field] for e in sets[s].values()} - {""}
                for s in (one, other)
            ]
            if shared := sorted(values[0] & values[1]):
                raise RuntimeError(
                    f"{field} {shared[0]} is in both {one} and {other}"
                )
    held = set().union(*sets.values())
    if entries is not None and (stray := sorted(set(entries) ^ held)):
        raise RuntimeError(f"utterance {stray[0]} is lost or made up")


def check_tested_once(tests: dict, entries: dict | None = None) -> None:
    """Verify that the folds of a cross-validation test no utterance twice.

    Arguments
    ---------
    tests : dict
        Fold to the IDs that it tests.
    entries : dict, optional
        The whole corpus, if the folds together must test all of it.

    Raises
    ------
    RuntimeError
        Naming an utterance that is tested twice or never.

    Example
    -------
    >>> check_tested_once({1: ["a", "b"], 2: ["b"]})
    Traceback (most recent call last):
    ...
    RuntimeError: utterance b is tested 2 times over the folds 1, 2
    """
    counts = Counter(name for names in tests.values() for name in names)
    counts.update(dict.fromkeys(entries or (), 0))
    wrong = [n for n, count in sorted(counts.items()) if count != 1]
    if wrong:
        folds = ", ".join(map(str, tests))
        raise RuntimeError(
            f"utterance {wrong[0]} is tested {counts[wrong[0]]} times over the "
            f"folds {folds}"
        )


def check_manifests(annotations: dict, protocol: str) -> None:
    """Verify the very files that a run trains on and tests.

    Arguments
    ---------
    annotations : dict
        "train", "valid" and "test" to a manifest.
    protocol : str
        Says what the sets may not share: a key of `DISJOINT`.

    Raises
    ------
    InputError
        If two of them share an utterance, or a speaker (session, scenario)
        where the protocol forbids it.

    Example
    -------
    >>> from turbo_sb.data.manifest import write_json
    >>> path = str(getfixture("tmp_path") / "{}.json")
    >>> files = {name: path.format(name) for name in SETS}
    >>> write_json({file: {"a": {"speaker": "x"}} for file in files.values()})
    >>> check_manifests(files, "speaker10")
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: ...train.json, ...: utterance a is in both train and valid. ...
    """
    sets = {name: read_json(path) for name, path in annotations.items()}
    disjoint = DISJOINT.get(protocol, ())
    bare = [
        f"{name}: {field}"
        for name, entries in sets.items()
        for field in disjoint
        if any(field not in entry for entry in entries.values())
    ]
    files = ", ".join(str(path) for path in annotations.values())
    if bare:
        raise InputError(
            f"{files}: protocol={protocol} needs a field in every entry that "
            f"is not there:\n{some_of(bare)}\nPrepare them again."
        )
    try:
        check_split(sets, disjoint)
    except RuntimeError as error:
        raise InputError(
            f"{files}: {error}. A model would be tested on what it was "
            f"trained on, which protocol={protocol} excludes. Prepare them "
            "again; a split of yours that shares it is protocol=given."
        ) from error
