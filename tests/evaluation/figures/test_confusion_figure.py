"""Confusion pooled over runs: counts, percents and what is written."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from tests.evaluation.figures.run_folders import DETECTION, run_of, write_run
from turbo_sb.evaluation.figures.confusion_figure import (
    confusion_figure,
    pooled_confusion,
)
from turbo_sb.training.run_folder import find_runs
from turbo_sb.utils.errors import InputError

pytestmark = pytest.mark.slow

HEADER = "ID,label,prediction,p_no,p_yes\n"


def write_pairs(run, pairs):
    """Predictions as (label, prediction)."""
    rows = [f"u{n},{a},{b},0.5,0.5\n" for n, (a, b) in enumerate(pairs)]
    (run.folder / "predictions.csv").write_text(HEADER + "".join(rows))


@pytest.fixture
def runs(tmp_path):
    """Two folds, whose counts one can add in the head."""
    for fold in (1, 2):
        write_run(tmp_path / "runs", fold=fold, labels=["no", "yes"])
    first, second = find_runs(tmp_path / "runs")
    write_pairs(first, [("no", "no"), ("no", "yes"), ("yes", "no")])
    write_pairs(second, [("no", "no")] * 2 + [("yes", "yes")])
    return [first, second]


def test_counts_are_summed_over_runs(runs):
    assert pooled_confusion(runs).tolist() == [[3, 1], [1, 1]]
    assert pooled_confusion(runs[1:]).tolist() == [[2, 0], [0, 1]]


def test_cells_are_percents_of_their_row(runs, tmp_path, saved):
    confusion_figure(tmp_path / "confusion", runs)
    axes = saved[0].axes[0]
    percents = [text.get_text() for text in axes.texts]
    assert percents == ["75.0", "25.0", "50.0", "50.0"]
    (image,) = axes.images
    np.testing.assert_allclose(image.get_array(), [[75, 25], [50, 50]])
    assert image.get_clim() == (0, 100)
    assert axes.get_title() == "turbo\n2 runs, n = 6"
    for ticks in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [tick.get_text() for tick in ticks] == ["no", "yes"]


def luminance(colour):
    """Relative luminance of a colour, as WCAG has it."""
    rgb = np.array(to_rgb(colour))
    curved = ((rgb + 0.055) / 1.055) ** 2.4
    return np.where(rgb <= 0.04045, rgb / 12.92, curved) @ [
        0.2126,
        0.7152,
        0.0722,
    ]


def test_letters_stand_out_from_their_cell(tmp_path, saved):
    """WCAG's contrast of 4.5; the recalls are 56, 57 ... 76 %."""
    labels = [f"c{n}" for n in range(21)]
    run = run_of(tmp_path, labels=labels)
    columns = "".join(f",p_{label}" for label in labels)
    rows = [
        f"u,{label},{label if n < 56 + k else labels[k - 1]}" + ",0" * 21
        for k, label in enumerate(labels)
        for n in range(100)
    ]
    text = "\n".join([f"ID,label,prediction{columns}", *rows])
    (run.folder / "predictions.csv").write_text(text)
    confusion_figure(tmp_path / "confusion", [run])
    axes = saved[0].axes[0]
    for percent, text in zip(range(56, 77), axes.texts[::22]):  # diagonal
        assert text.get_text() == f"{percent}.0"
        cell = luminance(axes.images[0].to_rgba(percent)[:3])
        low, high = sorted([cell, luminance(text.get_color())])
        assert (high + 0.05) / (low + 0.05) >= 4.5, percent


def test_a_label_without_utterances_is_a_row_of_dashes(runs, tmp_path, saved):
    write_pairs(runs[0], [("no", "yes")])
    caption = confusion_figure(tmp_path / "confusion", runs[:1]).caption
    texts = [text.get_text() for text in saved[0].axes[0].texts]
    assert texts == ["0.0", "100.0", "–", "–"]
    assert "A row of dashes" in caption


def test_a_matrix_a_method_in_the_papers_order(tmp_path, saved):
    for method in ("turbo", "zero", "cross_modal", "vanilla"):
        write_run(tmp_path, method, labels=DETECTION, protocol="manifest")
    drawn = confusion_figure(tmp_path / "confusion", find_runs(tmp_path))
    titles = [a.get_title().split("\n")[0] for a in saved[0].axes if a.images]
    assert titles == ["vanilla", "cross_modal", "turbo", "zero"]
    assert "4 runs: vanilla 1, cross_modal 1, turbo 1, zero 1" in drawn.caption


def test_other_classes_are_refused(tmp_path):
    runs = [run_of(tmp_path / "a"), run_of(tmp_path / "b", labels=DETECTION)]
    with pytest.raises(InputError, match="b/.*labels: expected .*ang.*direc"):
        confusion_figure(tmp_path / "confusion", runs)
