"""What became of the corpora in a build, counted and laid out.

Authors
 * The turbo_sb developers 2026
"""

COLUMNS = ("listed", "missing", "kept", "hours", "speakers")


def count(sources: list, quotas: dict) -> dict:
    """Count the utterances of a build.

    Arguments
    ---------
    sources : list of Source
        Its corpora.
    quotas : dict
        Corpus to how many are in the manifest.

    Returns
    -------
    counts : dict
        `corpora`: corpus to its counts (`Source.counts`); `classes`: class to
        utterances.

    Example
    -------
    >>> count([], {})
    {'corpora': {}, 'classes': {}}
    """
    corpora = {s.name: s.counts(quotas[s.name]) for s in sources}
    classes = dict.fromkeys((s.label for s in sources), 0)
    for entry in corpora.values():
        classes[entry["label"]] += entry["kept"]
    return {"corpora": corpora, "classes": classes}


def table(counts: dict) -> str:
    """Lay out the counts of a build, a row for each corpus.

    Arguments
    ---------
    counts : dict
        Of `count`.

    Returns
    -------
    text : str

    Example
    -------
    >>> row = dict(listed=9, missing=1, kept=6, hours=0.5, speakers=2)
    >>> row |= dict(label="directed", skipped={"damaged": 2})
    >>> counts = {"corpora": {"slurp": row}, "classes": {"directed": 6}}
    >>> print(table(counts))
                    listed   missing      kept     hours  speakers  label
    slurp                9         1         6      0.50         2  directed
    skipped of slurp: damaged 2
    classes: directed 6
    """
    lines = [f"{'':12}" + "".join(f"{c:>10}" for c in COLUMNS) + "  label"]
    for name, entry in counts["corpora"].items():
        cells = "".join(
            f"{entry[c]:10.2f}" if c == "hours" else f"{entry[c]:10,}"
            for c in COLUMNS
        )
        lines.append(f"{name:12}{cells}  {entry['label']}")
    for name, entry in counts["corpora"].items():
        if entry["skipped"]:
            reasons = [f"{why} {n:,}" for why, n in entry["skipped"].items()]
            lines.append(f"skipped of {name}: {', '.join(reasons)}")
    classes = [f"{name} {n:,}" for name, n in counts["classes"].items()]
    return "\n".join([*lines, f"classes: {', '.join(classes)}"])
