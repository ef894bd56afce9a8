"""What each method takes for what, over all its runs.

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
from turbo_sb.evaluation.figures.selection import by_method, describe
from turbo_sb.evaluation.figures.style import wrap
from turbo_sb.utils.errors import InputError

COLUMNS = 3
DARK = 71.5  # percent: from here on, white is read better than black
CAPTION = """\
Confusion of the classes in the test sets, pooled over runs: counts are summed \
over folds and seeds, and a cell is its share of the row in percent, so that \
the diagonal shows the recalls. Rows: labels; columns: predictions; n counts \
predictions, so that an utterance counts once a seed ({runs})."""


def confusion_figure(path, runs):
    """Draw a confusion matrix a method, pooled over its runs.

    Arguments
    ---------
    path : str or pathlib.Path
        Of the figure, without a suffix: .png and .pdf are appended.
    runs : list of FinishedRun
        Of one protocol, with the same classes.

    Returns
    -------
    drawn : Drawn

    Raises
    ------
    InputError
        If two runs have other classes, or predictions cannot be read.

    Example
    -------
    >>> from turbo_sb.training.finished import FinishedRun
    >>> folder = getfixture("tmp_path")
    >>> text = "ID,label,prediction,p_no,p_yes\\na,yes,no,0.6,0.4\\n"
    >>> _ = (folder / "predictions.csv").write_text(text)
    >>> run = FinishedRun(folder, "turbo", {"labels": ["no", "yes"]})
    >>> drawn = confusion_figure(folder / "confusion", [run])
    >>> [file.name for file in drawn.files]
    ['confusion.png', 'confusion.pdf']
    """
    groups = by_method(runs)
    labels = _labels(runs)
    pooled = {method: pooled_confusion(own) for method, own in groups.items()}
    rows, columns = grid_size(len(groups), COLUMNS)
    size = 0.8 + (WIDTH - 0.8) / COLUMNS * columns, 2.7 * rows
    with drawing(path, size) as figure:
        panels = grid_panels(figure, len(groups), rows, columns)
        for axes, (method, counts) in zip(panels, pooled.items()):
            image = _draw(axes, counts, labels)
            axes.set_title(_title(method, groups[method], counts))
        _label_axes(panels)
        bar = figure.colorbar(image, ax=panels, shrink=0.8 / rows, aspect=20)
        bar.set_label("% of the label")
        bar.outline.set_linewidth(0.6)
    caption = CAPTION.format(runs=describe(runs))
    if any((counts.sum(axis=1) == 0).any() for counts in pooled.values()):
        caption += " A row of dashes: no utterance has the label."
    return Drawn(figure_files(path), caption)


def pooled_confusion(runs):
    """Count predictions by label, over all runs.

    Arguments
    ---------
    runs : list of FinishedRun
        With the same classes.

    Returns
    -------
    counts : (classes, classes) numpy.ndarray
        Row: label; column: prediction.

    Raises
    ------
    InputError
        If predictions cannot be read.

    Example
    -------
    >>> from turbo_sb.training.finished import FinishedRun
    >>> folder = getfixture("tmp_path")
    >>> text = "ID,label,prediction,p_no,p_yes\\na,yes,no,0.6,0.4\\n"
    >>> _ = (folder / "predictions.csv").write_text(text)
    >>> run = FinishedRun(folder, "turbo", {"labels": ["no", "yes"]})
    >>> pooled_confusion([run, run])
    array([[0, 0],
           [2, 0]])
    """
    classes = len(runs[0].labels)
    counts = np.zeros((classes, classes), dtype=int)
    for run in runs:
        found = run.predictions()
        np.add.at(counts, (found["targets"], found["predictions"]), 1)
    return counts


def _labels(runs):
    first = runs[0]
    for run in runs:
        if run.labels != first.labels:
            raise InputError(
                f"{run.folder / 'metrics.json'}: labels: expected "
                f"{first.labels} as in {first.folder}, came {run.labels}. Keep "
                "runs with other classes in a folder of their own."
            )
    return first.labels


def _title(method, runs, counts):
    number = f"{len(runs)} run{'s' if len(runs) > 1 else ''}"
    return f"{wrap(method)}\n{number}, n = {counts.sum():,}"


def _draw(axes, counts, labels):
    """One matrix, in percent of its rows."""
    totals = counts.sum(axis=1, keepdims=True)
    percent = np.where(totals, 100 * counts / np.maximum(totals, 1), np.nan)
    image = axes.imshow(percent, cmap="Blues", vmin=0, vmax=100)
    size = 8 if len(labels) <= 5 else 7
    for (row, column), value in np.ndenumerate(percent):
        axes.text(
            column,
            row,
            "–" if np.isnan(value) else f"{value:.1f}",
            ha="center",
            va="center",
            fontsize=size,
            color="white" if value > DARK else "black",
        )
    places = range(len(labels))
    # Upright letters do not touch where classes are many or names long.
    turn = 45 if max(map(len, labels)) * len(labels) > 26 else 0
    align = "right" if turn else "center"
    axes.set_xticks(places, labels, rotation=turn, ha=align)
    axes.set_yticks(places, labels)
    return image


def _label_axes(panels):
    for axes in panels:
        place = axes.get_subplotspec()
        axes.set_xlabel("prediction")
        if place.is_first_col():
            axes.set_ylabel("label")
        else:
            axes.set_yticklabels([])
