"""Learning curves: the terms of the training loss, and the validation.

Authors
 * The turbo_sb developers 2026
"""

from typing import NamedTuple

import numpy as np

from turbo_sb.evaluation.figures.canvas import (
    WIDTH,
    Drawn,
    draw_legend,
    drawing,
    figure_files,
    grid_panels,
    grid_size,
    looks,
)
from turbo_sb.evaluation.figures.selection import by_method, describe

COLUMNS = 4
# What else is logged of the training: not terms, or their weighted sum.
NO_TERMS = ("train loss", "train seconds", "train temperature")
# Name in the history to whether higher is better.
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


class MeanCurve(NamedTuple):
    """Mean and standard deviation over runs, each (epochs,) numpy.ndarray."""

    mean: np.ndarray
    spread: np.ndarray


def curves_figure(path, runs: list) -> Drawn:
    """Draw each loss term and each validation metric by epoch.

    Arguments
    ---------
    path : str or pathlib.Path
        Path of the figure without a suffix: .png and .pdf are appended.
    runs : list of FinishedRun
        Runs of one protocol. Those without a history.jsonl are left out; the
        caption counts them.

    Returns
    -------
    drawn : Drawn
        The figure's files and its caption; no files if no run has a history.

    Example
    -------
    >>> from turbo_sb.training.run_folder import FinishedRun
    >>> folder = getfixture("tmp_path")
    >>> line = '{"epoch": 1, "train": {"ce": 1.5}, "valid": {"UA": 0.5}}\\n'
    >>> _ = (folder / "history.jsonl").write_text(line)
    >>> run = FinishedRun(folder, "turbo", {"protocol": "speaker10"})
    >>> drawn = curves_figure(folder / "curves", [run])
    >>> [file.name for file in drawn.files]
    ['curves.png', 'curves.pdf']
    """
    found = [(run, run.curves()) for run in runs]
    found = [(run, curves) for run, curves in found if curves]
    names = _panel_names(curves for _, curves in found)
    if not names:
        return Drawn([], "Not drawn: no run has a history.jsonl.")
    shown = [run for run, _ in found]
    styles = looks(run.method for run in runs)
    rows, columns = grid_size(len(names), COLUMNS)
    width = WIDTH * max(columns, 2) / COLUMNS
    with drawing(path, (width, 0.55 + 1.5 * rows)) as figure:
        panels = grid_panels(figure, len(names), rows, columns)
        for number, (axes, name) in enumerate(zip(panels, names)):
            _draw_panel(axes, name, _means(found, name), styles)
            if number + columns >= len(names):
                axes.set_xlabel("epoch")
        look = {"markersize": 4, "linewidth": 1.2}
        draw_legend(figure, by_method(shown), styles, **look)
    caption = CAPTION.format(runs=describe(shown))
    if len(shown) < len(runs):
        out = len(runs) - len(shown)
        caption += f" Left out: {out} of {len(runs)} runs without a history."
    return Drawn(figure_files(path), caption)


def _panel_names(histories):
    """Terms as they were logged first, cross-entropy ahead; then metrics."""
    names = dict.fromkeys(name for curves in histories for name in curves)
    terms = [
        name
        for name in names
        if name.startswith("train ") and name not in NO_TERMS
    ]
    order = ("train ce", "train in/", "train cross/")
    terms.sort(key=lambda n: [not n.startswith(start) for start in order])
    return [*terms, *(name for name in VALIDATION if name in names)]


def _means(found, name):
    """The mean curve of each method that has the name, Turbo's on top."""
    having = {run.key: curves[name] for run, curves in found if name in curves}
    groups = by_method(run for run, _ in found if run.key in having)
    return {
        method: mean_curve([having[run.key] for run in own])
        for method, own in groups.items()
    }


def mean_curve(curves: list) -> MeanCurve:
    """Average curves, each (epochs,), that may end at different epochs.

    As long as at least half of the curves are; at each epoch over those that
    have a value. nan if none has one; the spread is nan for a single one.
    """
    lengths = sorted(map(len, curves), reverse=True)
    epochs = lengths[(len(curves) + 1) // 2 - 1]  # half reached, rounded up
    table = np.full((len(curves), epochs), np.nan)
    for row, curve in zip(table, curves):
        row[: len(curve)] = curve[:epochs]
    there = np.isfinite(table)
    count = there.sum(axis=0)
    # 0 / 0 is nan, as it should be. numpy.nanmean warns of it by a warning
    # that numpy.errstate does not silence.
    with np.errstate(invalid="ignore"):
        mean = np.where(there, table, 0).sum(axis=0) / count
        squares = np.where(there, table - mean, 0) ** 2
        spread = np.sqrt(squares.sum(axis=0) / np.maximum(count - 1, 0))
    return MeanCurve(mean, spread)


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
