"""Counts of a corpus and its sets, as text.

Authors
 * The turbo_sb developers 2026
"""

from collections import Counter, defaultdict

from tabulate import tabulate


def listing(counter: Counter) -> str:
    """Counts in a line, the most frequent first: "xxx (2,507), fru (1,849)"."""
    pairs = counter.most_common()
    return ", ".join(f"{name} ({n:,})" for name, n in pairs) or "none"


def set_table(sets: dict, classes: list[str], by: str = "spk_id") -> str:
    """Utterances by class, and hours, of each speaker (or `by`) and set.

    `sets` maps a set's name to entries, utterance ID to its fields. The last
    column names the sets that a speaker is in.
    """
    members, held = defaultdict(list), defaultdict(dict)
    for name, part in sets.items():
        for entry in part.values():
            members[entry[by]].append(entry)
            held[entry[by]][name] = True  # in the order of the sets
    everything = [e for part in members.values() for e in part]
    rows = [
        [*_row(name, members[name], classes), " ".join(held[name])]
        for name in sorted(filter(None, members))  # "" is unknown
    ]
    parts = {name: part.values() for name, part in sets.items()}
    for name, part in {**parts, "all": everything}.items():
        rows.append([*_row(name, part, classes), ""])
    columns = ["", *classes, "all", "hours", ""]
    align = ("left", *["right"] * (len(columns) - 2), "left")
    options = {"disable_numparse": True, "colalign": align}
    return tabulate(rows, columns, tablefmt="plain", **options)


def _row(name, entries, classes):
    counts = Counter(e["label"] for e in entries)
    cells = [f"{counts[c]:,}" for c in classes]
    hours = sum(e["duration"] for e in entries) / 3600
    return [name, *cells, f"{len(entries):,}", f"{hours:.2f}"]
