"""Cut a corpus that has no folds once, by speaker.

Authors
 * The turbo_sb developers 2026
"""

import hashlib
from collections import Counter, defaultdict

from turbo_sb.data.splits.checks import SETS, check_split
from turbo_sb.utils.errors import InputError, some_of

SHARES = {"train": 0.8, "valid": 0.1, "test": 0.1}
MIN_STRATUM = 10  # utterances of a class in a corpus


def cut(entries: dict, split_seed: int = 1986) -> dict[str, dict]:
    """Cut a corpus 80/10/10, stratified by class, no speaker in two sets.

    Speakers are assigned in turn, large ones first, equally large ones in the
    order of a hash. Each goes to the set that lacks their utterances most: of
    the class, and of the class in their corpus if that has ten or more. A
    class with as few speakers as there are sets gets one in each. The order of
    the entries has no effect, but one more utterance may move a fifth of the
    others; the manifest's column split keeps a cut.

    Arguments
    ---------
    entries : dict
        Utterance ID to its fields: `label`, `spk_id` (an utterance with ""
        is its own group), and optionally `corpus`.
    split_seed : int
        Another one cuts differently. It is not the seed of the training.

    Returns
    -------
    sets : dict
        `train`, `valid` and `test`, each a dict like `entries`.

    Example
    -------
    >>> entries = {
    ...     f"{c}{i}": {"label": c, "spk_id": ""} for c in "ab" for i in range(20)
    ... }
    >>> {name: len(part) for name, part in cut(entries).items()}
    {'train': 32, 'valid': 4, 'test': 4}
    """
    kinds = {
        n: (e["label"], e.get("corpus", "")) for n, e in sorted(entries.items())
    }
    sizes = Counter(kinds.values())

    def count(names):
        """Count utterances by class, and by class in a corpus."""
        found = [kinds[n] for n in names]
        # A tenth of a smaller corpus is less than an utterance.
        large = (kind for kind in found if sizes[kind] >= MIN_STRATUM)
        return Counter(large) + Counter(c for c, _ in found)

    wanted = {
        s: {kind: n * share for kind, n in count(entries).items()}
        for s, share in SHARES.items()
    }
    held = {s: Counter() for s in SETS}
    sets = {s: {} for s in SETS}
    groups = _groups(entries, split_seed)
    classes = [{entries[name]["label"] for name in group} for group in groups]
    left = Counter(c for found in classes for c in found)
    lacking = {c: set(SETS) for c in left}
    for members, found in zip(groups, classes):
        group = count(members)
        choices = _choices(found, left, lacking)
        best = min(choices, key=lambda s: _cost(group, held[s], wanted[s]))
        held[best].update(group)
        sets[best].update({name: entries[name] for name in members})
        left.subtract(found)
        for c in found:
            lacking[c].discard(best)
    return sets


def _choices(classes, left, lacking):
    """Return the sets that a speaker of these classes may go to."""
    # If a class has no more speakers left, this one included, than there are
    # sets that lack it, only those sets.
    urgent = [lacking[c] for c in classes if left[c] <= len(lacking[c])]
    served = {s: sum(s in sets for sets in urgent) for s in SETS}
    return [s for s in SETS if served[s] == max(served.values())]


def _groups(entries, split_seed):
    """Return the speakers' utterances: large speakers first, then by hash."""
    groups = defaultdict(list)
    for name in sorted(entries):
        speaker = entries[name].get("spk_id")
        key = ("speaker", speaker) if speaker else ("utterance", name)
        groups[key].append(name)

    def order(item):
        """Sort by the power of two of the size, then by hash."""
        # By the size itself, a seed would change little.
        key = f"{split_seed}:{':'.join(item[0])}".encode()
        return -len(item[1]).bit_length(), hashlib.sha256(key).hexdigest()

    return [members for _, members in sorted(groups.items(), key=order)]


def _cost(group, held, wanted):
    """Compute by how much the set's relative squared error would grow."""
    return sum(
        (n * n + 2 * n * (held[kind] - wanted[kind])) / wanted[kind]
        for kind, n in group.items()
    )


def given_split(entries: dict) -> dict[str, dict]:
    """Cut a corpus as its manifest's column split says.

    Arguments
    ---------
    entries : dict
        Utterance ID to its fields, with `split` and `spk_id`.

    Returns
    -------
    sets : dict
        `train`, `valid` and `test`, each a dict like `entries`.

    Raises
    ------
    InputError
        If a split has another name, or a speaker is in two.

    Example
    -------
    >>> given_split({"a": {"split": "dev", "spk_id": ""}})
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: split: 1 cells are not one of train, valid, test:
      a: 'dev'
    Correct the column, or remove it: the corpus is then cut 80/10/10.
    """
    stray = [
        f"{name}: {entry['split']!r}"
        for name, entry in entries.items()
        if entry["split"] not in SETS
    ]
    if stray:
        raise InputError(
            f"split: {len(stray)} cells are not one of {', '.join(SETS)}:"
            f"\n{some_of(stray)}\nCorrect the column, or remove it: the "
            "corpus is then cut 80/10/10."
        )
    places = defaultdict(set)
    for entry in entries.values():
        if entry["spk_id"]:
            places[entry["spk_id"]].add(entry["split"])
    shared = [
        f"{speaker}: {', '.join(s for s in SETS if s in found)}"
        for speaker, found in sorted(places.items())
        if len(found) > 1
    ]
    if shared:
        raise InputError(
            f"split: {len(shared)} speakers are in more than one set, so a "
            f"model could know their voices:\n{some_of(shared)}\nPut each "
            "into one set, or remove the column."
        )
    return {
        s: {name: e for name, e in entries.items() if e["split"] == s}
        for s in SETS
    }


def check_sets(entries: dict, sets: dict, labels: list[str]) -> None:
    """Reject sets that lack a class; check that no speaker is in two."""
    lacking = [
        f"{name} ({len(part)}): no {', '.join(absent)}"
        for name, part in sets.items()
        if (absent := sorted(set(labels) - {e["label"] for e in part.values()}))
    ]
    if lacking:
        raise InputError(
            f"sets that lack a class:\n{some_of(lacking)}\nAdd utterances or "
            "speakers of it, or correct the labels or the split. A cut by "
            "speaker needs three speakers of each class."
        )
    check_split(sets, ("spk_id",), entries)
