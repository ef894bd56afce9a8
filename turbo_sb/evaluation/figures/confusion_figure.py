"""Confusion matrices of each method, over all its runs.

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
    wrap,
)
from turbo_sb.evaluation.figures.selection import by_method, describe
from turbo_sb.utils.errors import InputError

COLUMNS = 3
DARK = 71.5  # percent: above it, white has more contrast than black
CAPTION = """\
Confusion of the classes in the test sets, pooled over runs: counts are summed \
over folds and seeds, and a cell is its share of the row in percent, so that \
the diagonal shows the recalls. Rows: labels; columns: predictions; n counts \
predictions, so that an utterance counts once a seed ({runs})."""


def confusion_figure(path, runs: list) -> Drawn:
    """Draw a confusion matrix for each method, pooled over its runs.

    Arguments
    ---------
    path : str or pathlib.Path
        Path of the figure without a suffix: .png and .pdf are appended.
    runs : list of FinishedRun
        Runs of one protocol, with the same classes.

    Returns
    -------
    drawn : Drawn
        The figure's files and its caption.

    Raises
    ------
    InputError
        If two runs have different classes, or predictions cannot be read.

    Example
    -------
    >>> from turbo_sb.training.run_folder import FinishedRun
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
        bar = figure.colorbar(image, ax=panels, shrink=0.8 / rows, aspect=20)
        bar.set_label("% of the label")
        bar.outline.set_linewidth(0.6)
    caption = CAPTION.format(runs=describe(runs))
    if any((counts.sum(axis=1) == 0).any() for counts in pooled.values()):
        caption += " A row of dashes: no utterance has the label."
    return Drawn(figure_files(path), caption)


def pooled_confusion(runs: list) -> np.ndarray:
    """Counts over all runs, (classes, classes): a row for each label."""
    from sklearn.metrics import confusion_matrix

    found = [run.predictions() for run in runs]
    targets, predictions = (
        np.concatenate([each[name] for each in found])
        for name in ("targets", "predictions")
    )
    classes = range(len(runs[0].labels))
    return confusion_matrix(targets, predictions, labels=classes)


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
    from sklearn.metrics import ConfusionMatrixDisplay

    totals = counts.sum(axis=1, keepdims=True)
    percent = 100 * counts / np.maximum(totals, 1)
    display = ConfusionMatrixDisplay(percent, display_labels=labels)
    many = max(map(len, labels)) * len(labels) > 26
    display.plot(
        ax=axes,
        colorbar=False,
        values_format=".1f",
        im_kw={"cmap": "Blues", "vmin": 0, "vmax": 100},
        text_kw={"fontsize": 8 if len(labels) <= 5 else 7},
        xticks_rotation=45 if many else 0,
    )
    # scikit-learn chooses colours by the matrix's own range, which is less.
    for (row, column), value in np.ndenumerate(percent):
        text = display.text_[row, column]
        text.set_color("white" if value > DARK else "black")
        if not totals[row]:
            text.set_text("–")
    first = axes.get_subplotspec().is_first_col()
    axes.set(xlabel="prediction", ylabel="label" if first else "")
    if not first:
        axes.set_yticklabels([])
    return display.im_
