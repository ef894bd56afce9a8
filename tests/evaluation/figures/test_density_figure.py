"""Figure 3: one run a method, the same scales, and a caption that says how."""

import numpy as np
import pytest

from tests.evaluation.figures.run_folders import run_of, write_run
from turbo_sb.evaluation.figures.density import gaussian_density, to_plane
from turbo_sb.evaluation.figures.density_figure import density_figure
from turbo_sb.training.finished import find_runs
from turbo_sb.utils.errors import InputError

pytestmark = pytest.mark.slow

METHODS = ("vanilla", "turbo", "audio_only")


def write_embeddings(run, **arrays):
    np.savez(run / "embeddings.npz", **arrays)


@pytest.fixture
def runs(tmp_path):
    """Two seeds of vanilla, turbo and audio_only; one of text_only."""
    for method in METHODS:
        for seed in (1, 2):
            write_run(tmp_path / "runs", method, seed=seed)
    text = {"alignment": None, "uniformity_audio": ...}
    write_run(tmp_path / "runs", "text_only", seed=3, **text)
    return find_runs(tmp_path / "runs")


@pytest.fixture
def axes(runs, tmp_path, saved):
    density_figure(tmp_path / "density", runs)
    return saved[0].axes


def test_a_column_a_method_of_the_same_scales(axes):
    uppers = [a for a in axes if a.images]
    assert [a.get_title() for a in uppers] == list(METHODS)
    images = [a.images[0] for a in uppers]
    assert len({(i.norm.vmin, i.norm.vmax) for i in images}) == 1
    highest = max(image.get_array().max() for image in images)
    assert images[0].norm.vmax == pytest.approx(highest)
    lowers = [a for a in axes if a.get_xlabel() == "angle from mean"]
    assert len(lowers) == 3
    assert len({a.get_ylim() for a in lowers}) == 1
    tops = [max(line.get_ydata()) for a in lowers for line in a.lines]
    assert max(tops) < lowers[0].get_ylim()[1]


def test_the_picture_is_the_density_of_the_runs_embeddings(axes, runs):
    (turbo,) = [r for r in runs if r.method == "turbo" and r.seed == 1]
    plane = to_plane(turbo.embeddings()["audio"])
    _, expected = gaussian_density(plane.points, 0.1)
    image = next(a.images[0] for a in axes if a.get_title() == "turbo")
    np.testing.assert_allclose(image.get_array(), expected)
    assert image.get_extent() == [-1.5, 1.5, -1.5, 1.5]
    assert image.origin == "lower"


def test_the_caption_says_which_run_and_how(runs, tmp_path):
    caption = density_figure(tmp_path / "density", runs, seed=2).caption
    assert "protocol speaker10, fold 1, seed 2" in caption
    assert "uncentred second moment" in caption and "unit circle" in caption
    assert "bandwidth 0.1" in caption and "kappa = 25" in caption
    for method in METHODS:
        (run,) = [r for r in runs if r.method == method and r.seed == 2]
        share = to_plane(run.embeddings()["audio"]).share
        assert f"{method} {100 * share:.1f} % (n = 40)" in caption
    assert "no audio: text_only." in caption


def test_a_run_that_a_method_lacks_is_refused(runs, tmp_path):
    with pytest.raises(InputError, match="--seed=3"):
        density_figure(tmp_path / "density", runs, seed=3)


def test_no_common_run_is_said_and_not_drawn(tmp_path):
    write_run(tmp_path, "vanilla", seed=1)
    write_run(tmp_path, "turbo", seed=2)
    drawn = density_figure(tmp_path / "density", find_runs(tmp_path))
    assert drawn.files == [] and "no fold and seed are common" in drawn.caption


def test_collapse_the_origin_and_nan_are_drawn(tmp_path, saved):
    run = run_of(tmp_path)
    rows = np.eye(5)[[0] * 8 + [1] * 8 + [2, 3, 4]]
    write_embeddings(run.folder, audio=np.vstack([rows, np.full(5, np.nan)]))
    drawn = density_figure(tmp_path / "density", [run])
    assert "(n = 19, of which 3 at the origin" in drawn.caption
    assert "1 that are not finite" in drawn.caption
    image = next(a.images[0] for a in saved[0].axes if a.images)
    assert np.isfinite(image.get_array()).all()
    write_embeddings(run.folder, audio=np.zeros((4, 5)))
    assert density_figure(tmp_path / "zeros", [run]).files


def test_files_that_cannot_be_used_are_named(tmp_path):
    run = run_of(tmp_path)
    write_embeddings(run.folder, text=np.eye(3))
    with pytest.raises(InputError, match="npz: expected the key audio, .*text"):
        density_figure(tmp_path / "density", [run])
    write_embeddings(run.folder, audio=np.full((3, 2), np.nan))
    with pytest.raises(InputError, match="npz: embeddings: none of 3 rows"):
        density_figure(tmp_path / "density", [run])
    (run.folder / "embeddings.npz").unlink()
    with pytest.raises(InputError, match="embeddings.npz: cannot be read"):
        density_figure(tmp_path / "density", [run])


@pytest.mark.parametrize("count", [4, 5])
def test_more_than_four_go_on_below(tmp_path, saved, count):
    for number in range(count):
        write_run(tmp_path, f"m{number}", n=10)
    density_figure(tmp_path / "density", find_runs(tmp_path))
    assert sum(bool(a.images) for a in saved[0].axes) == count
    assert saved[0].get_figwidth() <= 7.2
