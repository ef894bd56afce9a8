"""Count what became of the corpora in a build.

Authors
 * The turbo_sb developers 2026
"""

COLUMNS = ("listed", "missing", "kept", "hours", "speakers")


def count(sources: list, quotas: dict[str, int]) -> dict:
    """Count the utterances by corpus and by class."""
    corpora = {s.name: s.counts(quotas[s.name]) for s in sources}
    classes = dict.fromkeys((s.label for s in sources), 0)
    for entry in corpora.values():
        classes[entry["label"]] += entry["kept"]
    return {"corpora": corpora, "classes": classes}


def table(counts: dict) -> str:
    """Lay out the counts of a build, one row per corpus."""
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
