"""Check that sets are disjoint and have the classes that a model is to learn.

Authors
 * The turbo_sb developers 2026
"""

from collections import Counter
from itertools import combinations

from turbo_sb.data.manifest import load_manifest
from turbo_sb.data.splits.recordings import check_recordings
from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.logs import get_logger

logger = get_logger(__name__)

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


def check_labels(labels: list[str]) -> None:
    """Reject classes that are not two or more different texts."""
    odd = [x for x in labels if not (isinstance(x, str) and x.strip())]
    if odd:
        raise InputError(
            f"labels: {list(labels)}: {odd[0]!r} is not text. In a YAML, yes, "
            "no, on, off and numbers need quotes: ['yes', 'no']."
        )
    counts = Counter(label.strip() for label in labels)
    if twice := [label for label, count in counts.items() if count > 1]:
        raise InputError(
            f"labels: {list(labels)}: {twice[0]} is there {counts[twice[0]]} "
            "times. Name each class once."
        )
    if len(labels) < 2:
        raise InputError(
            f"labels: {list(labels)}: expected two or more classes."
        )


def absent_classes(sets: dict[str, dict], labels: list[str]) -> dict:
    """Map each set that lacks classes to these, in the order of the labels."""
    held = {
        name: {entry.get("label") for entry in part.values()}
        for name, part in sets.items()
    }
    absent = {
        name: [label for label in labels if label not in found]
        for name, found in held.items()
    }
    return {name: found for name, found in absent.items() if found}


def check_classes(
    sets: dict[str, dict], labels: list[str], place: str = ""
) -> dict:
    """Reject classes that nothing trains; tell which others are not tested.

    Arguments
    ---------
    sets : dict
        Name to entries, utterance ID to its fields.
    labels : list of str
        Of the classifier's outputs.
    place : str
        Where the sets are from, for the message.

    Returns
    -------
    facts : dict
        `absent_classes`, "valid" and "test" to the classes that they lack, or
        nothing if they have all.

    Raises
    ------
    InputError
        If a class has no training utterance.

    Example
    -------
    >>> sets = {"train": {"a": {"label": "hap"}}, "valid": {}}
    >>> check_classes(sets, ["hap"])
    {'absent_classes': {'valid': ['hap']}}
    >>> check_classes(sets, ["hap", "sad"])
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: labels: sad: train has no utterance of it. ...
    """
    absent = absent_classes(sets, labels)
    if lacking := absent.pop("train", None):
        raise InputError(
            f"{place}labels: {', '.join(lacking)}: train has no utterance of "
            f"{'it' if len(lacking) == 1 else 'them'}. The model would have an "
            "output that nothing has trained. Correct the labels or take "
            f"{'it' if len(lacking) == 1 else 'them'} out (--labels=[...]), or "
            "choose another fold, protocol or split."
        )
    return {"absent_classes": absent} if absent else {}


def warn_of_absent(absent: dict, n_classes: int) -> None:
    """Say what sets without some classes mean for the scores."""
    meaning = {
        "valid": "The best epoch is chosen by",
        "test": "The results are of",
    }
    for name, found in absent.items():
        logger.warning(
            f"{name}: no utterance of {', '.join(found)}. {meaning[name]} the "
            f"other {n_classes - len(found)} of {n_classes} classes alone."
        )


def check_manifests(
    annotations: dict[str, str],
    protocol: str,
    labels: list[str] | None = None,
    same_recordings: str | None = None,
) -> dict:
    """Check the files that a run trains on and tests.

    Arguments
    ---------
    annotations : dict
        "train", "valid" and "test" to a manifest.
    protocol : str
        A key of `DISJOINT`, which lists what the sets may not share.
    labels : list of str, optional
        The classes that the training set must have; sets that lack some are
        logged.
    same_recordings : str, optional
        Whether one recording may be in two sets: "stop" or "warn".

    Returns
    -------
    facts : dict
        Of `check_classes` and `check_recordings`.

    Raises
    ------
    InputError
        If two of them share an utterance, or a speaker (session, scenario)
        where the protocol forbids it, or a recording, or a class has no
        training utterance.

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
    facts = {}
    if labels is not None:
        facts |= check_classes(sets, list(labels), f"{files}: ")
        warn_of_absent(facts.get("absent_classes", {}), len(labels))
    if same_recordings is not None:
        facts |= check_recordings(sets, same_recordings, f"{files}: ")
    return facts
