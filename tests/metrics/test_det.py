"""DET figures: what stands on the axes, and the files."""

import time
from statistics import NormalDist

import matplotlib
import matplotlib.style
import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.scores import draw
from turbo_sb.metrics import det
from turbo_sb.metrics.det import det_figure, draw_det
from turbo_sb.utils.errors import InputError

PERFECT = [4, 3, 2, 1], [1, 1, 0, 0]
REVERSED = [4, 3, 2, 1], [0, 0, 1, 1]
MIXED = [4, 3, 2, 1], [1, 0, 1, 0]
NO_MATHS = r"$\no maths$"  # an error, were it read as mathematics


def deviate(percent):
    return NormalDist().inv_cdf(percent / 100)


def drawn(curves):
    axes = Figure().add_subplot()
    draw_det(axes, curves)
    return axes


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def percents(axis_labels):
    return [float(label.get_text()) for label in axis_labels]


class TestAxes:
    def test_both_axes_are_equal_in_limits_scale_and_ticks(self):
        axes = drawn({"a": draw(71, 1.5)})
        assert axes.get_xlim() == axes.get_ylim()
        assert axes.get_aspect() == 1
        x, y = axes.get_xticklabels(), axes.get_yticklabels()
        assert percents(x) == percents(y) == [0.1, 1, 5, 20, 40, 60]
        places = [deviate(percent) for percent in percents(x)]
        assert axes.get_xticks() == pytest.approx(places)

    def test_no_labels_overlap_in_the_figure(self):
        """As drawn, at the size and with the letters of det_figure."""
        with matplotlib.style.context(["default", det.STYLE]):
            figure = Figure(figsize=(4.6, 4.6))
            axes = figure.add_subplot()
            draw_det(axes, {"a": draw(10**5, 5), "b": draw(10**3, -1)})
            figure.draw_without_rendering()
            boxes = [t.get_window_extent() for t in axes.get_xticklabels()]
        assert len(boxes) >= 8
        assert all(a.x1 < b.x0 for a, b in zip(boxes, boxes[1:]))


class TestDrawing:
    def test_a_dot_marks_the_eer_on_the_diagonal(self):
        axes = drawn({"a": MIXED})
        (dot,) = [x for x in axes.lines if x.get_marker() == "o"]
        assert dot.get_xydata().tolist() == [[0, 0]]

    def test_curve_is_of_the_operating_points(self):
        """Of 3 thresholds between: (false, miss) .0 .5, .5 .5, .5 .0."""
        curve = drawn({"a": MIXED}).lines[0].get_xydata()
        np.testing.assert_allclose(curve[2:4], 0, atol=1e-12)  # and the EER
        assert len(curve) == 6
        assert (curve[0] < -8).any() and (curve[-1] > 8).any()

    def test_curve_is_scikit_learns(self):
        from sklearn.metrics import DetCurveDisplay

        scores, targets = draw(200, 1.5)
        other = DetCurveDisplay.from_predictions(
            targets, scores, ax=Figure().add_subplot()
        )
        own = drawn({"a": (scores, targets)}).lines[0].get_xydata()
        theirs = other.line_.get_xydata()
        seen = theirs[(np.abs(theirs) < 8).all(axis=1)]
        distance = np.abs(seen[:, None] - own).max(axis=2).min(axis=1)
        assert len(seen) > 20 and distance.max() < 1e-9

    def test_ties_are_linear_in_the_rates_and_bend_on_the_axes(self):
        """From (0, 0.6) a tie leads to (0.5, 0): at 0.25 it is at 0.3."""
        scores = [2] * 4 + [1] * 11 + [0] * 5
        targets = [1] * 4 + [1] * 6 + [0] * 5 + [0] * 5
        x, y = drawn({"a": (scores, targets)}).lines[0].get_xydata().T
        assert np.interp(deviate(25), x, y) == pytest.approx(
            deviate(30), abs=0.01
        )

    def test_all_tied_is_chance(self):
        curve = drawn({"a": ([1] * 4, [1, 0, 1, 0])}).lines[0].get_xydata()
        np.testing.assert_allclose(curve.sum(axis=1), 0, atol=1e-9)

    @pytest.mark.parametrize(
        "data",
        [
            ([1, 1, 1, 0, 0, 0, 0], [1, 1, 0, 1, 0, 0, 0]),  # yes or no
            draw(400, 1.0, decimals=1),
            draw(400, 1.0, decimals=0),
            draw(400, 1.0),
            *(
                (np.arange(1001), np.arange(1001) == place)
                for place in (999, 1)  # below half an utterance
            ),
        ],
    )
    def test_the_eer_is_on_the_curve(self, data):
        axes = drawn({"a": data})
        (dot,) = [x for x in axes.lines if x.get_marker() == "o"]
        curve = axes.lines[0].get_xydata()
        distance = np.abs(curve - dot.get_xydata()).max(axis=1).min()
        assert distance < 1e-9
        steps = np.diff(curve, axis=0)  # from accepting nothing to all
        assert (steps[:, 0] >= 0).all() and (steps[:, 1] <= 0).all()

    def test_legend_names_the_eer_and_n(self):
        axes = drawn({"turbo": MIXED, "text": draw(2000, 30), "r": REVERSED})
        assert legend(axes) == [
            "turbo: EER 50.0 % (n = 4)",
            "text: EER 0 %, no errors, no curve (n = 2,000)",
            "r: EER 100 %, no curve (n = 4)",
            "equal errors",
        ]

    def test_told_apart_leaves_the_usual_axes_and_no_line(self):
        axes = drawn({"a": PERFECT})
        assert axes.get_xlim() == pytest.approx((deviate(0.1), deviate(60)))
        empty, diagonal = axes.lines
        assert not len(empty.get_xdata())
        assert list(diagonal.get_xdata()) == list(axes.get_xlim())
        assert list(diagonal.get_ydata()) == list(axes.get_xlim())

    def test_told_apart_does_not_move_the_axes_of_others(self):
        together = drawn({"p": PERFECT, "a": MIXED, "r": REVERSED})
        assert together.get_xlim() == drawn({"a": MIXED}).get_xlim()

    def test_curves_differ_in_colour_and_without_colour(self):
        axes = drawn({str(k): draw(71, 1, seed=k) for k in range(8)})
        handles = axes.get_legend().legend_handles[:8]
        looks = [(h.get_color(), h.get_linestyle()) for h in handles]
        assert len(set(looks)) == 8
        assert all(a[1] != b[1] for a, b in zip(looks, looks[1:]))

    def test_one_colour_of_a_curve_and_its_dot(self):
        axes = drawn({"a": MIXED, "b": MIXED})
        first = [x for x in axes.lines if x.get_color() == det.COLOURS[0]]
        second = [x for x in axes.lines if x.get_color() == det.COLOURS[1]]
        assert len(first) == len(second) == 2

    @pytest.mark.parametrize(
        ("curves", "message"),
        [
            ({}, "expected at least one"),
            ({"a": MIXED, "b": ([1, 2], [1, 1])}, "DET curve b: .*2 targets"),
            ({"b": ([1, np.nan], [1, 0])}, r"DET curve b: .*scores\[1\]: nan"),
        ],
    )
    def test_errors(self, curves, message, tmp_path):
        with pytest.raises(InputError, match=message):
            det_figure(tmp_path / "det", curves, "Test set")
        assert not list(tmp_path.iterdir())


@pytest.mark.slow
class TestFiles:
    def test_a_png_and_a_pdf_of_any_name(self, tmp_path):
        """What looks like a suffix, or like mathematics, is a name."""
        path = tmp_path / "new" / "tau-0.07"
        written = det_figure(path, {"_a_$b$": MIXED, NO_MATHS: MIXED}, NO_MATHS)
        assert written == [
            tmp_path / "new" / "tau-0.07.png",
            tmp_path / "new" / "tau-0.07.pdf",
        ]
        assert sorted(path.parent.iterdir()) == sorted(written)
        assert written[0].read_bytes().startswith(b"\x89PNG")
        assert written[1].read_bytes().startswith(b"%PDF")

    def test_the_same_bytes_at_another_time_in_another_style(self, tmp_path):
        curves = {"a": draw(71, 1), "b": PERFECT}
        first = det_figure(tmp_path / "a", curves, "Test set")
        time.sleep(1.1)  # a date in a file has seconds
        with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red"}):
            second = det_figure(tmp_path / "b", curves, "Test set")
        for one, other in zip(first, second):
            assert one.read_bytes() == other.read_bytes()

    @pytest.mark.parametrize("decimals", [2, 9], ids=["ties", "no ties"])
    def test_many_scores_make_a_small_file(self, tmp_path, decimals):
        curves = {str(k): draw(10**5, k, decimals) for k in (1, 2, 3)}
        _, pdf = det_figure(tmp_path / "det", curves, "Test set")
        assert pdf.stat().st_size < 200_000

    def test_a_failure_leaves_both_as_they_were(self, tmp_path, monkeypatch):
        path = tmp_path / "det"
        files = det_figure(path, {"a": MIXED}, "Before")
        before = [file.read_bytes() for file in files]
        save = Figure.savefig

        def no_pdf(figure, file, *, format, **options):
            if format == "pdf":
                raise OSError("no space left")
            save(figure, file, format=format, **options)

        monkeypatch.setattr(Figure, "savefig", no_pdf)
        with pytest.raises(OSError, match="no space left"):
            det_figure(path, {"a": PERFECT}, "After")
        assert [file.read_bytes() for file in files] == before
        assert sorted(tmp_path.iterdir()) == sorted(files)

    def test_the_users_state_is_untouched(self, tmp_path):
        before = dict(matplotlib.rcParams)
        det_figure(tmp_path / "det", {"a": MIXED}, "Test set")
        assert dict(matplotlib.rcParams) == before
