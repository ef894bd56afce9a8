"""Learning curves: means over runs that end at different epochs."""

import numpy as np
import pytest

from tests.evaluation.figures.run_folders import DETECTION, TERMS, write_run
from turbo_sb.evaluation.figures.curves_figure import curves_figure
from turbo_sb.training.finished import find_runs

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
    assert "Left out: 1 of 2 runs without a log" in drawn.caption


def test_no_log_no_figure(tmp_path):
    (write_run(tmp_path) / "history.jsonl").unlink()
    drawn = curves_figure(tmp_path / "curves", find_runs(tmp_path))
    assert drawn.files == [] and "Not drawn" in drawn.caption
    assert not list(tmp_path.glob("curves*"))
