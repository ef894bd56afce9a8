"""Counts of a corpus and its sets, laid out to be read.

Authors
 * The turbo_sb developers 2026
"""

from collections import Counter


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


def set_table(sets, classes, label="emo", by="speaker"):
    """Lay out utterances by class, and hours, of each speaker and set.

    Arguments
    ---------
    sets : dict
        Set name to entries, utterance ID to its fields.
    classes : sequence of str
        The columns.
    label : str
        The field with the class.
    by : str
        The field that the upper rows are for.

    Returns
    -------
    table : str
        A row for each value of `by`, with the sets that it is in, then one
        for each set, then one for all.

    Example
    -------
    >>> entry = {"speaker": "Ses01F", "emo": "neu", "duration": 360}
    >>> print(set_table({"train": {"a": entry}}, ["hap", "neu"]))
                hap    neu    all  hours
    Ses01F        0      1      1   0.10  train
    train         0      1      1   0.10
    all           0      1      1   0.10
    """
    everything = [e for part in sets.values() for e in part.values()]
    lines = [f"{'':8}" + "".join(f"{c:>7}" for c in (*classes, "all", "hours"))]
    for value in sorted({e[by] for e in everything}):
        members = [e for e in everything if e[by] == value]
        held = [
            name
            for name, part in sets.items()
            if any(e[by] == value for e in part.values())
        ]
        row = _row(value, members, classes, label)
        lines.append(f"{row}  {' '.join(held)}")
    for name, part in sets.items():
        lines.append(_row(name, part.values(), classes, label))
    return "\n".join([*lines, _row("all", everything, classes, label)])


def _row(name, entries, classes, label):
    counts = Counter(e[label] for e in entries)
    cells = "".join(f"{counts[c]:7,}" for c in classes)
    hours = sum(e["duration"] for e in entries) / 3600
    return f"{name:8}{cells}{len(entries):7,}{hours:7.2f}"
