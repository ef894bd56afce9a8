"""DET curves: misses against false accepts, on normal-deviate axes.

Scores of two normal distributions of one variance give a straight line of
slope -1, and the low rates, where detectors work, get the room.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import logging
import textwrap
from pathlib import Path

import numpy as np

from turbo_sb.metrics.det_curve import (
    axis_limits,
    axis_ticks,
    det_curve,
    normal_deviate,
)
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import replacing

# Of Okabe and Ito's palette, which the colour-blind can tell apart; its yellow
# is left out, which is too light for a line on white.
COLOURS = (
    *("#0072B2", "#D55E00", "#009E73", "#000000", "#CC79A7", "#E69F00"),
    "#56B4E9",
)
# Seven and five have no common factor: 35 curves all look different.
DASHES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))
PALE = {"linestyle": "-", "linewidth": 1.4, "alpha": 0.3}
DIAGONAL = {"color": "0.5", "linewidth": 0.7}
DOT = {"marker": "o", "markersize": 6, "markeredgecolor": "white"}
STYLE = {
    "font.size": 9,
    "legend.fontsize": 8,
    "savefig.dpi": 200,
    "pdf.fonttype": 42,  # publishers refuse matplotlib's default, Type 3
}


def det_figure(path, curves, title):
    """Draw DET curves as a PNG and as a PDF.

    See `draw_det` for what is drawn. The files appear whole or not at all, and
    the same curves give the same bytes.

    Arguments
    ---------
    path : str or pathlib.Path
        Of the figure, without a suffix: .png and .pdf are appended.
    curves : dict
        Name to (scores, targets), each (n,); see `draw_det`.
    title : str
        Above the curves.

    Returns
    -------
    written : list of pathlib.Path
        The two files.

    Raises
    ------
    InputError
        If there is no curve, or one cannot be drawn; see `draw_det`.

    Example
    -------
    >>> curves = {"turbo": ([0.9, 0.4, 0.6, 0.1], [1, 1, 0, 0])}
    >>> path = getfixture("tmp_path") / "det"
    >>> [file.name for file in det_figure(path, curves, "Test set")]
    ['det.png', 'det.pdf']
    """
    # Drawing takes a second to import; whoever wants numbers does not wait.
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    png, pdf = (Path(f"{path}{suffix}") for suffix in (".png", ".pdf"))
    png.parent.mkdir(parents=True, exist_ok=True)
    # The user's own style and backend stay as they are, and are not used.
    with matplotlib.style.context(["default", STYLE]):
        figure = Figure(figsize=(4.6, 4.6))
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        # Matplotlib's own wrapping reads dollars as mathematics.
        axes.set_title(textwrap.fill(title, width=52), parse_math=False)
        draw_det(axes, curves)
        with replacing(png) as png_draft, replacing(pdf) as pdf_draft:
            save = {"bbox_inches": "tight", "pad_inches": 0.08}
            figure.savefig(png_draft, format="png", **save)
            no_date = {"CreationDate": None}
            with _quiet("fontTools"):
                figure.savefig(
                    pdf_draft, format="pdf", metadata=no_date, **save
                )
    return [png, pdf]


@contextlib.contextmanager
def _quiet(name):
    """Embedding a font logs a line a table, where a run logs at INFO."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def draw_det(axes, curves):
    """Draw DET curves into a figure of one's own.

    A curve joins the operating points as the EER does: linearly in the rates,
    so that few scores give a staircase. A dot marks its EER, where it crosses
    the diagonal of equal errors.

    A rate of 0 has no normal deviate. Where one error does not occur in the
    sample, the curve goes on in a pale line at half an utterance (0.5 / n of
    the class), or at the EER where that is lower; a rate of 1 likewise. If
    the scores tell the classes apart without error, no curve is left, and the
    legend says so.

    Arguments
    ---------
    axes : matplotlib.axes.Axes
        Where to draw.
    curves : dict
        Name to (scores, targets), each (n,): finite scores, higher for a
        target; 1 for a target, else 0.

    Raises
    ------
    InputError
        If there is no curve, or one has a score that is not finite or lacks a
        class; the curve is named.

    Example
    -------
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().add_subplot()
    >>> draw_det(axes, {"turbo": ([0.9, 0.4, 0.6, 0.1], [1, 1, 0, 0])})
    >>> axes.get_legend().get_texts()[0].get_text()
    'turbo: EER 50.0 % (n = 4)'
    """
    if not curves:
        raise InputError("curves: expected at least one, came none.")
    found = {}
    for name, (scores, targets) in curves.items():
        try:
            found[name] = det_curve(scores, targets)
        except InputError as error:
            raise InputError(f"DET curve {name}: {error}") from error
    limits = axis_limits(found.values())
    _draw_axes(axes, limits)
    entries = {}
    for number, (name, curve) in enumerate(found.items()):
        look = {
            "color": COLOURS[number % len(COLOURS)],
            "linestyle": DASHES[number % len(DASHES)],
            "linewidth": 1.4,
        }
        _draw_curve(axes, curve, look)
        dot = DOT if len(curve.inner) else {"linestyle": "none"}
        entries[_label(name, curve)] = {**look, **dot}
    entries["equal errors"] = DIAGONAL
    ends = [end for curve in found.values() for end in curve.ends]
    if any(_in_sight(end, limits) for end in ends):
        entries["an error that does not occur, at half an utterance"] = {
            "color": "black",
            **PALE,
        }
    _draw_legend(axes, entries)


def _label(name, curve):
    """The name and the EER, for the legend."""
    found = {0: "EER 0 %, no errors, no curve", 1: "EER 100 %, no curve"}.get(
        curve.eer, f"EER {100 * curve.eer:#.3g}".rstrip(".") + " %"
    )
    return f"{name}: {found} (n = {curve.n:,})"


def _in_sight(end, limits):
    """Whether a horizontal or vertical line shows between the limits."""
    low, high = end.min(axis=0), end.max(axis=0)
    seen = (low < limits[1]) & (high > limits[0])
    return bool(seen.all() and (high > low).any())


def _draw_axes(axes, limits):
    """Scales, ticks in %, grid and the diagonal."""
    ticks = axis_ticks(*limits)
    places = normal_deviate(np.array(ticks) / 100)
    labels = [f"{tick:g}" for tick in ticks]
    axes.set_xticks(places, labels)
    axes.set_yticks(places, labels)
    axes.set_xlim(limits)
    axes.set_ylim(limits)
    axes.set_aspect("equal")
    axes.set_xlabel("False accepts (%)")
    axes.set_ylabel("Misses (%)")
    axes.grid(color="0.92", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.plot(limits, limits, **DIAGONAL, zorder=1)


def _draw_curve(axes, curve, look):
    """One curve, its pale ends, and a dot at its EER."""
    if not len(curve.inner):
        return
    for end in curve.ends:
        axes.plot(*end.T, color=look["color"], **PALE)
    axes.plot(*curve.inner.T, **look)
    eer = [float(normal_deviate(curve.eer))]
    axes.plot(eer, eer, **{**look, **DOT, "linestyle": "none"}, zorder=3)


def _draw_legend(axes, entries):
    """The legend, below the axes: inside, a curve may be anywhere."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], **look) for look in entries.values()]
    legend = axes.legend(
        handles,
        list(entries),
        loc="upper left",
        bbox_to_anchor=(0, -0.14),
        borderaxespad=0,
        frameon=False,
        handlelength=3.5,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)  # a name may hold dollars
