"""Where figures are drawn: their size, their panels, and their files.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
from pathlib import Path
from typing import NamedTuple

from turbo_sb.evaluation.figures.style import STYLE
from turbo_sb.utils.files import replacing

WIDTH = 7.2  # inches: two columns of a paper, so that letters are as set here
DPI = 200


class Drawn(NamedTuple):
    """A figure's files, none if there was nothing to draw, and its caption."""

    files: list
    caption: str


def figure_files(path):
    """The files that a figure is written to.

    Arguments
    ---------
    path : str or pathlib.Path
        Of the figure, without a suffix.

    Returns
    -------
    files : list of pathlib.Path
        A PNG and a PDF.

    Example
    -------
    >>> [file.name for file in figure_files("figures/tau-0.07")]
    ['tau-0.07.png', 'tau-0.07.pdf']
    """
    return [Path(f"{path}{suffix}") for suffix in (".png", ".pdf")]


@contextlib.contextmanager
def drawing(path, size):
    """Draw a figure, which is saved at the end of the block.

    Both files appear whole or not at all, and the same drawing gives the same
    bytes. The user's own style and backend stay as they are, and are not used.

    Arguments
    ---------
    path : str or pathlib.Path
        Of the figure, without a suffix: .png and .pdf are appended.
    size : tuple of float
        Width and height in inches.

    Yields
    ------
    figure : matplotlib.figure.Figure

    Example
    -------
    >>> path = getfixture("tmp_path") / "new" / "line"
    >>> with drawing(path, (3, 2)) as figure:
    ...     lines = figure.add_subplot().plot([1, 2])
    >>> sorted(file.name for file in path.parent.iterdir())
    ['line.pdf', 'line.png']
    """
    # Drawing takes a second to import; whoever wants numbers does not wait.
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.style.context(["default", STYLE]):
        figure = Figure(figsize=size, dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        figure.get_layout_engine().set(h_pad=0.06, w_pad=0.06)  # inches
        yield figure
        _save(figure, path)


def grid_size(count, columns):
    """How many rows and columns hold so many panels, in even rows.

    Arguments
    ---------
    count : int
        How many panels, at least 1.
    columns : int
        At most.

    Returns
    -------
    rows : int
    columns : int

    Example
    -------
    >>> grid_size(3, 4), grid_size(5, 4), grid_size(7, 4)
    ((1, 3), (2, 3), (2, 4))
    """
    rows = -(-count // columns)
    return rows, -(-count // rows)


def grid_panels(figure, count, rows, columns):
    """Lay out panels in a grid, the last row perhaps not full.

    Arguments
    ---------
    figure : matplotlib.figure.Figure
        Has nothing in it yet.
    count : int
        How many panels.
    rows : int
        Of the grid.
    columns : int
        Of the grid.

    Returns
    -------
    panels : list of matplotlib.axes.Axes

    Example
    -------
    >>> from matplotlib.figure import Figure
    >>> figure = Figure()
    >>> len(grid_panels(figure, 3, 2, 2)), len(figure.axes)
    (3, 3)
    """
    panels = figure.subplots(rows, columns, squeeze=False).flatten().tolist()
    for unused in panels[count:]:
        unused.remove()
    return panels[:count]


def _save(figure, path):
    png, pdf = figure_files(path)
    png.parent.mkdir(parents=True, exist_ok=True)
    with replacing(png) as png_draft, replacing(pdf) as pdf_draft:
        figure.savefig(png_draft, format="png", dpi=DPI)
        no_date = {"CreationDate": None}
        figure.savefig(pdf_draft, format="pdf", metadata=no_date)
