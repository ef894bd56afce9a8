"""Counts of a corpus and its sets, laid out to be read.

Authors
 * The turbo_sb developers 2026
"""

from collections import Counter, defaultdict


def listing(counter):
    """Lay out counts in a line, the most frequent first.

    Arguments
    ---------
    counter : collections.Counter
        Name to count.

    Returns
    -------
    text : str

    Example
    -------
    >>> listing(Counter(xxx=2507, fru=1849))
    'xxx (2,507), fru (1,849)'
    """
    pairs = counter.most_common()
    return ", ".join(f"{name} ({n:,})" for name, n in pairs) or "none"


def set_table(sets, classes, by="spk_id"):
    """Lay out utterances by class, and hours, of each speaker and set.

    Arguments
    ---------
    sets : dict
        Set name to entries, utterance ID to its fields.
    classes : sequence of str
        The columns.
    by : str
        The field that the upper rows are for; "" has none.

    Returns
    -------
    table : str
        A row for each value of `by`, with the sets that it is in, then one
        for each set, then one for all.

    Example
    -------
    >>> entry = {"spk_id": "Ses01F", "label": "neu", "duration": 360}
    >>> print(set_table({"train": {"a": entry}}, ["hap", "neu"]))
                hap    neu    all  hours
    Ses01F        0      1      1   0.10  train
    train         0      1      1   0.10
    all           0      1      1   0.10
    """
    members, held = defaultdict(list), defaultdict(dict)
    for name, part in sets.items():
        for entry in part.values():
            members[entry[by]].append(entry)
            held[entry[by]][name] = True  # in the order of the sets
    everything = [e for part in members.values() for e in part]
    names = sorted(filter(None, members))  # "" is not known
    first = max([8, *(len(name) + 2 for name in names)])
    widths = [first, *(max(7, len(c) + 2) for c in (*classes, "all", "hours"))]
    lines = [_line(widths, ["", *classes, "all", "hours"])]
    for name in names:
        row = _row(name, members[name], classes)
        lines.append(f"{_line(widths, row)}  {' '.join(held[name])}")
    parts = {name: part.values() for name, part in sets.items()}
    for name, part in {**parts, "all": everything}.items():
        lines.append(_line(widths, _row(name, part, classes)))
    return "\n".join(lines)


def _row(name, entries, classes):
    counts = Counter(e["label"] for e in entries)
    cells = [f"{counts[c]:,}" for c in classes]
    hours = sum(e["duration"] for e in entries) / 3600
    return [name, *cells, f"{len(entries):,}", f"{hours:.2f}"]


def _line(widths, cells):
    first, *rest = zip(cells, widths)
    return first[0].ljust(first[1]) + "".join(c.rjust(w) for c, w in rest)
