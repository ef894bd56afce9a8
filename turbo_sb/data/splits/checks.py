"""Check at run time that the sets of a protocol are disjoint.

Authors
 * The turbo_sb developers 2026
"""

from collections import Counter
from itertools import combinations

from turbo_sb.data.manifest import load_manifest
from turbo_sb.utils.errors import InputError, some_of

SETS = ("train", "valid", "test")

# The fields that no two sets may share. `given` is the user's split file.
DISJOINT = {
    "speaker10": ("spk_id",),
    "session5": ("spk_id", "session"),
    "random10": (),
    "scenario": ("spk_id", "session", "scenario"),
    "manifest": ("spk_id",),
    "corpus": ("spk_id",),
    "given": (),
}
# The folds of these together test every utterance once.
COMPLETE = ("speaker10", "session5", "random10", "scenario")


def check_split(
    sets: dict[str, dict],
    disjoint: tuple[str, ...] = (),
    entries: dict | None = None,
) -> None:
    """Check that sets share nothing forbidden.

    Arguments
    ---------
    sets : dict
        Name to entries, utterance ID to its fields.
    disjoint : tuple of str
        Fields, such as `spk_id`, whose values must stay within one set; ""
        is unknown, and may be in several.
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
        raise RuntimeError(
            f"utterance {stray[0]} is in no set, or not in the corpus"
        )


def check_tested_once(tests: dict, entries: dict | None = None) -> None:
    """Check that folds test no utterance twice, and all of `entries`."""
    counts = Counter(name for names in tests.values() for name in names)
    counts.update(dict.fromkeys(entries or (), 0))
    wrong = [n for n, count in sorted(counts.items()) if count != 1]
    if wrong:
        folds = ", ".join(map(str, tests))
        raise RuntimeError(
            f"utterance {wrong[0]} is tested {counts[wrong[0]]} times over the "
            f"folds {folds}"
        )


def check_manifests(annotations: dict[str, str], protocol: str) -> None:
    """Check the files that a run trains on and tests.

    Arguments
    ---------
    annotations : dict
        "train", "valid" and "test" to a manifest.
    protocol : str
        A key of `DISJOINT`, which lists what the sets may not share.

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
    >>> write_json({file: {"a": {"spk_id": "x"}} for file in files.values()})
    >>> check_manifests(files, "speaker10")
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: ...train.json, ...: utterance a is in both train and valid. ...
    """
    sets = {k: load_manifest(path, ()) for k, path in annotations.items()}
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
            f"{files}: protocol={protocol} needs fields that are missing:\n"
            f"{some_of(bare)}\nPrepare them again."
        )
    try:
        check_split(sets, disjoint)
    except RuntimeError as error:
        raise InputError(
            f"{files}: {error}. A model would be tested on what it was "
            f"trained on, which protocol={protocol} excludes. Prepare them "
            "again; to keep a split of your own, use protocol=given."
        ) from error
