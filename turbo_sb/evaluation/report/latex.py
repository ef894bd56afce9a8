"""A report's results as LaTeX tables.

Authors
 * The turbo_sb developers 2026
"""

from tabulate import LATEX_ESCAPE_RULES, tabulate

from turbo_sb.evaluation.report import markdown, tables
from turbo_sb.utils.escaping import printable

FRAME = r"""
\begin{table}
\centering
\caption{%s}
%s
\end{table}
"""


def latex(report: dict) -> str:
    """A table of the scores for each protocol; it needs the package booktabs."""
    parts = [f"% {escape(report['folder'])}: needs \\usepackage{{booktabs}}"]
    for protocol, part in report["protocols"].items():
        columns, rows = tables.score_table(report, part)
        options = {"tablefmt": "latex_booktabs", "disable_numparse": True}
        columns = [printable(name) for name in columns]
        rows = [[printable(cell) for cell in row] for row in rows]
        caption = escape(_caption(report, protocol, part))
        parts.append(FRAME % (caption, tabulate(rows, columns, **options)))
    return "\n".join(parts)


def escape(text: str) -> str:
    """Escape what LaTeX would read as commands."""
    shown = printable(text)
    return "".join(LATEX_ESCAPE_RULES.get(letter, letter) for letter in shown)


def _caption(report, protocol, part):
    """Protocol, seeds and test set, and how to read the columns."""
    first = next(iter(part["methods"].values()))
    n_folds = len(first["folds"])
    return (
        f"Protocol {protocol}, {n_folds} fold{'s' if n_folds > 1 else ''}, "
        f"{markdown.seeds_of(first['seeds'])}, {first['n_tested']:,} of "
        f"{first['n_known']:,} utterances tested, of {first['n_speakers']} "
        "speakers. 95 %: percentile bootstrap by speaker. By fold: mean "
        "(standard deviation) over folds. Rows with (*) are the paper's: "
        f"{report['paper']['setting']}."
    )
