"""The paper's Figure 2: uniformity against alignment.

Authors
 * The turbo_sb developers 2026
"""

import numpy as np

from turbo_sb.evaluation.figures.canvas import (
    WIDTH,
    Drawn,
    drawing,
    figure_files,
)
from turbo_sb.evaluation.figures.labels import better_arrow, label_points
from turbo_sb.evaluation.figures.selection import by_method, describe
from turbo_sb.evaluation.figures.style import looks

MODALITIES = ("audio", "text")
CAPTION = """\
Uniformity of the audio (left) and of the text embeddings (right) against the \
alignment of the two, of the test sets, {sphere}. Lower is better for both. Small points: one run each; large \
points: their mean by method, with bars of ± one standard deviation over runs, \
that is over folds and seeds ({runs})."""
SPHERE = {
    (True,): "on the unit sphere (the embeddings L2-normalised)",
    (False,): "of the embeddings as they are, not normalised",
    (False, True): "some of it on the unit sphere and some not normalised",
}


def geometry_figure(path, runs):
    """Draw each run's uniformity of audio, and of text, against alignment.

    Arguments
    ---------
    path : str or pathlib.Path
        Of the figure, without a suffix: .png and .pdf are appended.
    runs : list of FinishedRun
        Of one protocol. Those without alignment, of one modality or of two
        whose dimensions differ, are left out; the caption counts them.

    Returns
    -------
    drawn : Drawn
        Without files if no run has alignment.

    Example
    -------
    >>> from turbo_sb.training.finished import FinishedRun
    >>> found = {"alignment": 1, "uniformity_audio": -2, "uniformity_text": -1}
    >>> run = FinishedRun("", "turbo", {"protocol": "speaker10", **found})
    >>> drawn = geometry_figure(getfixture("tmp_path") / "geometry", [run])
    >>> [file.name for file in drawn.files]
    ['geometry.png', 'geometry.pdf']
    """
    shown = [run for run in runs if np.isfinite(_values(run)).all()]
    out = len(runs) - len(shown)
    if not shown:
        return Drawn([], "Not drawn: no run has alignment and uniformity.")
    with drawing(path, (WIDTH, 3.4)) as figure:
        panels = figure.subplots(1, len(MODALITIES), sharey=True)
        styles = looks(run.method for run in runs)
        points = [
            _draw_panel(axes, modality, shown, styles)
            for axes, modality in zip(panels, MODALITIES)
        ]
        panels[0].set_ylabel("alignment")
        figure.draw_without_rendering()  # names are placed in what is laid out
        for panel, (every, means) in zip(panels, points):
            arrow = better_arrow(panel, every)
            label_points(panel, means, every, arrow)
    kinds = {bool(run.metrics.get("on_sphere", True)) for run in shown}
    sphere = SPHERE[tuple(sorted(kinds))]
    caption = CAPTION.format(runs=describe(shown), sphere=sphere)
    if out:
        caption += (
            f" Left out: {out} of {len(runs)} runs without alignment, for they "
            "have one modality, or two of different dimensions, or values that "
            f"are not finite ({_names(runs, shown)})."
        )
    return Drawn(figure_files(path), caption)


def _values(run):
    """Uniformity of audio and of text, and alignment; nan for none."""
    keys = (*(f"uniformity_{name}" for name in MODALITIES), "alignment")
    values = [run.metrics.get(key) for key in keys]
    return np.array([np.nan if v is None else v for v in values], dtype=float)


def _draw_panel(axes, modality, runs, styles):
    """Draw, and return all points, (n, 2), and the mean by method."""
    column, every, means = MODALITIES.index(modality), [], {}
    for method, own in by_method(runs).items():
        points = np.array([_values(run)[[column, -1]] for run in own])
        means[method] = points.mean(axis=0)
        spread = points.std(axis=0, ddof=1) if len(own) > 1 else (0, 0)
        _draw_method(axes, styles[method], points, means[method], spread)
        # Names had better not lie on the bars either.
        bars = np.linspace(-1, 1, 15)[:, None, None] * np.diag(spread)
        every.extend([*points, *(means[method] + bars).reshape(-1, 2)])
    axes.set_xlabel(f"uniformity of {modality}")
    axes.margins(0.16)  # room for the names
    axes.locator_params(nbins=6)
    axes.grid(color="0.92", linewidth=0.6)
    axes.set_axisbelow(True)
    return np.array(every), means


def _draw_method(axes, look, points, mean, spread):
    axes.plot(
        *points.T,
        linestyle="none",
        marker=look.marker,
        markersize=3.5,
        color=look.colour,
        alpha=0.55,
        markeredgewidth=0,
    )
    if any(spread):
        bars = {"color": "black", "linewidth": 0.9, "zorder": 3}
        axes.plot(
            mean[0] + spread[0] * np.array([-1, 1]), [mean[1]] * 2, **bars
        )
        axes.plot(
            [mean[0]] * 2, mean[1] + spread[1] * np.array([-1, 1]), **bars
        )
    axes.plot(
        *mean,
        marker=look.marker,
        markersize=8,
        color=look.colour,
        markeredgecolor="black",
        markeredgewidth=0.7,
        zorder=4,
    )


def _names(runs, shown):
    """The methods of which runs are left out, and how many."""
    out = [run for run in runs if run not in shown]
    groups = by_method(out)
    return ", ".join(f"{method} {len(own)}" for method, own in groups.items())
