"""Names that touch nothing, and an arrow where no point is."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from turbo_sb.evaluation.figures.labels import better_arrow, label_points


class TestNames:
    @pytest.mark.parametrize(
        "points",
        [
            {"vanilla": (0, 0), "turbo": (0, 0), "cross_modal": (0, 0)},
            {"left": (-1, 0), "a_name_of_some_length": (1, 1)},
            {str(k): (k % 3 / 50, k // 3 / 50) for k in range(9)},
        ],
        ids=["one point", "at the edges", "a crowd"],
    )
    def test_touch_neither_each_other_nor_the_axes(self, points):
        figure = Figure(figsize=(3.6, 3.4), dpi=200)
        axes = figure.add_subplot()
        every = list(points.values())
        axes.plot(*zip(*every), "o")
        axes.margins(0.16)
        figure.draw_without_rendering()
        arrow = better_arrow(axes, every)
        label_points(axes, points, every, arrow)
        figure.draw_without_rendering()
        # An annotation's own box would take in its line.
        boxes = [Text.get_window_extent(text) for text in axes.texts]
        area = axes.get_window_extent()
        assert len(boxes) == len(points) + 1
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
        for box in boxes:
            assert area.x0 <= box.x0 and box.x1 <= area.x1
            assert area.y0 <= box.y0 and box.y1 <= area.y1

    @pytest.mark.parametrize("corner", [(0, 0), (1, 0), (0, 1)])
    def test_the_arrow_is_where_no_point_is(self, corner):
        axes = Figure(dpi=200).add_subplot()
        points = np.random.default_rng(0).normal(corner, 0.03, size=(50, 2))
        axes.set(xlim=(-0.1, 1.1), ylim=(-0.1, 1.1))
        ((x0, y0, x1, y1),) = better_arrow(axes, points)
        places = axes.transData.transform(points)
        inside = (places > [x0, y0]) & (places < [x1, y1])
        assert not inside.all(axis=1).any()
        (text,) = axes.texts
        tip, tail = np.array(text.xy), np.array(text.get_position())
        assert (tip < tail).all()  # down and left is better
