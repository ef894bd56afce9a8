"""The files of a report: report.md, .tex, .csv and .json.

Authors
 * The turbo_sb developers 2026
"""

import csv
import io
import json
import re
from pathlib import Path

from turbo_sb.data.manifest import read_json
from turbo_sb.evaluation.figures.drawn_runs import (
    RUNS,
    figures_folder,
    fingerprints,
)
from turbo_sb.evaluation.report.build import build_report
from turbo_sb.evaluation.report.latex import latex
from turbo_sb.evaluation.report.linear_probe import TRAINED
from turbo_sb.evaluation.report.markdown import headline, layout
from turbo_sb.evaluation.report.tables import score_cells
from turbo_sb.training.run_folder import FINISHED, find_runs
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.escaping import printable
from turbo_sb.utils.files import CKPT_PREFIX, replacing

COLUMNS = [
    *("protocol", "part", "method", "source", "metric", "value"),
    *("low", "high", "fold_mean", "fold_sd", "n_folds", "seed_sd", "n_seeds"),
    *("n", "difference", "difference_low", "difference_high"),
    *("p_bootstrap", "p_mcnemar", "modality_dropout"),
]


def write_report(
    folder,
    reference: str | None = None,
    compare=None,
    n_resamples: int = 2000,
    draw: bool = False,
) -> str:
    """Sum up the finished runs below a folder, in the folder itself.

    Figures of `turbo_sb.evaluation.figures.analyze` are shown in report.md.

    Arguments
    ---------
    folder : str or pathlib.Path
        Folder of runs; see `turbo_sb.training.run_folder.find_runs`.
    reference : str, optional
        The method that the others are compared with; default: the first.
    compare : str or pathlib.Path, optional
        A folder with another report.json, to lay beside.
    n_resamples : int
        Resamples of the bootstrap by speaker.
    draw : bool
        Whether to draw the figures first, once the runs are checked.

    Returns
    -------
    text : str
        The contents of report.md.

    Raises
    ------
    InputError
        If two files contradict each other, or there is no report to compare.

    Example
    -------
    >>> write_report(getfixture("tmp_path"))
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: ...: no finished run (metrics.json) in it. ...
    """
    folder, other = Path(folder), read_report(compare)
    report = build_report(folder, reference, n_resamples)
    if other is not None and other["metrics"] != report["metrics"]:
        raise InputError(
            f"compare: {compare} reports {other['metrics']}, and {folder} has "
            f"{report['metrics']}."
        )
    if other is not None:
        _check_shown(other)
    protocols, reasons = list(report["protocols"]), {}
    if draw:
        # Imported here: whoever only writes tables need not wait for it.
        from turbo_sb.evaluation.figures.draw_all import draw_protocols

        reasons = draw_protocols(folder)
    figures = {name: _figures(folder, name, protocols) for name in protocols}
    figures |= {k: f"Not drawn: {reason}" for k, reason in reasons.items()}
    text = layout(report, other, figures)
    contents = {
        "report.md": text,
        "report.tex": latex(report),
        "report.csv": _csv(report),
        "report.json": json.dumps(report, indent=2, ensure_ascii=False) + "\n",
    }
    for name, content in contents.items():
        with replacing(folder / name) as draft:
            # The name of a folder may be anything, also no UTF-8.
            odd = {"encoding": "utf-8", "errors": "backslashreplace"}
            draft.write_text(content, newline="\n", **odd)
    return text


def result_lines(folder) -> str:
    """The last lines of a command that wrote a report: scores, files, next."""
    report = read_report(folder)
    folder, protocols = Path(folder), list(report["protocols"])
    places = [figures_folder(folder, name, protocols) for name in protocols]
    shown = printable(str(folder))
    drawn = [(place / "captions.md").exists() for place in places]
    lines = [
        headline(report),
        f"report.md, report.tex, report.csv and report.json are in {shown}",
    ]
    if not all(drawn):
        lines.append(f"Next: turbo-sb figures {shown}")
    elif run := _best_run(folder, report):
        lines.append(f"Next: turbo-sb export {printable(str(run))} --to MODEL")
    return "\n".join(lines)


def _best_run(folder, report):
    """The first run with a checkpoint of the most accurate method, if any."""
    accuracy = {
        method: found[report["metrics"][0]]["value"] or 0
        for part in report["protocols"].values()
        for method, found in part["scores"]["all"].items()
    }
    runs = [path.parent for path in sorted(folder.rglob(FINISHED))]
    return max(
        (run for run in runs if any(run.glob(f"save/{CKPT_PREFIX}*"))),
        key=lambda run: accuracy.get(
            run.parent.relative_to(folder).as_posix(), 0
        ),
        default=None,
    )


def read_report(folder) -> dict | None:
    """Read the report.json of a folder; None without a folder.

    Arguments
    ---------
    folder : str or pathlib.Path, optional
        Folder that holds a report.json.

    Returns
    -------
    report : dict
        The report, with the folder as its name.

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
    return {**report, "folder": str(folder)}


def _check_shown(report):
    """Make the cells of a report that is laid beside another."""
    try:
        for part in report["protocols"].values():
            for scores in part["scores"]["all"].values():
                score_cells(report["metrics"], scores)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise InputError(
            f"compare: {report['folder']}/report.json: not a report of this "
            f"package ({type(error).__name__}: {error!s:.100}). Write it again."
        ) from error


def _figures(folder, protocol, protocols):
    """The images and captions of a protocol's figures, as Markdown."""
    path = figures_folder(folder, protocol, protocols) / "captions.md"
    if not path.exists():
        return None
    runs = [run for run in find_runs(folder) if str(run.protocol) == protocol]
    drawn = read_json(path.with_name(RUNS), missing=None)
    if drawn != fingerprints(folder, runs):
        command = f"turbo-sb figures {folder}"
        return f"They are of other runs. Draw them again: `{command}`."
    _, _, text = path.read_text(encoding="utf-8").partition("\n\n")
    place = path.parent.relative_to(folder).as_posix()
    text = re.sub("^## ", "#### ", text.rstrip(), flags=re.MULTILINE)
    return re.sub(r"\]\((\w+\.png)\)", rf"]({place}/\1)", text)


def _csv(report):
    """A row for each protocol, part, method and metric; then the paper's."""
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
        for method, beside in part["probe"].items():
            for source, found in beside["scores"].items():
                if source == TRAINED:
                    continue
                for metric in report["metrics"]:
                    row = _row(found[metric], found)
                    row.update(protocol=protocol, part="all", method=method)
                    writer.writerow({**row, "source": source, "metric": metric})
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
