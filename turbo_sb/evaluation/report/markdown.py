"""A report's dict as Markdown.

Authors
 * The turbo_sb developers 2026
"""

from collections import defaultdict

from tabulate import tabulate

from turbo_sb.data.splits.checks import COMPLETE
from turbo_sb.evaluation.report import tables
from turbo_sb.evaluation.report.comparison import FEWEST_GROUPS
from turbo_sb.utils.escaping import markdown as plain
from turbo_sb.utils.escaping import printable
from turbo_sb.utils.rounding import fixed

PROTOCOLS = {
    "speaker10": (
        "Each fold tests one speaker and validates on the other speaker of "
        "the session"
    ),
    "session5": "Each fold tests one session and validates on the next one",
    "random10": (
        "Each fold tests a tenth of the utterances, stratified by class, and "
        "validates on the next tenth; all sets have all speakers"
    ),
    "scenario": (
        "Each fold tests a fifth of the scenarios in one session and validates "
        "on the next fifth in the next session; training has neither"
    ),
    "given": "The sets of a split file",
    "manifest": "One split of the manifest",
    "corpus": (
        "Each fold leaves a corpus out, and tests it against the other class"
    ),
}
FEW_SPEAKERS = 20
ABSENT = {
    "train": "training set: nothing trained this output",
    "valid": "validation set: the other classes alone chose the epoch",
    "test": "test set: its figures are of the other classes alone",
}


def table(columns: list[str], rows: list[list[str]]) -> str:
    """A Markdown table that reads in a terminal too."""
    options = {"tablefmt": "github", "disable_numparse": True}
    cells = [[plain(cell) for cell in row] for row in rows]
    return tabulate(cells, [plain(name) for name in columns], **options)


def layout(
    report: dict, other: dict | None = None, figures: dict | None = None
) -> str:
    """A report as Markdown, with another one beside it, and with figures.

    `figures` maps a protocol to Markdown with its images and captions.
    """
    parts = [f"# Report of {plain(report['folder'])}"]
    for protocol, part in report["protocols"].items():
        beside = (other or {}).get("protocols", {}).get(protocol)
        parts += [f"## {plain(protocol)}", f"{PROTOCOLS.get(protocol, '')}."]
        parts += _scores(report, protocol, part, beside, other)
        if drawn := (figures or {}).get(protocol):
            parts += ["### Figures", drawn]
        parts += _details(report, part)
    parts += ["## How to read this", _notes(report)]
    return "\n\n".join(parts) + "\n"


def headline(report: dict) -> str:
    """The scores of each method, a line each: "speaker10 turbo: WA 0.750"."""
    return "\n".join(
        printable(f"{protocol} {method}: ")
        + ", ".join(
            f"{name} {tables.number(found[name]['value'])}"
            for name in report["metrics"]
        )
        for protocol, part in report["protocols"].items()
        for method, found in part["scores"]["all"].items()
    )


def _scores(report, protocol, part, beside, other):
    """What was tested, and how well each method did."""
    parts = [_extent(part)]
    if warnings := _warnings(protocol, part):
        parts.append("\n".join(f"- **{line}**" for line in warnings))
    parts.append(table(*tables.score_table(report, part, beside, other)))
    if len(part["methods"]) > 1:
        against = plain(part["reference"])
        parts.append(f"### Against {against}, on the same utterances")
        parts += _differences(report["metrics"], part)
    return parts


def _differences(names, part):
    """Differences from the reference; without p-values, why there are none."""
    parts = [table(*tables.difference_table(names, part))]
    n = part["scores"]["all"][part["reference"]]["n_groups"]
    if n < FEWEST_GROUPS:
        parts.append(
            f"No p-values: with {n} speaker{'s' if n > 1 else ''} the smallest "
            f"two-sided p is 2 / 2^{n} = {2 / 2**n:g}, whatever the difference. "
            f"From {FEWEST_GROUPS} speakers on it can be below 0.05."
        )
    return parts


def _details(report, part):
    """Tables of parts of the test sets, classes, embeddings and cost."""
    names, parts = report["metrics"], []
    if part["probe"]:
        parts.append("### Linear probe on the frozen encoders")
        parts.append(table(*tables.probe_table(names, part)))
    if part["missing"]:
        parts += _missing(names, part)
    for name, scores in part["scores"].items():
        if name != "all":
            found = table(*tables.kind_table(names, scores, part))
            parts += [f"### {plain(name)}", found]
    against = f", and differences from {plain(part['reference'])}"
    return [
        *parts,
        "### Confusion, % of each class (row: label)",
        table(*tables.confusion_table(report["labels"], part)),
        "### Embeddings, mean (sd) over runs"
        + (against if len(part["methods"]) > 1 else ""),
        table(*tables.geometry_table(part)),
        "### Cost",
        table(*tables.cost_table(part)),
        *_shared(part),
    ]


def _shared(part):
    """Say where fewer trainings than runs were paid for."""
    for method, found in part["methods"].items():
        runs, trainings = found["cost"]["runs"], found["cost"]["trainings"]
        if trainings < runs:
            yield (
                f"{plain(method)}: {runs} runs by {trainings} "
                f"training{'s' if trainings > 1 else ''}. Folds "
                "of the same training set were trained once, and validated, "
                "selected and tested each by itself; s/epoch, epochs and "
                "memory of such a training are those of each of its runs."
            )


def _missing(names, part):
    """Scores from both modalities, and from each alone."""
    found = part["missing"]
    parts = ["### Missing modality", table(*tables.missing_table(names, part))]
    if found["older"]:
        older = ", ".join(map(plain, found["older"]))
        parts.append(f"Without {older}: some runs have no such predictions.")
    if len(found["settings"]) > 1:
        for source, scores in found["scores"].items():
            own = {"reference": found["reference"], "scores": {"all": scores}}
            parts.append(
                f"#### Against {plain(found['reference'])}, "
                f"{source.replace('_', ' ')}"
            )
            parts += _differences(names, own)
    return parts


def seeds_of(seeds: list) -> str:
    """Name seeds so that a number does not read as a count: "seed 1"."""
    known = [str(seed) for seed in seeds if seed is not None]
    if not known:
        return "no seed"
    if len(known) == 1:
        return f"seed {known[0]}"
    return f"seeds {', '.join(known)} ({len(known)} seeds)"


def _extent(part):
    """How much was tested, and how much of it training had read."""
    lines = []
    for name, found in part["methods"].items():
        folds, shared = len(found["folds"]), found["text_overlap"]
        unknown = f" and {n:,} unknown" if (n := found["n_unknown"]) else ""
        line = (
            f"{plain(name)}: {found['n_tested']:,} of {found['n_known']:,} "
            f"utterances tested, {found['n_speakers']} speakers{unknown}, "
            f"{folds} fold{'s' if folds > 1 else ''}, "
            f"{seeds_of(found['seeds'])}"
        )
        if found["n_left_out"]:
            left_out = fixed(found["n_left_out"], 0, ",")
            line += f"; {left_out} left out of a fold on average"
        if shared is not None:
            line += f"; {fixed(100 * shared, 1)} % of the test texts also in training"
        if found["texts"]:
            line += f"; texts: {'; '.join(map(plain, found['texts']))}"
        lines.append(f"- {line}")
    return "\n".join(lines)


def _warnings(protocol, part):
    """What a reader must know before the scores."""
    lines = []
    for method, found in part["methods"].items():
        name = plain(method)
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
        lines += [f"{name}: {line}" for line in _doubts(found)]
        if lost := part["probe"].get(method, {}).get("lost"):
            lines.append(
                f"{name} loses to a linear probe on its frozen encoders in "
                f"{' and '.join(lost)}: see the table below"
            )
        if found["folds"] != next(iter(part["methods"].values()))["folds"]:
            lines.append(
                f"{name} has other folds than the first method: compare only "
                "the differences, which are of the utterances that both have"
            )
    return lines


def _doubts(found):
    """Which folds lack classes, and whether sets share recordings."""
    folds = defaultdict(list)
    for fold, name, classes in found["absent_classes"]:
        folds[name, ", ".join(classes)].append(str(fold))
    lines = [
        f"no {classes} in the {ABSENT[name]} (fold {', '.join(of)})"
        for (name, classes), of in folds.items()
    ]
    if same := found["n_same_recording"]:
        lines.append(
            f"{same:,} utterances of a fold have a recording that another of "
            "its sets has too: the figures may be too high"
        )
    return lines


def _notes(report):
    """How every number was computed."""
    names, resamples = report["metrics"], report["n_resamples"]
    groups = [m["n_speakers"] + m["n_unknown"] for _, m in _named(report)]
    few = min(groups) < FEW_SPEAKERS
    raw = [name for name, found in _named(report) if not found["on_sphere"]]
    sphere = "on the unit sphere"
    if raw:
        sphere += f" (but not normalised: {', '.join(map(plain, raw))})"
    lines = [
        f"{' and '.join(names)} are over all test predictions of a seed "
        "together, and the mean of the seeds.",
        "95 %: percentile bootstrap by speaker (an utterance with unknown "
        f"speaker is its own group), {resamples:,} resamples, the same for all "
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
        "below 2 / 2^speakers. p, McNemar: exact, of the utterances that one "
        "gets right and the other wrong, assuming that utterances are "
        "independent, which those of a speaker are not; of several seeds, "
        "Rüger's combination. No correction for several comparisons. With "
        f"fewer than {FEWEST_GROUPS} speakers (or folds, for embeddings) "
        "there is no p-value.",
        "Alignment and uniformity: on the test sets, without dropout, "
        f"{sphere}, lower is better. Their differences are of folds, each the "
        "mean of its seeds, with a bootstrap by fold; folds share training "
        "data (the two of a session in speaker10 all of it), so these "
        "intervals tend to be too narrow.",
        *_missing_notes(report),
        *_probe_notes(report),
        "s/epoch: median over runs; trainings that ran side by side shared "
        "the machine.",
        f"(*) The paper's own figures: {report['paper']['setting']}. They are "
        "not from the runs of this report.",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _missing_notes(report):
    if not any(part["missing"] for part in report["protocols"].values()):
        return []
    return [
        "Missing modality: the same checkpoints, utterances and resamples, "
        "with zeros in place of the other modality in the classifier's input. "
        "The epoch was chosen by its score with both. With modality_dropout "
        "0, the training never saw such zeros."
    ]


def _probe_notes(report):
    if not any(part["probe"] for part in report["protocols"].values()):
        return []
    return [
        "Linear probe: logistic regression on standardised embeddings of the "
        "encoders as they were before the training, on the same sets. The "
        "validation set chose its regularisation, and the mean of all layers "
        "or the last one. Differences are from the first row of a method, the "
        "probe that validated best."
    ]


def _named(report):
    """Pairs of method and its facts, of every protocol."""
    parts = report["protocols"].values()
    return [pair for part in parts for pair in part["methods"].items()]
