"""A report's dict as Markdown.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.markdown import table

PROTOCOLS = {
    "speaker10": "one speaker is tested, the other of that session validates",
    "session5": "one session is tested, the next one validates",
    "random10": (
        "a tenth is tested, stratified by class, the next one validates; "
        "speakers are in all sets"
    ),
    "scenario": (
        "a fifth of the scenarios in one session is tested, the next fifth "
        "in the next session validates; training has neither"
    ),
    "given": "the sets are a split file's",
    "manifest": "one cut of the manifest",
    "corpus": "a corpus is left out, and tested against the other class",
}
FEW_SPEAKERS = 20


def layout(report, other=None):
    """Lay out a report.

    Arguments
    ---------
    report : dict
        Of `turbo_sb.report.build_report`.
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
    if warnings := _warnings(part):
        parts.append("\n".join(f"- **{line}**" for line in warnings))
    rows = _score_rows(report, part, beside, other)
    parts.append(table(["", *_score_columns(names)], rows))
    if len(part["methods"]) > 1:
        parts.append(f"### Against {part['reference']}, on the same utterances")
        parts.append(table(*_difference_table(names, part)))
    for name, scores in part["scores"].items():
        if name != "all":
            parts += [f"### {name}", table(*_kind_table(names, scores, part))]
    parts += ["### Confusion, % of each class (row: label)"]
    parts += [table(*_confusion_table(report["labels"], part))]
    parts += ["### Embeddings and cost, mean (sd) over runs"]
    parts.append(table(*_cost_table(part)))
    return parts


def _extent(part):
    """Say how much was tested, and how much of it training had read."""
    lines = []
    for name, found in part["methods"].items():
        folds, seeds = len(found["folds"]), [s for s in found["seeds"] if s]
        shared = found["text_overlap"]
        line = (
            f"{name}: {found['n_tested']:,} of {found['n_known']:,} utterances "
            f"tested, {found['n_speakers']} speakers, {folds} folds, "
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


def _warnings(part):
    """What must be known before a figure is read."""
    lines = []
    for name, found in part["methods"].items():
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


def _score_columns(names):
    found = []
    for name in names:
        found += [name, "95 %", f"{name} by fold", "sd of seeds"]
    return found


def _score_rows(report, part, beside, other):
    """A row a method, the paper's below it, and another report's."""
    names, rows = report["metrics"], []
    for method, found in part["scores"]["all"].items():
        rows.append([method, *_score_cells(names, found)])
        own = method.rpartition("/")[2]
        if own in report["paper"]["values"]:
            row = [f"{own}, the paper's (*)"]
            for value in report["paper"]["values"][own]:
                row += [_share(value), "", "", ""]
            rows.append(row)
    for method, found in (
        (beside or {}).get("scores", {}).get("all", {}).items()
    ):
        name = f"{method}, of {other['folder']}"
        rows.append([name, *_score_cells(names, found)])
    return rows


def _score_cells(names, scores):
    cells = []
    for name in names:
        found = scores[name]
        folds = mean_sd(found["fold_mean"], found["fold_sd"], 3)
        seeds = _share(found["seed_sd"])
        cells += [_share(found["value"]), _interval(found["interval"])]
        cells += [folds, seeds]
    return cells


def _difference_table(names, part):
    columns = [""]
    for name in names:
        columns += [f"Δ {name}", "95 %", "p, bootstrap"]
    rows = []
    for method, scores in part["scores"]["all"].items():
        if method == part["reference"]:
            continue
        row = [method]
        for name in names:
            found = scores[name]
            row.append(_signed(found["difference"]))
            row.append(_interval(found["difference_interval"]))
            row.append(_p(found["p_bootstrap"]))
        rows.append([*row, _p(scores["p_mcnemar"]["combined"])])
    return [*columns, f"p, McNemar ({names[0]})"], rows


def _kind_table(names, scores, part):
    columns = ["", "n"]
    for name in names:
        columns += [name, "95 %"]
        if len(part["methods"]) > 1:
            columns.append(f"Δ {name}")
    rows = []
    for method, found in scores.items():
        row = [method, f"{found['n']:,}"]
        for name in names:
            row += [_share(found[name]["value"])]
            row += [_interval(found[name]["interval"])]
            if len(part["methods"]) > 1:
                row.append(_signed(found[name].get("difference")))
        rows.append(row)
    return columns, rows


def _confusion_table(labels, part):
    rows = []
    for method, found in part["methods"].items():
        for label, counts in zip(labels, found["confusion"]):
            total = sum(counts)
            cells = [f"{100 * n / total:.1f}" if total else "" for n in counts]
            rows.append([method, label, *cells, f"{total:,}"])
    return ["", "label", *labels, "n (all seeds)"], rows


def _cost_table(part):
    columns = ["", "alignment", "uniformity audio", "uniformity text"]
    columns += ["s/epoch", "epochs", "best", "peak MB", "parameters"]
    rows = []
    for method, found in part["methods"].items():
        cells = [
            mean_sd(g["mean"], g["sd"], 2) if g else ""
            for g in found["geometry"].values()
        ]
        cost = found["cost"]
        memory = cost["peak_memory_mb"]
        cells += [_plain(cost["seconds_per_epoch"], 1)]
        cells += [_plain(cost[key], 0) for key in ("epochs", "best_epoch")]
        cells.append(f"{memory:,} ({cost['peak_memory_of']})" if memory else "")
        cells.append(_plain(cost["trainable_parameters"], 0))
        rows.append([method, *cells])
    return columns, rows


def _notes(report):
    """How every figure came about."""
    names, resamples = report["metrics"], report["n_resamples"]
    few = any(m["n_speakers"] < FEW_SPEAKERS for _, m in _named(report))
    raw = [name for name, found in _named(report) if not found["on_sphere"]]
    sphere = "on the unit sphere"
    if raw:
        sphere += f" (but not normalised: {', '.join(raw)})"
    lines = [
        f"{' and '.join(names)} are over all test predictions of a seed "
        "together, and the mean of the seeds.",
        f"95 %: percentile bootstrap by speaker, {resamples:,} resamples, the "
        "same for all methods"
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
        f"{sphere}, lower is better. s/epoch: median; on a machine that ran "
        "several trainings, of all of them together.",
        f"(*) The paper's own figures: {report['paper']['setting']}. Not of "
        "the runs of this report.",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _named(report):
    """List (method, its facts), of every protocol."""
    parts = report["protocols"].values()
    return [pair for part in parts for pair in part["methods"].items()]


def mean_sd(mean, sd, digits):
    """Lay out a mean with its standard deviation.

    Arguments
    ---------
    mean : float
        None gives nothing.
    sd : float
        None is left out.
    digits : int
        Behind the point.

    Returns
    -------
    text : str

    Example
    -------
    >>> mean_sd(0.5, 0.25, 2), mean_sd(-1.25, None, 1)
    ('0.50 (0.25)', '-1.2')
    """
    if mean is None:
        return ""
    text = f"{mean:.{digits}f}"
    return text if sd is None else f"{text} ({sd:.{digits}f})"


def _share(value):
    return "" if value is None else f"{value:.3f}"


def _signed(value):
    return "" if value is None else f"{value:+.3f}"


def _interval(bounds):
    low, high = bounds or (None, None)
    return "" if low is None else f"{low:.3f} to {high:.3f}"


def _p(value):
    if value is None:
        return ""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _plain(value, digits):
    return "" if value is None else f"{value:,.{digits}f}"
