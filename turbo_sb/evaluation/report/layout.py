"""A report's dict as Markdown.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.data.splits.checks import COMPLETE
from turbo_sb.evaluation.report import tables
from turbo_sb.evaluation.report.missing import missing_table
from turbo_sb.utils.markdown import table

PROTOCOLS = {
    "speaker10": "One speaker is tested, the other of that session validates",
    "session5": "One session is tested, the next one validates",
    "random10": (
        "A tenth is tested, stratified by class, the next one validates; "
        "speakers are in all sets"
    ),
    "scenario": (
        "A fifth of the scenarios in one session is tested, the next fifth "
        "in the next session validates; training has neither"
    ),
    "given": "The sets are a split file's",
    "manifest": "One cut of the manifest",
    "corpus": "A corpus is left out, and tested against the other class",
}
FEW_SPEAKERS = 20


def layout(report, other=None):
    """Lay out a report.

    Arguments
    ---------
    report : dict
        Of `turbo_sb.evaluation.report.build_report`.
    other : dict, optional
        Another one, to lay beside.

    Returns
    -------
    text : str
        Markdown.
    """
    parts = [f"# Report of {report['folder']}"]
    for protocol, part in report["protocols"].items():
        beside = (other or {}).get("protocols", {}).get(protocol)
        parts += _protocol(report, protocol, part, beside, other)
    parts += ["## How to read this", _notes(report)]
    return "\n\n".join(parts) + "\n"


def _protocol(report, protocol, part, beside, other):
    """One protocol's tables under a heading."""
    names = report["metrics"]
    parts = [f"## {protocol}", f"{PROTOCOLS.get(protocol, '')}."]
    parts.append(_extent(part))
    if warnings := _warnings(protocol, part):
        parts.append("\n".join(f"- **{line}**" for line in warnings))
    parts.append(table(*tables.score_table(report, part, beside, other)))
    if len(part["methods"]) > 1:
        parts.append(f"### Against {part['reference']}, on the same utterances")
        parts.append(table(*tables.difference_table(names, part)))
    if part["missing"]:
        parts += _missing(names, part)
    for name, scores in part["scores"].items():
        if name != "all":
            parts += [
                f"### {name}",
                table(*tables.kind_table(names, scores, part)),
            ]
    parts += ["### Confusion, % of each class (row: label)"]
    parts += [table(*tables.confusion_table(report["labels"], part))]
    against = f", and differences from {part['reference']}"
    parts.append(
        "### Embeddings, mean (sd) over runs"
        + (against if len(part["methods"]) > 1 else "")
    )
    parts.append(table(*tables.geometry_table(part)))
    parts += ["### Cost", table(*tables.cost_table(part))]
    return parts


def _missing(names, part):
    """What is found from both modalities, and from each alone."""
    found = part["missing"]
    parts = ["### Missing modality", table(*missing_table(names, part))]
    if found["older"]:
        older = ", ".join(found["older"])
        parts.append(f"Without {older}: some runs have no such predictions.")
    if len(found["settings"]) > 1:
        for source, scores in found["scores"].items():
            own = {"reference": found["reference"], "scores": {"all": scores}}
            parts.append(
                f"#### Against {found['reference']}, {source.replace('_', ' ')}"
            )
            parts.append(table(*tables.difference_table(names, own)))
    return parts


def _extent(part):
    """Say how much was tested, and how much of it training had read."""
    lines = []
    for name, found in part["methods"].items():
        folds, shared = len(found["folds"]), found["text_overlap"]
        seeds = [seed for seed in found["seeds"] if seed is not None]
        unknown = f" and {n:,} unknown" if (n := found["n_unknown"]) else ""
        line = (
            f"{name}: {found['n_tested']:,} of {found['n_known']:,} utterances "
            f"tested, {found['n_speakers']} speakers{unknown}, "
            f"{folds} fold{'s' if folds > 1 else ''}, "
            + (f"seeds {', '.join(map(str, seeds))}" if seeds else "no seed")
        )
        if found["n_left_out"]:
            line += (
                f"; {found['n_left_out']:,.0f} left out of a fold on average"
            )
        if shared is not None:
            line += f"; {100 * shared:.1f} % of the test texts also in training"
        if found["texts"]:
            line += f"; texts: {'; '.join(found['texts'])}"
        lines.append(f"- {line}")
    return "\n".join(lines)


def _warnings(protocol, part):
    """What must be known before a figure is read."""
    lines = []
    for name, found in part["methods"].items():
        if protocol in COMPLETE and found["n_tested"] < found["n_known"]:
            lines.append(
                f"{name}: not a whole cross-validation, "
                f"{found['n_known'] - found['n_tested']:,} utterances are not "
                "tested"
            )
        if found["unfinished"]:
            missing = ", ".join(f"{f} of {s}" for f, s in found["unfinished"])
            lines.append(
                f"{name}: folds not finished (fold of seed): {missing}"
            )
        if found["folds"] != next(iter(part["methods"].values()))["folds"]:
            lines.append(
                f"{name} has other folds than the first method: compare only "
                "the differences, which are of the utterances that both have"
            )
    return lines


def _notes(report):
    """How every figure came about."""
    names, resamples = report["metrics"], report["n_resamples"]
    groups = [m["n_speakers"] + m["n_unknown"] for _, m in _named(report)]
    few = min(groups) < FEW_SPEAKERS
    raw = [name for name, found in _named(report) if not found["on_sphere"]]
    sphere = "on the unit sphere"
    if raw:
        sphere += f" (but not normalised: {', '.join(raw)})"
    lines = [
        f"{' and '.join(names)} are over all test predictions of a seed "
        "together, and the mean of the seeds.",
        f"95 %: percentile bootstrap by speaker (an utterance whose is not "
        f"known stands for itself), {resamples:,} resamples, the same for all "
        "methods"
        + (
            f". Below some {FEW_SPEAKERS} speakers, as here, such intervals "
            "are too narrow, and p-values too small."
            if few
            else "."
        ),
        "By fold: mean (standard deviation) over the folds, each the mean of "
        "its seeds. Sd of seeds: of the pooled figure.",
        "p, bootstrap: two-sided, paired, of the same resamples, and not "
        "below 2 / 2^speakers. p, McNemar: "
        "exact, of the utterances that one gets right and the other wrong, "
        "taken as independent, which those of a speaker are not; of several "
        "seeds, Rüger's combination. No correction for several comparisons.",
        "Alignment and uniformity: on the test sets, without dropout, "
        f"{sphere}, lower is better. Their differences are of folds, each the "
        "mean of its seeds, with a bootstrap by fold; folds share training "
        "data (the two of a session in speaker10 all of it), so these "
        "intervals too are rather too narrow.",
        *_missing_notes(report),
        "s/epoch: median over runs; of trainings that ran side by side, each "
        "has a part of the machine.",
        f"(*) The paper's own figures: {report['paper']['setting']}. Not of "
        "the runs of this report.",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _missing_notes(report):
    if not any(part["missing"] for part in report["protocols"].values()):
        return []
    return [
        "Missing modality: the same checkpoints, the same utterances and "
        "resamples, with zeros in the place of the other modality in the "
        "classifier's input. The epoch was chosen by what it does with both. "
        "With modality_dropout 0, the training never saw such zeros."
    ]


def _named(report):
    """List (method, its facts), of every protocol."""
    parts = report["protocols"].values()
    return [pair for part in parts for pair in part["methods"].items()]
