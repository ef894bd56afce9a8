"""The rows of a report's tables.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.evaluation.report.cells import (
    interval,
    mean_sd,
    p_value,
    plain,
    share,
    signed,
)


def score_table(report, part, beside, other):
    """A row a method, the paper's below it, and another report's.

    Arguments
    ---------
    report : dict
        Of `turbo_sb.evaluation.report.build_report`.
    part : dict
        One of its protocols.
    beside : dict
        The same protocol of another report, if that has it.
    other : dict
        The other report, if there is one.

    Returns
    -------
    columns : list of str
    rows : list of list of str
    """
    columns, names, rows = [""], report["metrics"], []
    for name in names:
        columns += [name, "95 %", f"{name} by fold", "sd of seeds"]
    for baseline, values in part["baselines"].items():
        rows.append(_bare_row(baseline, [values.get(n) for n in names]))
    for method, found in part["scores"]["all"].items():
        rows.append([method, *_score_cells(names, found)])
        own = method.rpartition("/")[2]
        if own in report["paper"]["values"]:
            values = report["paper"]["values"][own]
            rows.append(_bare_row(f"{own}, the paper's (*)", values))
    for method, found in (
        (beside or {}).get("scores", {}).get("all", {}).items()
    ):
        name = f"{method}, of {other['folder']}"
        rows.append([name, *_score_cells(names, found)])
    return columns, rows


def _bare_row(name, values):
    """A row of values without a spread."""
    cells = [[share(value), "", "", ""] for value in values]
    return [name, *(cell for group in cells for cell in group)]


def _score_cells(names, scores):
    cells = []
    for name in names:
        found = scores[name]
        folds = mean_sd(found["fold_mean"], found["fold_sd"], 3)
        seeds = share(found["seed_sd"])
        cells += [share(found["value"]), interval(found["interval"])]
        cells += [folds, seeds]
    return cells


def difference_table(names, part):
    """What each method has more than the reference.

    Arguments
    ---------
    names : sequence of str
        The metrics.
    part : dict
        A protocol of a report.

    Returns
    -------
    columns : list of str
    rows : list of list of str
    """
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
            row.append(signed(found["difference"]))
            row.append(interval(found["difference_interval"]))
            row.append(p_value(found["p_bootstrap"]))
        rows.append([*row, p_value(scores["p_mcnemar"]["combined"])])
    return [*columns, f"p, McNemar ({names[0]})"], rows


def kind_table(names, scores, part):
    """The scores of a part of the utterances.

    Arguments
    ---------
    names : sequence of str
        The metrics.
    scores : dict
        Method to its figures there.
    part : dict
        The protocol of the report.

    Returns
    -------
    columns : list of str
    rows : list of list of str
    """
    columns = ["", "n"]
    for name in names:
        columns += [name, "95 %"]
        if len(part["methods"]) > 1:
            columns.append(f"Δ {name}")
    rows = []
    for method, found in scores.items():
        row = [method, f"{found['n']:,}"]
        for name in names:
            row += [share(found[name]["value"])]
            row += [interval(found[name]["interval"])]
            if len(part["methods"]) > 1:
                row.append(signed(found[name].get("difference")))
        rows.append(row)
    return columns, rows


def confusion_table(labels, part):
    """Each method's predictions, in % of each label.

    Arguments
    ---------
    labels : sequence of str
        The classes.
    part : dict
        A protocol of a report.

    Returns
    -------
    columns : list of str
    rows : list of list of str
    """
    rows = []
    for method, found in part["methods"].items():
        for label, counts in zip(labels, found["confusion"]):
            total = sum(counts)
            cells = [f"{100 * n / total:.1f}" if total else "" for n in counts]
            rows.append([method, label, *cells, f"{total:,}"])
    return ["", "label", *labels, "n (all seeds)"], rows


def geometry_table(part):
    """Alignment and uniformity, and what each has more than the reference.

    Arguments
    ---------
    part : dict
        A protocol of a report.

    Returns
    -------
    columns : list of str
    rows : list of list of str
    """
    columns, rows = [""], []
    for name in next(iter(part["geometry"].values())):
        columns += [name.replace("_", " "), "Δ", "95 %", "p"]
    for method, found in part["geometry"].items():
        row = [method]
        for values in found.values():
            values = values or {"mean": None, "sd": None}
            row += [
                mean_sd(values["mean"], values["sd"], 2),
                signed(values.get("difference"), 2),
                interval(values.get("difference_interval"), 2),
                p_value(values.get("p_bootstrap")),
            ]
        rows.append(row)
    return columns, rows


def cost_table(part):
    """What the trainings took.

    Arguments
    ---------
    part : dict
        A protocol of a report.

    Returns
    -------
    columns : list of str
    rows : list of list of str
    """
    columns = ["", "s/epoch", "epochs", "best epoch", "peak MB", "of"]
    columns.append("trainable parameters")
    rows = []
    for method, found in part["methods"].items():
        cost = found["cost"]
        row = [method, plain(cost["seconds_per_epoch"], 1)]
        row += [plain(cost[key], 0) for key in ("epochs", "best_epoch")]
        row += [plain(cost["peak_memory_mb"], 0)]
        row += [cost["peak_memory_of"] or ""]
        rows.append([*row, plain(cost["trainable_parameters"], 0)])
    return columns, rows
