"""Names beside points, where they touch nothing.

Boxes are (n, 4): left, bottom, right and top, in pixels.

Authors
 * The turbo_sb developers 2026
"""

from itertools import product

import numpy as np

from turbo_sb.evaluation.figures.style import wrap

# Where a name may stand: to which side of its point, and how far in points.
HALVES = (1, 0, -1, 0.5, -0.5)
SIDES = np.array([s for s in product(HALVES, HALVES) if 1 in np.abs(s)])
DISTANCES = np.array([6, 11, 17, 25, 35, 47, 61, 77, 95])
NEAR = 12  # points; from further away, a line leads to the name
MARK = 4  # points from a marker's middle to its edge
PAD = 1.5  # points around a name
# What it costs a name to be crossed by a line, and to touch another name or
# leave the axes; to cover a point costs 1.
CROSSED, WORST = 100, 10_000
ARROW = (46, 30)  # points: the arrow and its word
EDGE = 5  # points from the arrow to the axes


def better_arrow(axes, points):
    """Say that down and left is better, in the emptiest corner.

    Arguments
    ---------
    axes : matplotlib.axes.Axes
        With its final limits, in a figure that is laid out.
    points : (n, 2) array
        Not to be covered, in data coordinates.

    Returns
    -------
    box : (1, 4) numpy.ndarray
        What it covers, in pixels.

    Example
    -------
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().add_subplot()
    >>> box = better_arrow(axes, [(0.01, 0.01)])
    >>> axes.texts[0].get_text()
    'better'
    """
    scale = axes.figure.dpi / 72
    boxes = _corners(axes.get_window_extent(), scale)
    covered = _overlaps(boxes, _marks(axes, points, scale))
    box = boxes[[covered.argmin()]]
    # In shares of the axes, which hold at any resolution.
    low, high = axes.transAxes.inverted().transform(box.reshape(2, 2))
    axes.annotate(
        "better",
        xy=low,
        xytext=high,
        xycoords="axes fraction",
        textcoords="axes fraction",
        ha="right",
        va="top",
        color="0.35",
        arrowprops={"arrowstyle": "-|>", "color": "0.35", "lw": 0.8},
    ).set_in_layout(False)
    return box


def label_points(axes, names, points, taken):
    """Write names beside points, clear of each other and within the axes.

    Arguments
    ---------
    axes : matplotlib.axes.Axes
        With its final limits, in a figure that is laid out.
    names : dict
        Name to its point (x, y) in data coordinates.
    points : (n, 2) array
        Those that names had better not cover, in data coordinates.
    taken : (n, 4) numpy.ndarray
        Boxes that names had better not cover.

    Example
    -------
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().add_subplot()
    >>> names = {"a": (0.5, 0.5), "b": (0.5, 0.5)}
    >>> label_points(axes, names, [], np.empty((0, 4)))
    >>> [text.get_text() for text in axes.texts]
    ['a', 'b']
    """
    scale, area = axes.figure.dpi / 72, axes.get_window_extent()
    marks = _marks(axes, [*points, *names.values()], scale)
    taken, written = np.vstack([marks, taken]), np.empty((0, 4))
    for name, point in names.items():
        size = _text_size(axes, name) + 2 * PAD * scale
        offsets, distances = _offsets(size, scale)
        middles = axes.transData.transform(point) + offsets
        boxes = np.hstack([middles - size / 2, middles + size / 2])
        lines = _lines(middles - offsets, middles)  # (boxes, dots, 4)
        crossed = [_overlaps(dots, written).any() for dots in lines]
        costs = _overlaps(boxes, taken) + 0.01 * distances
        costs += CROSSED * np.where(distances > NEAR, crossed, 0)
        costs += WORST * (_overlaps(boxes, written) + _outside(boxes, area))
        best = costs.argmin()
        written = np.vstack([written, boxes[[best]]])
        line = distances[best] > NEAR
        if line:
            taken = np.vstack([taken, lines[best]])
        _write(axes, name, point, offsets[best] / scale, line)


def _offsets(size, scale):
    """From a point to the middles of the boxes that may hold its name."""
    distances = np.repeat(DISTANCES, len(SIDES))
    sides = np.tile(SIDES, (len(DISTANCES), 1))
    return sides * (size / 2 + distances[:, None] * scale), distances


def _lines(starts, ends, dots=25):
    """Boxes of a pixel or two along the lines that lead to names."""
    parts = np.linspace(0, 1, dots)[:, None]
    dots = starts[:, None] + parts * (ends - starts)[:, None]
    return np.concatenate([dots - 1, dots + 1], axis=-1)


def _corners(area, scale):
    """Boxes for the arrow: of the lower corners first, and the left."""
    width, height = np.array(ARROW) * scale
    edge = EDGE * scale
    lefts = area.x0 + edge, area.x1 - edge - width
    bottoms = area.y0 + edge, area.y1 - edge - height
    return np.array(
        [
            [left, bottom, left + width, bottom + height]
            for bottom in bottoms
            for left in lefts
        ]
    )


def _marks(axes, points, scale):
    """Boxes of the points' markers."""
    points = np.reshape(points, (-1, 2))
    middles = axes.transData.transform(points)
    return np.hstack([middles - MARK * scale, middles + MARK * scale])


def _text_size(axes, name):
    text = axes.text(0, 0, wrap(name))
    box = text.get_window_extent()
    text.remove()
    return np.array([box.width, box.height])


def _overlaps(boxes, others):
    """How many of the others each box touches."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return (low < high).all(axis=-1).sum(axis=1)


def _outside(boxes, area):
    low = (boxes[:, :2] < [area.x0, area.y0]).any(axis=1)
    return low | (boxes[:, 2:] > [area.x1, area.y1]).any(axis=1)


def _write(axes, name, point, offset, line):
    axes.annotate(
        wrap(name),
        xy=point,
        xytext=offset,
        textcoords="offset points",
        ha="center",
        va="center",
        arrowprops={"arrowstyle": "-", "color": "0.5", "lw": 0.6, "shrinkB": 4}
        if line
        else None,
        zorder=5,
    ).set_in_layout(False)
