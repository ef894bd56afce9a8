"""Learning curves: means over runs that end at different epochs."""

import numpy as np
import pytest

from tests.evaluation.figures.run_folders import DETECTION, TERMS, write_run
from turbo_sb.evaluation.figures.learning_curves import (
    curves_figure,
    mean_curve,
)
from turbo_sb.training.run_folder import find_runs

pytestmark = pytest.mark.slow


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def test_a_panel_a_term_and_a_metric(tmp_path, saved):
    for method in ("vanilla", "turbo"):
        write_run(tmp_path, method)
    curves_figure(tmp_path / "curves", find_runs(tmp_path))
    assert titles(saved[0]) == [
        *(f"train: {term} ↓" for term in TERMS["turbo"]),
        *("valid: WA ↑", "valid: UA ↑", "valid: alignment ↓"),
        *("valid: uniformity_audio ↓", "valid: uniformity_text ↓"),
    ]


def test_detection_has_its_own_metrics(tmp_path, saved):
    write_run(tmp_path, "vanilla", labels=DETECTION, protocol="manifest")
    curves_figure(tmp_path / "curves", find_runs(tmp_path))
    assert titles(saved[0])[:3] == [
        *("train: ce ↓", "valid: ACC ↑", "valid: EER ↓"),
    ]


def test_a_line_a_method_is_the_mean_of_its_runs(tmp_path, saved):
    for seed, epochs in ((1, 6), (2, 9), (3, 12)):
        write_run(tmp_path, "vanilla", seed=seed, epochs=epochs)
    write_run(tmp_path, "turbo", epochs=4)
    runs = find_runs(tmp_path)
    curves_figure(tmp_path / "curves", runs)
    ce, in_audio = saved[0].axes[:2]
    assert [line.get_color() for line in ce.lines] == ["#0072B2", "#009E73"]
    logs = [r.curves()["train ce"] for r in runs if r.method == "vanilla"]
    mean = [np.mean([c[e] for c in logs if len(c) > e]) for e in range(9)]
    vanilla = ce.lines[0]
    np.testing.assert_allclose(vanilla.get_ydata(), mean)
    assert vanilla.get_xdata().tolist() == list(range(1, 10))
    assert len(in_audio.lines) == 1  # vanilla has no such term


def test_the_caption_says_where_lines_end_and_counts(tmp_path):
    for seed in (1, 2):
        folder = write_run(tmp_path, seed=seed)
    (folder / "history.jsonl").unlink()
    drawn = curves_figure(tmp_path / "curves", find_runs(tmp_path))
    assert "at least half of the method's runs" in drawn.caption
    assert "1 run: turbo 1; fold 1; seed 1" in drawn.caption
    assert "Left out: 1 of 2 runs without a history" in drawn.caption


def test_no_history_no_figure(tmp_path):
    (write_run(tmp_path) / "history.jsonl").unlink()
    drawn = curves_figure(tmp_path / "curves", find_runs(tmp_path))
    assert drawn.files == [] and "Not drawn" in drawn.caption
    assert not list(tmp_path.glob("curves*"))


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
