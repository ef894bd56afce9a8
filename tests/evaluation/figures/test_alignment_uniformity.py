"""Figure 2: every run, the means, their spread, and names one can read."""

from pathlib import Path

import numpy as np
import pytest

from turbo_sb.evaluation.figures.alignment_uniformity import geometry_figure
from turbo_sb.training.run_folder import FinishedRun

pytestmark = pytest.mark.slow


def run(method, audio, text, alignment, seed=1):
    facts = {"protocol": "speaker10", "fold": 1, "seed": seed}
    found = {"uniformity_audio": audio, "alignment": alignment}
    if text is not None:
        found["uniformity_text"] = text
    return FinishedRun(Path("out"), method, {**facts, **found})


RUNS = [
    run("vanilla", -1.0, -0.5, 1.5),
    run("turbo", -3.0, -2.0, 0.5, seed=1),
    run("turbo", -3.5, -2.5, 0.9, seed=2),
    run("audio_only", -1.0, None, None),
    run("zero", -1.0, -1.0, 1.2),
]


def markers(axes, size):
    return [x for x in axes.lines if x.get_markersize() == size]


@pytest.fixture
def panels(tmp_path, saved):
    geometry_figure(tmp_path / "geometry", RUNS)
    return saved[0].axes


def test_a_point_a_run_at_its_values(panels):
    small = [line.get_xydata().tolist() for line in markers(panels[0], 3.5)]
    assert small == [[[-1, 1.5]], [[-3, 0.5], [-3.5, 0.9]], [[-1, 1.2]]]
    small = [line.get_xydata().tolist() for line in markers(panels[1], 3.5)]
    assert small == [[[-0.5, 1.5]], [[-2, 0.5], [-2.5, 0.9]], [[-1, 1.2]]]


def test_a_mean_a_method_with_bars_of_one_sd(panels):
    means = [line.get_xydata()[0] for line in markers(panels[0], 8)]
    np.testing.assert_allclose(means, [[-1, 1.5], [-3.25, 0.7], [-1, 1.2]])
    bars = [b.get_segments()[0] for b in panels[0].collections]
    x, y = np.std([-3, -3.5], ddof=1), np.std([0.5, 0.9], ddof=1)
    expected = [
        [[-3.25 - x, 0.7], [-3.25 + x, 0.7]],
        [[-3.25, 0.7 - y], [-3.25, 0.7 + y]],
    ]
    np.testing.assert_allclose(bars, expected)


def test_axes_and_names(panels):
    assert panels[0].get_xlabel() == "uniformity of audio (lower is better)"
    assert panels[1].get_xlabel() == "uniformity of text (lower is better)"
    assert panels[0].get_ylabel() == "alignment (lower is better)"
    (legend,) = panels[0].figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["vanilla", "turbo", "zero"]


def test_a_method_keeps_its_look_when_another_is_left_out(panels):
    """audio_only comes before zero, and takes the first free colour."""
    colours = [line.get_color() for line in markers(panels[0], 8)]
    assert colours == ["#0072B2", "#009E73", "#CC79A7"]


def test_the_caption_counts_what_is_shown_and_what_is_not(tmp_path):
    caption = geometry_figure(tmp_path / "geometry", RUNS).caption
    assert "4 runs: vanilla 1, turbo 2, zero 1; fold 1; seeds 1, 2" in caption
    assert "unit sphere" in caption
    assert "Left out: 1 of 5 runs" in caption
    assert "audio_only 1" in caption
    assert "Left out" not in geometry_figure(tmp_path / "g", RUNS[:3]).caption


@pytest.mark.parametrize("value", [None, float("nan")])
def test_no_alignment_no_figure(tmp_path, value):
    drawn = geometry_figure(tmp_path / "g", [run("turbo", -1, -1, value)])
    assert drawn.files == [] and "Not drawn" in drawn.caption
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ([True], "on the unit sphere (the embeddings L2-normalised)"),
        ([False], "of the embeddings as they are, not normalised"),
        ([True, False], "some of it on the unit sphere and some not"),
    ],
)
def test_caption_says_whether_embeddings_were_normalised(
    tmp_path, kinds, words
):
    runs = [run("turbo", -1.0, -0.5, 1.5, seed) for seed, _ in enumerate(kinds)]
    for own, on_sphere in zip(runs, kinds):
        own.metrics["on_sphere"] = on_sphere
    assert words in geometry_figure(tmp_path / "figure", runs).caption
