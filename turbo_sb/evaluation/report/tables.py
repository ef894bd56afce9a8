"""The columns and rows of a report's tables; "" is an unknown value.

Each table is a pair of lists: of column names, and of rows of cells. `part` is
one protocol of a report, `names` are the report's metrics.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.evaluation.report.comparison import FEWEST_GROUPS
from turbo_sb.utils.rounding import fixed

Table = tuple[list[str], list[list[str]]]


def mean_sd(mean: float | None, sd: float | None, digits: int) -> str:
    """A mean with its standard deviation, which may be None: "0.50 (0.25)"."""
    if mean is None:
        return ""
    text = fixed(mean, digits)
    return text if sd is None else f"{text} ({fixed(sd, digits)})"


def number(value: float | None, digits: int = 3, spec: str = "") -> str:
    """A number; `spec` is "+" for a difference, "," for thousands."""
    return "" if value is None else fixed(value, digits, spec)


def interval(bounds: tuple | None, digits: int = 3) -> str:
    """An interval, such as "0.250 to 0.500"."""
    low, high = bounds or (None, None)
    return (
        "" if low is None else f"{fixed(low, digits)} to {fixed(high, digits)}"
    )


def p_value(value: float | None) -> str:
    """A p-value: "0.040", or "< 0.001"."""
    return "< 0.001" if value is not None and value < 0.001 else number(value)


def score_table(
    report: dict, part: dict, beside: dict | None = None, other=None
) -> Table:
    """Baselines, methods, the paper's values, and another report's.

    `beside` is the same protocol of the report `other`.
    """
    columns, names, rows = [""], report["metrics"], []
    for name in names:
        columns += [name, "95 %", f"{name} by fold", "sd of seeds"]
    for baseline, values in part["baselines"].items():
        rows.append(_bare_row(baseline, [values.get(n) for n in names]))
    for method, found in part["scores"]["all"].items():
        rows.append([method, *score_cells(names, found)])
        own = method.rpartition("/")[2]
        if own in report["paper"]["values"]:
            values = report["paper"]["values"][own]
            rows.append(_bare_row(f"{own}, the paper's (*)", values))
    for method, found in (
        (beside or {}).get("scores", {}).get("all", {}).items()
    ):
        name = f"{method}, of {other['folder']}"
        rows.append([name, *score_cells(names, found)])
    return columns, rows


def _bare_row(name, values):
    """A row of values without a spread."""
    cells = [[number(value), "", "", ""] for value in values]
    return [name, *(cell for group in cells for cell in group)]


def score_cells(names: list[str], scores: dict) -> list[str]:
    """Four cells a metric: value, interval, by fold, sd of seeds."""
    cells = []
    for name in names:
        found = scores[name]
        folds = mean_sd(found["fold_mean"], found["fold_sd"], 3)
        seeds = number(found["seed_sd"])
        cells += [number(found["value"]), interval(found["interval"])]
        cells += [folds, seeds]
    return cells


def difference_table(names: list[str], part: dict) -> Table:
    """Differences from the reference; p-values where speakers are enough."""
    enough = part["scores"]["all"][part["reference"]]["n_groups"]
    enough = enough >= FEWEST_GROUPS
    columns, rows = [""], []
    for name in names:
        columns += [f"Δ {name}", "95 %", *["p, bootstrap"] * enough]
    for method, scores in part["scores"]["all"].items():
        if method == part["reference"]:
            continue
        row = [method]
        for name in names:
            found = scores[name]
            row.append(number(found["difference"], spec="+"))
            row.append(interval(found["difference_interval"]))
            row += [p_value(found["p_bootstrap"])] * enough
        row += [p_value(scores["p_mcnemar"]["combined"])] * enough
        rows.append(row)
    return [*columns, *[f"p, McNemar ({names[0]})"] * enough], rows


def kind_table(names: list[str], scores: dict, part: dict) -> Table:
    """Scores on a part of the utterances, of which `scores` are."""
    columns = ["", "n"]
    for name in names:
        columns += [name, "95 %"]
        if len(part["methods"]) > 1:
            columns.append(f"Δ {name}")
    rows = []
    for method, found in scores.items():
        row = [method, f"{found['n']:,}"]
        for name in names:
            row += [number(found[name]["value"])]
            row += [interval(found[name]["interval"])]
            if len(part["methods"]) > 1:
                row.append(number(found[name].get("difference"), spec="+"))
        rows.append(row)
    return columns, rows


def confusion_table(labels: list[str], part: dict) -> Table:
    """Each method's predictions, in percent of each label."""
    rows = []
    for method, found in part["methods"].items():
        for label, counts in zip(labels, found["confusion"]):
            total = sum(counts)
            cells = [fixed(100 * n / total, 1) if total else "" for n in counts]
            rows.append([method, label, *cells, f"{total:,}"])
    return ["", "label", *labels, "n (all seeds)"], rows


def geometry_table(part: dict) -> Table:
    """Alignment and uniformity, and their differences from the reference."""
    columns, rows = [""], []
    for name in next(iter(part["geometry"].values())):
        columns += [name.replace("_", " "), "Δ", "95 %", "p"]
    for method, found in part["geometry"].items():
        row = [method]
        for values in found.values():
            values = values or {"mean": None, "sd": None}
            row += [
                mean_sd(values["mean"], values["sd"], 2),
                number(values.get("difference"), 2, "+"),
                interval(values.get("difference_interval"), 2),
                p_value(values.get("p_bootstrap")),
            ]
        rows.append(row)
    return columns, rows


def cost_table(part: dict) -> Table:
    """Time and memory of the trainings."""
    columns = ["", "s/epoch", "epochs", "best epoch", "peak MB", "of"]
    columns.append("trainable parameters")
    rows = []
    for method, found in part["methods"].items():
        cost = found["cost"]
        row = [method, number(cost["seconds_per_epoch"], 1, ",")]
        row += [number(cost[key], 0, ",") for key in ("epochs", "best_epoch")]
        row += [number(cost["peak_memory_mb"], 0, ",")]
        row += [cost["peak_memory_of"] or ""]
        rows.append([*row, number(cost["trainable_parameters"], 0, ",")])
    return columns, rows


def missing_table(names: list[str], part: dict) -> Table:
    """Three rows a method: both modalities, the audio alone, the text alone."""
    columns, rows = ["", "from"], []
    for name in names:
        columns += [name, "95 %", f"{name} by fold"]
    found = {"both": part["scores"]["all"], **part["missing"]["scores"]}
    for method, settings in part["missing"]["settings"].items():
        for source, scores in found.items():
            row = [method, source.replace("_", " ")]
            for name in names:
                row += _cells(scores[method][name])
            rows.append([*row, _trained(settings)])
    return [*columns, "modality_dropout"], rows


def probe_table(names: list[str], part: dict) -> Table:
    """Each method, its linear probes, and differences from the first of them."""
    columns, rows = ["", "from"], []
    for name in names:
        columns += [name, "95 %", f"{name} by fold", f"Δ {name}", "95 % of Δ"]
        columns.append("p, bootstrap")
    for method, beside in part["probe"].items():
        for source, scores in beside["scores"].items():
            row = [method, source.replace("_", ", ")]
            for name in names:
                row += _cells(scores[name])
                row.append(number(scores[name].get("difference"), spec="+"))
                row.append(interval(scores[name].get("difference_interval")))
                row.append(p_value(scores[name].get("p_bootstrap")))
            rows.append(row)
    return columns, rows


def _cells(found):
    folds = mean_sd(found["fold_mean"], found["fold_sd"], 3)
    return [number(found["value"]), interval(found["interval"]), folds]


def _trained(settings):
    rate = settings["modality_dropout"]
    if not rate:
        return "0: not trained for it"
    learnt = settings.get("placeholder") == "learnt"
    return f"{rate:g}, learnt placeholder" if learnt else f"{rate:g}"
