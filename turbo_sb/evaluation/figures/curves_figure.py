"""Learning curves: the terms of the training loss, and the validation.

Authors
 * The turbo_sb developers 2026
"""

import numpy as np

from turbo_sb.evaluation.figures.canvas import (
    WIDTH,
    Drawn,
    drawing,
    figure_files,
    grid_panels,
    grid_size,
)
from turbo_sb.evaluation.figures.curves import mean_curve
from turbo_sb.evaluation.figures.selection import by_method, describe
from turbo_sb.evaluation.figures.style import looks, wrap

COLUMNS = 4
ENTRY = 1.75  # inches: a legend's entry, of a name that is wrapped
# What else is logged of the training: not terms, or their weighted sum.
NO_TERMS = ("train loss", "train seconds", "train temperature")
# Name in the log to whether higher is better.
VALIDATION = {
    "valid WA": True,
    "valid UA": True,
    "valid ACC": True,
    "valid EER": False,
    "valid alignment": False,
    "valid uniformity_audio": False,
    "valid uniformity_text": False,
}
CAPTION = """\
Learning curves: each term of the training loss (unweighted) and the validation \
metrics by epoch, an arrow showing where better is. Line: mean over the runs of \
a method; band: ± one standard deviation over them. Trainings stop early, each \
at an epoch of its own: the mean is over the runs that are still running at an \
epoch, thus over fewer of them later, and is drawn only up to the last epoch \
that at least half of the method's runs reached ({runs})."""


def curves_figure(path, runs):
    """Draw each loss term and each validation metric by epoch.

    Arguments
    ---------
    path : str or pathlib.Path
        Of the figure, without a suffix: .png and .pdf are appended.
    runs : list of FinishedRun
        Of one protocol. Those without a history.jsonl are left out; the
        caption counts them.

    Returns
    -------
    drawn : Drawn
        Without files if no run has a log.

    Example
    -------
    >>> from turbo_sb.training.finished import FinishedRun
    >>> folder = getfixture("tmp_path")
    >>> text = '{"epoch": 1, "train": {"ce": 1.5}, "valid": {"UA": 0.5}}\\n'
    >>> _ = (folder / "history.jsonl").write_text(text)
    >>> run = FinishedRun(folder, "turbo", {"protocol": "speaker10"})
    >>> drawn = curves_figure(folder / "curves", [run])
    >>> [file.name for file in drawn.files]
    ['curves.png', 'curves.pdf']
    """
    logs = [(run, run.curves()) for run in runs]
    logs = [(run, curves) for run, curves in logs if curves]
    names = _panel_names(curves for _, curves in logs)
    if not names:
        return Drawn([], "Not drawn: no run has a history.jsonl.")
    shown = [run for run, _ in logs]
    styles = looks(run.method for run in runs)
    rows, columns = grid_size(len(names), COLUMNS)
    with drawing(path, (_width(columns), 0.55 + 1.5 * rows)) as figure:
        panels = grid_panels(figure, len(names), rows, columns)
        for number, (axes, name) in enumerate(zip(panels, names)):
            _draw_panel(axes, name, _means(logs, name), styles)
            if number + columns >= len(names):
                axes.set_xlabel("epoch")
        _draw_legend(figure, by_method(shown), styles)
    caption = CAPTION.format(runs=describe(shown))
    if len(shown) < len(runs):
        out = len(runs) - len(shown)
        caption += f" Left out: {out} of {len(runs)} runs without a log."
    return Drawn(figure_files(path), caption)


def _panel_names(logs):
    """Terms as they were logged first, cross-entropy ahead; then metrics."""
    names = dict.fromkeys(name for curves in logs for name in curves)
    terms = [
        name
        for name in names
        if name.startswith("train ") and name not in NO_TERMS
    ]
    order = ("train ce", "train in/", "train cross/")
    terms.sort(key=lambda n: [not n.startswith(start) for start in order])
    return [*terms, *(name for name in VALIDATION if name in names)]


def _means(logs, name):
    """The mean curve of each method that has the name, Turbo's on top."""
    having = {run.key: curves[name] for run, curves in logs if name in curves}
    groups = by_method(run for run, _ in logs if run.key in having)
    return {
        method: mean_curve([having[run.key] for run in own])
        for method, own in groups.items()
    }


def _draw_panel(axes, name, means, styles):
    from matplotlib.ticker import MaxNLocator

    for method, curve in means.items():
        epochs = np.arange(1, len(curve.mean) + 1)
        look = styles[method]
        band = curve.mean - curve.spread, curve.mean + curve.spread
        axes.fill_between(epochs, *band, color=look.colour, alpha=0.2, lw=0)
        axes.plot(
            epochs,
            curve.mean,
            color=look.colour,
            linestyle=look.dashes,
            linewidth=1.2,
            marker=look.marker,
            markersize=3,
            markevery=max(1, len(epochs) // 5),
        )
    stage, _, what = name.partition(" ")
    arrow = {True: " ↑", False: " ↓"}[VALIDATION.get(name, False)]
    axes.set_title(f"{stage}: {what}{arrow}", fontsize=7)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.grid(color="0.92", linewidth=0.5)
    axes.set_axisbelow(True)


def _draw_legend(figure, methods, styles):
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            *([], []),
            color=styles[method].colour,
            linestyle=styles[method].dashes,
            marker=styles[method].marker,
            markersize=4,
            linewidth=1.2,
            label=wrap(method),
        )
        for method in methods
    ]
    fit = figure.get_figwidth() / ENTRY
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=grid_size(len(handles), max(1, int(fit)))[1],
        frameon=False,
        handlelength=3.5,
    )


def _width(columns):
    return WIDTH * max(columns, 2) / COLUMNS
