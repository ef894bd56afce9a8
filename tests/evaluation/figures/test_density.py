"""Projection and kernel densities, against loops and other packages."""

import numpy as np
import pytest
from scipy.stats import vonmises
from sklearn.neighbors import KernelDensity

from tests.evaluation.figures.run_folders import run_of, write_run
from turbo_sb.evaluation.figures.density import (
    angle_density,
    angles_from_mean,
    density_figure,
    gaussian_density,
    to_plane,
)
from turbo_sb.training.run_folder import find_runs
from turbo_sb.utils.errors import InputError

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(30, 2)) / 2
ANGLES = RNG.uniform(-np.pi, np.pi, size=30)


def on_circle(angles):
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


class TestToPlane:
    def test_is_numpys_svd_of_three_unit_rows(self):
        """By hand: rows of a 3x3, onto the first two right vectors."""
        rows = np.array([[3.0, 4, 0], [0, 5, 12], [8, 0, 6]])
        units = rows / np.array([[5], [13], [10]])
        _, values, vectors = np.linalg.svd(units)  # of the uncentred rows
        expected = units @ vectors[:2].T
        expected /= np.sqrt((expected**2).sum(axis=1, keepdims=True))
        expected *= np.sign(expected.mean(axis=0))
        plane = to_plane(rows)
        np.testing.assert_allclose(plane.points, expected, atol=1e-12)
        share = (values[:2] ** 2).sum() / 3  # three rows of length 1
        assert plane.share == pytest.approx(share)

    def test_lengths_do_not_matter(self):
        rows = RNG.normal(size=(20, 6))
        scaled = rows * RNG.uniform(1e-12, 1e6, size=(20, 1))
        expected = to_plane(rows).points
        np.testing.assert_allclose(to_plane(scaled).points, expected)

    def test_a_collapsed_cloud_stays_collapsed(self):
        """Centred, it would fill the circle."""
        rows = np.eye(8)[3] + 0.01 * RNG.normal(size=(200, 8))
        points = to_plane(rows).points
        assert points[:, 0].min() > 0.99
        np.testing.assert_allclose(np.abs(points[:, 1]).max(), 0, atol=0.05)

    def test_one_vector_repeated_is_one_point(self):
        points = to_plane(np.full((5, 4), 0.3, dtype=np.float32)).points
        np.testing.assert_allclose(points, [[1, 0]] * 5, atol=1e-6)

    def test_signs_do_not_follow_those_of_the_embeddings(self):
        rows = RNG.normal(size=(20, 6)) + 1
        one, other = to_plane(rows).points, to_plane(-rows).points
        np.testing.assert_allclose(one, other, atol=1e-12)
        assert (one.mean(axis=0) >= 0).all()

    def test_what_is_orthogonal_is_at_the_origin(self):
        rows = np.eye(4, dtype=np.float32)[[0, 0, 0, 1, 1, 2]]
        points = to_plane(rows).points
        np.testing.assert_array_equal(points[-1], [0, 0])
        np.testing.assert_allclose(np.linalg.norm(points[:-1], axis=1), 1)

    def test_what_is_orthogonal_but_for_rounding_is_too(self):
        """Normalised, the rounding would be a point on the circle."""
        turn, _ = np.linalg.qr(RNG.normal(size=(64, 64)))
        rows = np.eye(64)[[0, 0, 0, 1, 1, 2]] @ turn
        points = to_plane(rows.astype(np.float32)).points
        np.testing.assert_array_equal(points[-1], [0, 0])

    def test_zeros_and_what_is_not_finite(self):
        rows = np.array([[0.0, 0, 0], [1, 0, 0], [np.nan, 1, 0]])
        plane = to_plane(rows)
        np.testing.assert_allclose(plane.points, [[0, 0], [1, 0]])
        assert (plane.dropped, plane.share) == (1, 1)
        assert to_plane(np.zeros((2, 3))).share == 0

    def test_one_dimension(self):
        points = to_plane(np.array([[2.0], [3.0], [-1.0]])).points
        np.testing.assert_array_equal(points, [[1, 0], [1, 0], [-1, 0]])

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            (np.zeros(3), r"expected the shape \(n, dim\), not \(3,\)"),
            (np.full((2, 3), np.nan), "none of 2 rows is finite"),
        ],
    )
    def test_errors(self, rows, message):
        with pytest.raises(InputError, match=message):
            to_plane(rows)


class TestAngles:
    def test_the_mean_direction_is_zero(self):
        angles = angles_from_mean(on_circle(np.array([2.9, 3.1, -2.983185])))
        np.testing.assert_allclose(angles, [-0.2, 0, 0.2], atol=1e-5)

    def test_without_a_mean_from_the_first_axis(self):
        points = on_circle(np.array([0, np.pi / 2, np.pi, -np.pi / 2]))
        expected = [0, np.pi / 2, -np.pi, -np.pi / 2]
        np.testing.assert_allclose(angles_from_mean(points), expected)

    def test_the_origin_has_none(self):
        assert len(angles_from_mean(np.array([[0.0, 0], [0, 2]]))) == 1
        assert len(angles_from_mean(np.zeros((3, 2)))) == 0


class TestGaussianDensity:
    def test_is_the_double_loop(self):
        grid, density = gaussian_density(POINTS, bandwidth=0.3, size=7)
        assert grid.tolist() == [-1.5, -1, -0.5, 0, 0.5, 1, 1.5]
        for row, y in enumerate(grid):
            for column, x in enumerate(grid):
                total = 0.0
                for px, py in POINTS:
                    square = ((x - px) ** 2 + (y - py) ** 2) / 0.3**2
                    total += np.exp(-square / 2) / (2 * np.pi * 0.3**2)
                expected = pytest.approx(total / len(POINTS), rel=1e-12)
                assert density[row, column] == expected

    def test_is_sklearns(self):
        grid, density = gaussian_density(POINTS, bandwidth=0.2, size=11)
        places = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
        model = KernelDensity(bandwidth=0.2).fit(POINTS)
        expected = np.exp(model.score_samples(places)).reshape(11, 11)
        np.testing.assert_allclose(density, expected, rtol=1e-9)

    def test_integrates_to_one(self):
        points = on_circle(ANGLES)
        grid, density = gaussian_density(points, bandwidth=0.1)
        cell = (grid[1] - grid[0]) ** 2
        assert density.sum() * cell == pytest.approx(1, abs=1e-5)

    @pytest.mark.parametrize(
        ("points", "bandwidth", "message"),
        [
            (np.empty((0, 2)), 0.1, "points: expected at least one"),
            (POINTS, 0, "bandwidth: 0 is not above 0"),
        ],
    )
    def test_errors(self, points, bandwidth, message):
        with pytest.raises(InputError, match=message):
            gaussian_density(points, bandwidth)


class TestAngleDensity:
    def test_is_the_mean_of_scipys_von_mises(self):
        grid, density = angle_density(ANGLES, kappa=25)
        kernels = [vonmises.pdf(grid, 25, loc=angle) for angle in ANGLES]
        np.testing.assert_allclose(density, np.mean(kernels, axis=0))

    @pytest.mark.parametrize("kappa", [25, 2000])
    def test_integrates_to_one_and_does_not_overflow(self, kappa):
        grid, density = angle_density(ANGLES, kappa=kappa, size=2001)
        step = grid[1] - grid[0]
        assert density[:-1].sum() * step == pytest.approx(1)

    def test_errors(self):
        with pytest.raises(InputError, match="angles: expected at least one"):
            angle_density(np.empty(0))
        with pytest.raises(InputError, match="kappa: -1 is not above 0"):
            angle_density(ANGLES, kappa=-1)


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_the_picture_is_the_density_of_the_runs_embeddings(axes, runs):
    (turbo,) = [r for r in runs if r.method == "turbo" and r.seed == 1]
    plane = to_plane(turbo.embeddings()["audio"])
    _, expected = gaussian_density(plane.points, 0.1)
    image = next(a.images[0] for a in axes if a.get_title() == "turbo")
    np.testing.assert_allclose(image.get_array(), expected)
    assert image.get_extent() == [-1.5, 1.5, -1.5, 1.5]
    assert image.origin == "lower"


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_run_that_a_method_lacks_is_refused(runs, tmp_path):
    with pytest.raises(InputError, match="--seed=3"):
        density_figure(tmp_path / "density", runs, seed=3)


@pytest.mark.slow
def test_no_common_run_is_said_and_not_drawn(tmp_path):
    write_run(tmp_path, "vanilla", seed=1)
    write_run(tmp_path, "turbo", seed=2)
    drawn = density_figure(tmp_path / "density", find_runs(tmp_path))
    assert drawn.files == [] and "no fold and seed are common" in drawn.caption


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("count", [4, 5])
def test_more_than_four_go_on_below(tmp_path, saved, count):
    for number in range(count):
        write_run(tmp_path, f"m{number}", n=10)
    density_figure(tmp_path / "density", find_runs(tmp_path))
    assert sum(bool(a.images) for a in saved[0].axes) == count
    assert saved[0].get_figwidth() <= 7.2
