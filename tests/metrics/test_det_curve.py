"""DET curves in numbers: their points, and the limits and ticks of the axes."""

from statistics import NormalDist

import numpy as np
import pytest

from tests.scores import draw
from turbo_sb.metrics.det_curve import axis_limits, axis_ticks, det_curve

PERFECT = [4, 3, 2, 1], [1, 1, 0, 0]
REVERSED = [4, 3, 2, 1], [0, 0, 1, 1]
MIXED = [4, 3, 2, 1], [1, 0, 1, 0]
TIED = [1, 1, 1, 1], [1, 0, 1, 0]


def deviate(percent):
    return NormalDist().inv_cdf(percent / 100)


def distance_to_line(points, line):
    """Of each point, to the nearest place on the segments of the line."""
    found = np.full(len(points), np.inf)
    for start, end in zip(line, line[1:]):
        along, length = end - start, ((end - start) ** 2).sum()
        part = ((points - start) @ along / max(length, 1e-30)).clip(0, 1)
        nearest = start + part[:, None] * along
        gaps = np.linalg.norm(points - nearest, axis=1)
        found = np.minimum(found, gaps)
    return found


class TestCurve:
    def test_by_hand(self):
        """Accepting 4, then 3, then 2; a fourth of a class is half of one."""
        q = deviate(25)
        curve = det_curve(*MIXED)
        expected = np.array([[q, 0], [0, 0], [0, q]])
        np.testing.assert_allclose(curve.inner, expected, atol=1e-12)
        head, tail = curve.ends
        np.testing.assert_allclose(head, [[q, -q], [q, 0]], atol=1e-12)
        np.testing.assert_allclose(tail, [[0, q], [-q, q]], atol=1e-12)
        assert (curve.eer, curve.n) == (0.5, 4)

    def test_few_scores_are_a_staircase(self):
        curve = det_curve(*draw(71, 1.5))
        steps = np.diff(curve.inner, axis=0)
        assert ((steps == 0).sum(axis=1) == 1).all()
        assert (steps[:, 0] >= 0).all() and (steps[:, 1] <= 0).all()

    def test_normal_scores_are_a_straight_line(self):
        """miss + false deviates == -distance, where there are scores."""
        curve = det_curve(*draw(10**5, 2.5))
        middle = curve.inner[(np.abs(curve.inner) < 2).all(axis=1)]
        assert len(middle) > 100
        assert np.abs(middle.sum(axis=1) + 2.5).max() < 0.1

    def test_ties_are_linear_in_the_rates_and_bend_on_the_axes(self):
        """From (0, 0.6) a tie leads to (0.5, 0): at 0.25 it is at 0.3."""
        scores = [2] * 4 + [1] * 11 + [0] * 5
        targets = [1] * 4 + [1] * 6 + [0] * 5 + [0] * 5
        curve = det_curve(scores, targets)
        x, y = curve.inner.T
        at = np.interp(deviate(25), x, y)
        assert at == pytest.approx(deviate(30), abs=0.01)

    def test_all_tied_is_chance(self):
        curve = det_curve(*TIED)
        np.testing.assert_allclose(curve.inner.sum(axis=1), 0, atol=1e-9)
        assert curve.inner[0].tolist() == pytest.approx(
            [deviate(25), deviate(75)]
        )

    @pytest.mark.parametrize(("data", "eer"), [(PERFECT, 0), (REVERSED, 1)])
    def test_nothing_is_inside_without_two_kinds_of_decisions(self, data, eer):
        curve = det_curve(*data)
        assert curve.inner.shape == (0, 2) and curve.ends == ()
        assert curve.eer == eer

    @pytest.mark.parametrize(("place", "percent"), [(999, 0.1), (1, 99.9)])
    def test_the_eer_is_on_the_curve_even_below_half_an_utterance(
        self, place, percent
    ):
        """The one target is beaten by one other of 1,000, or by all but one."""
        scores, targets = np.arange(1001), np.zeros(1001)
        targets[place] = 1
        curve = det_curve(scores, targets)
        dot = np.array([[deviate(percent), deviate(percent)]])
        assert distance_to_line(dot, curve.inner) < 1e-9

    @pytest.mark.parametrize("decimals", [2, 9], ids=["ties", "no ties"])
    def test_thinning_changes_no_picture(self, decimals):
        """A deviate takes 1 to 3 cm, 1/300 of it less than 0.1 mm."""
        scores, targets = draw(4000, 2, decimals)
        curve = det_curve(scores, targets)
        false, miss = every_point(scores, targets)
        points = np.stack([false, miss], axis=1)[::7]
        assert distance_to_line(points, curve.inner).max() < 1 / 300

    def test_thinning_keeps_steps_upright(self):
        steps = np.diff(det_curve(*draw(10**5, 2)).inner, axis=0)
        long = np.abs(steps).max(axis=1) > 0.01
        assert long.sum() > 50
        assert (steps[long] == 0).any(axis=1).all()

    def test_many_scores_are_thinned(self):
        assert len(det_curve(*draw(10**5, 2)).inner) < 20000


def every_point(scores, targets):
    """Operating points at which both errors occur, in normal deviates."""
    own, others = np.sort(scores[targets == 1]), np.sort(scores[targets == 0])
    thresholds = np.unique(scores)
    miss = np.searchsorted(own, thresholds) / len(own)
    false = 1 - np.searchsorted(others, thresholds) / len(others)
    inside = (miss > 0) & (false > 0) & (miss < 1) & (false < 1)
    inverse = np.vectorize(NormalDist().inv_cdf)
    return inverse(false[inside]), inverse(miss[inside])


class TestAxes:
    @pytest.mark.parametrize("n", [71, 10**5])
    @pytest.mark.parametrize("distance", [-2, 0, 1, 3, 4])
    def test_what_is_in_sight_is_inside_and_fills_the_axes(self, n, distance):
        curve = det_curve(*draw(n, distance))
        low, high = axis_limits([curve])
        seen = curve.inner[(curve.inner <= high).all(axis=1)]
        assert seen.min() - 0.2 < low < seen.min()
        assert low < deviate(100 * curve.eer) < high

    def test_the_worst_and_the_best_curve_set_the_limits(self):
        curves = [det_curve(*draw(2000, d)) for d in (-1, 1, 3)]
        low, high = axis_limits(curves)
        assert high == pytest.approx(axis_limits(curves[:1])[1])
        assert all(low <= axis_limits([curve])[0] for curve in curves)
        assert high > axis_limits(curves[1:])[1]

    @pytest.mark.parametrize(
        ("low", "high"), [(0.001, 0.6), (0.1, 0.9), (1e-6, 0.6), (0.3, 0.99)]
    )
    def test_ticks_do_not_touch(self, low, high):
        low, high = deviate(100 * low), deviate(100 * high)
        ticks = axis_ticks(low, high)
        places = np.array([deviate(tick) for tick in ticks])
        assert 4 <= len(ticks) <= 12 and ticks == sorted(ticks)
        assert (np.diff(places) > 0.03 * (high - low)).all()
        assert low <= places[0] and places[-1] <= high
