"""The three files of a report: report.md, report.json and report.csv.

Authors
 * The turbo_sb developers 2026
"""

import csv
import io
import json
from pathlib import Path

from turbo_sb.data.manifest import read_json
from turbo_sb.evaluation.report.build import build_report
from turbo_sb.evaluation.report.layout import layout
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import replacing

COLUMNS = [
    *("protocol", "part", "method", "source", "metric", "value"),
    *("low", "high", "fold_mean", "fold_sd", "n_folds", "seed_sd", "n_seeds"),
    *("n", "difference", "difference_low", "difference_high"),
    *("p_bootstrap", "p_mcnemar", "modality_dropout"),
]


def write_report(folder, reference=None, compare=None, n_resamples=2000):
    """Sum up the finished runs below a folder, in the folder itself.

    Arguments
    ---------
    folder : str or pathlib.Path
        See `turbo_sb.training.finished.find_runs`.
    reference : str, optional
        The method that the others are compared with; the first, if none.
    compare : str or pathlib.Path, optional
        A folder with another report.json, to lay beside.
    n_resamples : int
        Of the bootstrap by speaker.

    Returns
    -------
    text : str
        What report.md holds.

    Raises
    ------
    InputError
        If the runs are not what they say, or there is no report to compare.
    """
    folder, other = Path(folder), read_report(compare)
    report = build_report(folder, reference, n_resamples)
    if other is not None and other["metrics"] != report["metrics"]:
        raise InputError(
            f"compare: {compare} reports {other['metrics']}, and "
            f"{folder} has {report['metrics']}."
        )
    text = layout(report, other)
    contents = {
        "report.md": text,
        "report.csv": _csv(report),
        "report.json": json.dumps(report, indent=2, ensure_ascii=False) + "\n",
    }
    for name, content in contents.items():
        with replacing(folder / name) as draft:
            draft.write_text(content, encoding="utf-8", newline="\n")
    return text


def read_report(folder):
    """Read another report.

    Arguments
    ---------
    folder : str or pathlib.Path, optional
        Holds a report.json.

    Returns
    -------
    report : dict
        None without a folder.

    Raises
    ------
    InputError
        If there is no report in the folder.

    Example
    -------
    >>> read_report(None) is None
    True
    """
    if folder is None:
        return None
    path = Path(folder) / "report.json"
    report = read_json(path)
    if not {"metrics", "protocols"} <= set(report):
        raise InputError(f"compare: {path}: not a report of this package.")
    return {**report, "folder": str(folder)}


def _csv(report):
    """A row for each protocol, part, method and metric; the paper's below."""
    text = io.StringIO()
    writer = csv.DictWriter(
        text, COLUMNS, extrasaction="ignore", lineterminator="\n"
    )
    writer.writeheader()
    for protocol, part in report["protocols"].items():
        missing = part["missing"] or {"scores": {}, "settings": {}}
        for kind, scores in {**part["scores"], **missing["scores"]}.items():
            for method, found in scores.items():
                for metric in report["metrics"]:
                    row = _row(found[metric], found)
                    row.update(protocol=protocol, part=kind, method=method)
                    row.update(missing["settings"].get(method, {}))
                    writer.writerow({**row, "source": "runs", "metric": metric})
        for name, values in part["baselines"].items():
            for metric, value in values.items():
                row = {"protocol": protocol, "part": "all", "method": name}
                row.update(source="baseline", metric=metric, value=value)
                writer.writerow(row)
    for method, values in report["paper"]["values"].items():
        for metric, value in zip(report["metrics"], values):
            row = {"protocol": "10-fold" if metric in ("WA", "UA") else ""}
            row.update(part="all", method=method, source="the paper")
            writer.writerow({**row, "metric": metric, "value": value})
    return text.getvalue()


def _row(found, scores):
    low, high = found["interval"]
    row = {key: found[key] for key in COLUMNS if key in found}
    row.update(low=low, high=high, n=scores["n"])
    if "difference_interval" in found:
        bounds = found["difference_interval"]
        row["difference_low"], row["difference_high"] = bounds
        row["p_mcnemar"] = scores["p_mcnemar"]["combined"]
    return row
