"""What all figures share: size, panels, colours, legend and files.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from turbo_sb.utils.files import replacing

WIDTH = 7.2  # inches: two columns of a paper, so that letters are as set here
DPI = 200
ENTRY = 1.75  # inches: a legend's entry, of a name that is wrapped
STYLE = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.linewidth": 0.6,
    "pdf.fonttype": 42,  # publishers refuse matplotlib's default, Type 3
    "text.parse_math": False,  # a folder's name may hold dollars
}


class Look(NamedTuple):
    """How a method is drawn: no two are alike, in grey as in colour."""

    colour: str
    marker: str
    dashes: Any  # what matplotlib calls a line style


# Okabe and Ito's palette, which the colour-blind can tell apart; the first
# three are those of the demo's figure. Its yellow is too light on white.
KNOWN = {
    "vanilla": Look("#0072B2", "o", "--"),
    "cross_modal": Look("#E69F00", "s", "-."),
    "turbo": Look("#009E73", "^", "-"),
}
COLOURS = ("#D55E00", "#CC79A7", "#56B4E9", "#000000")
# Five and four have no common factor: twenty methods all look different.
MARKERS = ("D", "v", "P", "X", "*")
DASHES = (
    ":",
    (0, (6, 1, 1, 1, 1, 1)),
    (0, (3, 1)),
    (0, (8, 2)),
    (0, (4, 1, 1, 3)),
)


class Drawn(NamedTuple):
    """A figure's caption and files; no files if there was nothing to draw."""

    files: list
    caption: str


def figure_files(path) -> list[Path]:
    """The PNG and the PDF of a figure whose path has no suffix."""
    return [Path(f"{path}{suffix}") for suffix in (".png", ".pdf")]


@contextlib.contextmanager
def drawing(path, size: tuple[float, float]) -> Iterator:
    """Yield a matplotlib Figure, and save it at the end of the block.

    Both files appear whole or not at all, and the same drawing gives the same
    bytes. The user's own style and backend stay as they are, and are not used.
    """
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.style.context(["default", STYLE]):
        figure = Figure(figsize=size, dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        figure.get_layout_engine().set(h_pad=0.06, w_pad=0.06)  # inches
        yield figure
        _save(figure, path)


def _save(figure, path):
    png, pdf = figure_files(path)
    png.parent.mkdir(parents=True, exist_ok=True)
    with replacing(png) as png_draft, replacing(pdf) as pdf_draft:
        figure.savefig(png_draft, format="png", dpi=DPI)
        no_date = {"CreationDate": None}
        figure.savefig(pdf_draft, format="pdf", metadata=no_date)


def grid_size(count: int, columns: int) -> tuple[int, int]:
    """Rows and columns for `count` panels, at most `columns` side by side."""
    rows = -(-count // columns)
    return rows, -(-count // rows)


def grid_panels(figure, count: int, rows: int, columns: int) -> list:
    """The axes of a grid whose last row may not be full."""
    panels = figure.subplots(rows, columns, squeeze=False).flatten().tolist()
    for unused in panels[count:]:
        unused.remove()
    return panels[:count]


def looks(methods) -> dict[str, Look]:
    """Give each method a look of its own, the same in every figure.

    `methods` are all methods of the folder, also those that a figure leaves
    out. vanilla, cross_modal and turbo always have theirs, also where all
    methods are in one folder, as in ``asr/turbo``; the others by name.
    """
    methods = set(methods)
    folders = {method.rpartition("/")[0] for method in methods}
    folder = f"{folders.pop()}/".lstrip("/") if len(folders) == 1 else ""
    known = {f"{folder}{name}": look for name, look in KNOWN.items()}
    free = {
        method: Look(
            COLOURS[number % len(COLOURS)],
            MARKERS[number % len(MARKERS)],
            DASHES[number % len(DASHES)],
        )
        for number, method in enumerate(sorted(methods - set(known)))
    }
    return {**known, **free}


def draw_legend(figure, methods, styles: dict, **options) -> None:
    """Draw a legend of the methods below the panels."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            *([], []),
            color=styles[method].colour,
            marker=styles[method].marker,
            label=wrap(method),
            **{"linestyle": styles[method].dashes, **options},
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


def wrap(name: str, width: int = 22) -> str:
    """Break a long method name into lines, after underscores and slashes."""
    lines = [""]
    for part in re.split("(?<=[_/])", name):
        if lines[-1] and len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)
