"""The mean of curves that end at different epochs."""

import numpy as np
import pytest

from turbo_sb.evaluation.figures.curves import mean_curve


class TestMeanCurve:
    def test_over_those_still_running(self):
        curves = [np.array(c, dtype=float) for c in ([1, 2, 9, 9], [3, 4, 5])]
        curve = mean_curve(curves)
        assert curve.mean.tolist() == [2, 3, 7, 9]
        np.testing.assert_allclose(curve.spread[:3], np.sqrt([2, 2, 8]))
        assert np.isnan(curve.spread[3])

    @pytest.mark.parametrize(
        ("lengths", "epochs"),
        [([5], 5), ([5, 3], 5), ([5, 3, 2], 3), ([9, 8, 2, 1], 8)],
    )
    def test_as_far_as_half_of_them_came(self, lengths, epochs):
        curves = [np.ones(length) for length in lengths]
        assert len(mean_curve(curves).mean) == epochs

    def test_nan_is_no_value(self):
        curves = [np.array([1, np.nan, np.nan]), np.array([3, 4, np.nan])]
        curve = mean_curve(curves)
        np.testing.assert_array_equal(curve.mean, [2, 4, np.nan])
        np.testing.assert_allclose(curve.spread, [np.sqrt(2), np.nan, np.nan])
