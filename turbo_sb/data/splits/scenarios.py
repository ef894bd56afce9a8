"""A protocol that holds out sessions and scenarios at once.

In IEMOCAP the same scripts and scenarios recur in every session, so words
tell a speaker-independent test set's classes from those of training. Here no
scenario of the test set, and none of its sessions, is in training.

The scenarios are dealt into five groups. A fold is a cell: it tests one group
in one session, validates on the next group in the next session, and trains on
the other groups in the other sessions. What is in none of the three is left
out. Five sessions and five groups make 25 folds, which test every utterance
once; the first five of them test each session and each group once. A fold
trains on some 9/25 of the corpus, so all 25 cost about what the ten of
speaker10 do.

Authors
 * The turbo_sb developers 2026
"""

from collections import Counter, defaultdict

N_GROUPS = 5


def scenario_groups(entries: dict) -> dict[str, int]:
    """Deal the scenarios into groups of about one size and mix of classes.

    The largest first, each to the group whose classes are then most even. The
    order of the entries has no effect.

    Arguments
    ---------
    entries : dict
        Utterance ID to its fields, with `scenario` and `label`.

    Returns
    -------
    groups : dict
        Scenario to the number of its group, from 0.

    Example
    -------
    >>> sizes = {"a": 3, "b": 2, "c": 2, "d": 2, "e": 2, "f": 1}
    >>> entries = {
    ...     f"{name}{i}": {"scenario": name, "label": "neu"}
    ...     for name, n in sizes.items() for i in range(n)
    ... }
    >>> scenario_groups(entries)
    {'a': 0, 'b': 1, 'c': 2, 'd': 3, 'e': 4, 'f': 1}
    """
    counts = defaultdict(Counter)
    for entry in entries.values():
        counts[entry["scenario"]][entry["label"]] += 1
    held, groups = [Counter() for _ in range(N_GROUPS)], {}
    for name in sorted(counts, key=lambda k: (-counts[k].total(), k)):
        new = counts[name]
        # The growth of the sum of squares: least where there is least.
        growth = [
            sum(n * n + 2 * n * group[c] for c, n in new.items())
            for group in held
        ]
        groups[name] = growth.index(min(growth))
        held[groups[name]].update(new)
    return groups


def cells(entries: dict) -> list[tuple[str, str, int]]:
    """List the folds as (name, session, group), fold 1 first."""
    groups = scenario_groups(entries)
    sessions = sorted({entry["session"] for entry in entries.values()})
    filled = defaultdict(set)
    for entry in entries.values():
        key = entry["session"], groups[entry["scenario"]]
        filled[key].add(entry["scenario"])
    n_groups = max(groups.values()) + 1
    found = [
        (session, (place + step) % n_groups)
        for step in range(n_groups)
        for place, session in enumerate(sessions)
    ]
    return [
        (f"{cell[0]}: {' '.join(sorted(filled[cell]))}", *cell)
        for cell in found
        if filled[cell]
    ]


def parts(entries: dict, fold: int) -> dict[str, str | None]:
    """Map each ID to "train", "valid" or "test"; None if it is left out."""
    groups = scenario_groups(entries)
    cell_of = {
        name: (entry["session"], groups[entry["scenario"]])
        for name, entry in entries.items()
    }
    test = cells(entries)[fold - 1][1:]
    held = {"test": test, "valid": _following(test, set(cell_of.values()))}
    place = {cell: name for name, cell in held.items() if cell}

    def part(cell):
        """Find the set of a session and group."""
        if cell in place:
            return place[cell]
        apart = all(a != b for own in place for a, b in zip(cell, own))
        return "train" if apart else None

    return {name: part(cell) for name, cell in cell_of.items()}


def _following(test, filled):
    """Choose the next group in the next session; if empty, one after that."""
    sessions = sorted({session for session, _ in filled})
    n_groups = max(group for _, group in filled) + 1
    place = sessions.index(test[0])
    candidates = [
        (sessions[(place + i) % len(sessions)], (test[1] + j) % n_groups)
        for i in range(1, len(sessions))
        for j in range(1, n_groups)
    ]
    return next((cell for cell in candidates if cell in filled), None)
