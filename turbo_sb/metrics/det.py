"""DET curves: misses against false accepts, on normal-deviate axes.

Here and not in `turbo_sb.evaluation.figures`, as a training draws one after
its test, and imports run downwards only.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import logging
import textwrap
from pathlib import Path

import numpy as np

from turbo_sb.metrics.error_rates import ErrorRates
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import replacing

# Okabe and Ito's palette without yellow, which is too light on white.
COLOURS = (
    *("#0072B2", "#D55E00", "#009E73", "#000000", "#CC79A7", "#E69F00"),
    "#56B4E9",
)
# Seven and five have no common factor: 35 curves all look different.
DASHES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))
TICKS = (0.01, 0.1, 1, 5, 20, 40, 60, 80, 95, 99, 99.9)  # percent
LOWEST, HIGHEST = 0.001, 0.6  # rates at the ends of the axes
ABOVE_EER = 1.3  # the axes end so far above the worst EER, in deviates
STYLE = {
    "font.size": 9,
    "legend.fontsize": 8,
    "savefig.dpi": 200,
    "pdf.fonttype": 42,  # publishers refuse matplotlib's default, Type 3
}


def det_figure(path, curves: dict, title: str) -> list[Path]:
    """Draw DET curves as PATH.png and PATH.pdf, and return both paths.

    The files appear whole or not at all, and the same curves give the same
    bytes. `path` has no suffix; `curves` are as in `draw_det`.
    """
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
        save = {"bbox_inches": "tight", "pad_inches": 0.08}
        no_date = {"CreationDate": None}
        with replacing(png) as png_draft, replacing(pdf) as pdf_draft:
            figure.savefig(png_draft, format="png", **save)
            with _quiet("fontTools"):
                figure.savefig(
                    pdf_draft, format="pdf", metadata=no_date, **save
                )
    return [png, pdf]


def draw_det(axes, curves: dict) -> None:
    """Draw DET curves with scikit-learn, and a dot at each EER.

    `curves` maps a name to (scores, targets), each (n,): finite scores, higher
    for a target; 1 for a target, else 0. Where the scores separate the classes
    without error there is no curve, and the legend says so.
    """
    from scipy.stats import norm
    from sklearn.metrics import DetCurveDisplay

    if not curves:
        raise InputError("curves: expected at least one, came an empty dict.")
    limits = list(norm.ppf([LOWEST, HIGHEST]))
    found = {name: _rates(name, *pair) for name, pair in curves.items()}
    for number, (name, rates) in enumerate(found.items()):
        colour = COLOURS[number % len(COLOURS)]
        look = {"color": colour, "linestyle": DASHES[number % len(DASHES)]}
        label, eer = _label(name, rates), rates.eer()[0]
        if not 0 < eer < 1:
            axes.plot([], [], label=label, **look)
            continue
        false, miss = _bent(rates)
        display = DetCurveDisplay(fpr=false, fnr=miss)
        display.plot(ax=axes, name=label, linewidth=1.4, **look)
        place = float(norm.ppf(eer))
        dot = {"color": colour, "markeredgecolor": "white", "zorder": 3}
        axes.plot(place, place, marker="o", markersize=6, **dot)
        least = 0.5 / (rates.n_target + rates.n_other)
        limits[0] = min(limits[0], float(norm.ppf(least)))
        limits[1] = max(limits[1], place + ABOVE_EER)
    axes.plot(limits, limits, "-", color="0.5", lw=0.7, label="equal errors")
    _draw_axes(axes, limits)


def _bent(rates):
    """The rates along the curve, false accepts and misses, each (points,).

    Between two operating points, where scores tie, the curve is straight in the
    rates, as `ErrorRates` has it, and thus bent on axes of normal deviates. It
    goes through the EER.
    """
    _, miss, false = rates.rates()
    ties = np.flatnonzero((np.diff(false) != 0) & (np.diff(miss) != 0))
    sizes = [max(abs(x[k + 1] - x[k]) for x in (false, miss)) for k in ties]
    steps = [8 + int(56 * size) for size in sizes]
    # Denser at both ends, where a rate may be near 0.
    shares = [(1 - np.cos(np.pi * np.arange(1, n) / n)) / 2 for n in steps]
    bent = []
    for rate in (false, miss):
        parts = [
            rate[k] + share * (rate[k + 1] - rate[k])
            for k, share in zip(ties, shares)
        ]
        places = [k + 1 for k, share in zip(ties, shares) for _ in share]
        values = np.concatenate(parts) if parts else np.empty(0)
        bent.append(np.insert(rate, places, values))
    eer, place = rates.eer()[0], int(np.sum(bent[0] < bent[1]))
    return [np.insert(rate, place, eer) for rate in bent]


def _rates(name, scores, targets):
    try:
        return ErrorRates(scores, targets)
    except InputError as error:
        raise InputError(f"DET curve {name}: {error}") from error


def _label(name, rates):
    """The name, the EER and the number of utterances, for the legend."""
    eer, n = rates.eer()[0], rates.n_target + rates.n_other
    shown = {0: "EER 0 %, no errors, no curve", 1: "EER 100 %, no curve"}
    found = shown.get(eer, f"EER {100 * eer:#.3g}".rstrip(".") + " %")
    return f"{name}: {found} (n = {n:,})"


def _draw_axes(axes, limits):
    """Ticks in percent, the same on both axes, and a legend below them."""
    from scipy.stats import norm

    places = norm.ppf([tick / 100 for tick in TICKS])
    seen = [k for k, p in enumerate(places) if limits[0] <= p <= limits[1]]
    labels = [f"{TICKS[k]:g}" for k in seen]
    axes.set_xticks(places[seen], labels)
    axes.set_yticks(places[seen], labels)
    axes.set(xlabel="False accepts (%)", ylabel="Misses (%)", aspect="equal")
    axes.set(xlim=limits, ylim=limits)
    axes.grid(color="0.92", linewidth=0.6)
    axes.set_axisbelow(True)
    legend = axes.legend(
        loc="upper left",
        bbox_to_anchor=(0, -0.14),
        borderaxespad=0,
        frameon=False,
        handlelength=3.5,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)  # a name may hold dollars


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
