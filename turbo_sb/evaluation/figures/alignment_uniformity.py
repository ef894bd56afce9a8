"""The paper's Figure 2: uniformity against alignment.

Authors
 * The turbo_sb developers 2026
"""

import numpy as np

from turbo_sb.evaluation.figures.canvas import (
    WIDTH,
    Drawn,
    draw_legend,
    drawing,
    figure_files,
    looks,
)
from turbo_sb.evaluation.figures.selection import by_method, describe

MODALITIES = ("audio", "text")
CAPTION = """\
Uniformity of the audio (left) and of the text embeddings (right) against the \
alignment of the two, of the test sets, {sphere}. Lower is better for both. \
Small points: one run each; large points: their mean by method, with bars of \
± one standard deviation over runs, that is over folds and seeds ({runs})."""
SPHERE = {
    (True,): "on the unit sphere (the embeddings L2-normalised)",
    (False,): "of the embeddings as they are, not normalised",
    (False, True): "some of it on the unit sphere and some not normalised",
}


def geometry_figure(path, runs: list) -> Drawn:
    """Draw each run's uniformity of audio, and of text, against alignment.

    Arguments
    ---------
    path : str or pathlib.Path
        Path of the figure without a suffix: .png and .pdf are appended.
    runs : list of FinishedRun
        Runs of one protocol. Those without alignment (one modality, or two
        whose dimensions differ) are left out; the caption counts them.

    Returns
    -------
    drawn : Drawn
        The figure's files and its caption; no files if no run has alignment.

    Example
    -------
    >>> from turbo_sb.training.run_folder import FinishedRun
    >>> found = {"alignment": 1, "uniformity_audio": -2, "uniformity_text": -1}
    >>> run = FinishedRun("", "turbo", {"protocol": "speaker10", **found})
    >>> drawn = geometry_figure(getfixture("tmp_path") / "geometry", [run])
    >>> [file.name for file in drawn.files]
    ['geometry.png', 'geometry.pdf']
    """
    shown = [run for run in runs if np.isfinite(_values(run)).all()]
    if not shown:
        return Drawn([], "Not drawn: no run has alignment and uniformity.")
    styles = looks(run.method for run in runs)
    with drawing(path, (WIDTH, 3.6)) as figure:
        panels = figure.subplots(1, len(MODALITIES), sharey=True)
        for axes, modality in zip(panels, MODALITIES):
            _draw_panel(axes, modality, shown, styles)
        panels[0].set_ylabel("alignment (lower is better)")
        draw_legend(figure, by_method(shown), styles, linestyle="none")
    kinds = {bool(run.metrics.get("on_sphere", True)) for run in shown}
    sphere = SPHERE[tuple(sorted(kinds))]
    caption = CAPTION.format(runs=describe(shown), sphere=sphere)
    return Drawn(figure_files(path), caption + _left_out(runs, shown))


def _values(run):
    """Uniformity of audio and of text, and alignment; nan if missing."""
    keys = (*(f"uniformity_{name}" for name in MODALITIES), "alignment")
    values = [run.metrics.get(key) for key in keys]
    return np.array([np.nan if v is None else v for v in values], dtype=float)


def _draw_panel(axes, modality, runs, styles):
    column = MODALITIES.index(modality)
    for method, own in by_method(runs).items():
        points = np.array([_values(run)[[column, -1]] for run in own])
        _draw_method(axes, styles[method], points)
    axes.set_xlabel(f"uniformity of {modality} (lower is better)")
    axes.margins(0.1)
    axes.locator_params(nbins=6)
    axes.grid(color="0.92", linewidth=0.6)
    axes.set_axisbelow(True)


def _draw_method(axes, look, points):
    """A small point for each run, and a large one with bars for the mean."""
    look = {"marker": look.marker, "color": look.colour, "linestyle": "none"}
    small = {"markersize": 3.5, "alpha": 0.55, "markeredgewidth": 0}
    axes.plot(*points.T, **look, **small)
    spread = points.std(axis=0, ddof=1) if len(points) > 1 else None
    axes.errorbar(
        *points.mean(axis=0),
        *([None, None] if spread is None else spread[::-1]),
        **look,
        markersize=8,
        markeredgecolor="black",
        markeredgewidth=0.7,
        ecolor="black",
        elinewidth=0.9,
        zorder=4,
    )


def _left_out(runs, shown):
    """Name the methods of which runs are left out, and how many."""
    out = [run for run in runs if run not in shown]
    if not out:
        return ""
    groups = by_method(out).items()
    names = ", ".join(f"{method} {len(own)}" for method, own in groups)
    return (
        f" Left out: {len(out)} of {len(runs)} runs without alignment, as they "
        "have one modality, or two of different dimensions, or values that "
        f"are not finite ({names})."
    )
