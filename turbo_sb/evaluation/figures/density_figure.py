"""The paper's Figure 3: how the audio representations are distributed.

Authors
 * The turbo_sb developers 2026
"""

import numpy as np

from turbo_sb.evaluation.figures.canvas import (
    WIDTH,
    Drawn,
    drawing,
    figure_files,
    grid_size,
)
from turbo_sb.evaluation.figures.density import (
    LIMIT,
    angle_density,
    angles_from_mean,
    gaussian_density,
    to_plane,
)
from turbo_sb.evaluation.figures.selection import common_runs
from turbo_sb.evaluation.figures.style import looks, wrap
from turbo_sb.utils.errors import InputError

COLUMNS = 4  # more methods go on below
CAPTION = """\
Distribution of the audio embeddings of the test set in the plane. Upper row: \
Gaussian kernel density in R² (bandwidth {bandwidth:g}; one colour scale, by \
the square root, for a collapsed cloud is many times as dense as a spread one; \
thin line: the unit circle). Lower row: density of the angles (von Mises-Fisher \
kernels, kappa = {kappa:g}; dashed: uniform angles), where 0 is the mean \
direction. Of one run a method: protocol {run.protocol}, fold {run.fold}, seed \
{run.seed}. The paper does not say how its embeddings became two-dimensional. \
Here they are L2-normalised, projected onto their own first two principal \
directions of the uncentred second moment, and normalised again to the unit \
circle; each model has a space of its own, so that the directions of two \
models are not the same. They hold this share of the second moment: {shares}."""
NONE_COMMON = """\
Not drawn: no fold and seed are common to all methods. Finish the trainings, \
or take the folder of a method away."""


def density_figure(path, runs, fold=None, seed=None, bandwidth=0.1, kappa=25):
    """Draw the density of one run's audio embeddings for each method.

    Arguments
    ---------
    path : str or pathlib.Path
        Of the figure, without a suffix: .png and .pdf are appended.
    runs : list of FinishedRun
        Of one protocol. Methods without audio are left out.
    fold : int, optional
        If none, the first that all methods have.
    seed : int, optional
        If none, the first that all methods have.
    bandwidth : float
        Of the Gaussian kernels.
    kappa : float
        Of the von Mises-Fisher kernels.

    Returns
    -------
    drawn : Drawn
        Without files if no method has audio, or no run is common to all.

    Raises
    ------
    InputError
        If there are no embeddings, or no run of the chosen fold and seed.

    Example
    -------
    >>> from turbo_sb.training.finished import FinishedRun
    >>> folder = getfixture("tmp_path")
    >>> np.savez(folder / "embeddings.npz", audio=np.eye(4, 3))
    >>> run = FinishedRun(folder, "turbo", {"uniformity_audio": -1.0})
    >>> drawn = density_figure(folder / "density", [run])
    >>> [file.name for file in drawn.files]
    ['density.png', 'density.pdf']
    """
    with_audio = [run for run in runs if "uniformity_audio" in run.metrics]
    if not with_audio:
        return Drawn([], "Not drawn: no run has audio embeddings.")
    chosen = common_runs(with_audio, fold, seed)
    if not chosen:
        return Drawn([], NONE_COMMON)
    planes = {method: _plane(run) for method, run in chosen.items()}
    densities = {
        method: gaussian_density(plane.points, bandwidth)
        for method, plane in planes.items()
    }
    rows, columns = grid_size(len(planes), COLUMNS)
    size = 0.9 + (WIDTH - 0.9) / COLUMNS * columns, 3.3 * rows
    with drawing(path, size) as figure:
        uppers, lowers = _panels(figure, len(planes), rows, columns)
        image = _draw_planes(uppers, densities)
        _draw_angles(lowers, planes, looks(run.method for run in runs), kappa)
        _draw_scale(figure, image, [*uppers, *lowers], rows)
    caption = CAPTION.format(
        bandwidth=bandwidth,
        kappa=kappa,
        run=next(iter(chosen.values())),
        shares=", ".join(_share(*item) for item in planes.items()),
    )
    return Drawn(figure_files(path), caption + _left_out(runs, chosen))


def _plane(run):
    """The run's audio embeddings in the plane; errors name the file."""
    path = run.folder / "embeddings.npz"
    found = run.embeddings()
    if "audio" not in found:
        raise InputError(
            f"{path}: expected the key audio, came {', '.join(found)}. Run it "
            "again, or take its folder out."
        )
    try:
        return to_plane(found["audio"])
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _panels(figure, count, rows, columns):
    """Pairs of panels, one above the other, row by row."""
    grid = figure.subplots(
        2 * rows, columns, squeeze=False, height_ratios=(1.75, 1) * rows
    )
    uppers, lowers = grid[::2].flatten(), grid[1::2].flatten()
    for unused in (*uppers[count:], *lowers[count:]):
        unused.remove()
    return uppers[:count], lowers[:count]


def _draw_planes(panels, densities):
    from matplotlib.colors import PowerNorm
    from matplotlib.patches import Circle

    highest = max(density.max() for _, density in densities.values())
    norm = PowerNorm(0.5, vmin=0, vmax=highest)
    for axes, (method, (_, density)) in zip(panels, densities.items()):
        image = axes.imshow(
            density,
            extent=(-LIMIT, LIMIT, -LIMIT, LIMIT),
            origin="lower",
            interpolation="bilinear",
            cmap="viridis",
            norm=norm,
        )
        circle = {"fill": False, "edgecolor": "white", "alpha": 0.5}
        axes.add_patch(Circle((0, 0), 1, linewidth=0.5, **circle))
        axes.set_title(wrap(method))
        axes.set(xticks=(-1, 0, 1), yticks=(-1, 0, 1))
        _label(axes, "first direction", "second direction")
    return image


def _draw_scale(figure, image, panels, rows):
    """The colours, beside the first row."""
    place = {"shrink": 0.5 / rows, "anchor": (0, 1), "aspect": 15}
    bar = figure.colorbar(image, ax=panels, **place)
    bar.set_label("density in the plane")
    bar.outline.set_linewidth(0.6)


def _draw_angles(panels, planes, styles, kappa):
    highest = 1 / np.pi
    for axes, (method, plane) in zip(panels, planes.items()):
        angles = angles_from_mean(plane.points)
        if len(angles):
            grid, density = angle_density(angles, kappa)
            highest = max(highest, density.max())
            colour = styles[method].colour
            axes.fill_between(grid, density, color=colour, alpha=0.35, lw=0)
            axes.plot(grid, density, color=colour, linewidth=1.2)
        axes.axhline(1 / (2 * np.pi), color="0.3", lw=0.7, linestyle="--")
        axes.set_xticks([-np.pi, 0, np.pi], ["−π", "0", "π"])
        axes.set_xlim(-np.pi, np.pi)
    for axes in panels:
        axes.set_ylim(0, 1.08 * highest)
        _label(axes, "angle from mean", "density")


def _label(axes, below, left):
    """Label the axes; only the first column says what is on the left."""
    axes.set_xlabel(below)
    if axes.get_subplotspec().is_first_col():
        axes.set_ylabel(left)
    else:
        axes.set_yticklabels([])


def _share(method, plane):
    """What the caption says of one method."""
    n = len(plane.points)
    text = f"{method} {100 * plane.share:.1f} % (n = {n:,}"
    at_origin = int((plane.points == 0).all(axis=1).sum())
    if at_origin:
        text += f", of which {at_origin:,} at the origin, without an angle"
    if plane.dropped:
        text += f"; {plane.dropped:,} that are not finite are left out"
    return text + ")"


def _left_out(runs, chosen):
    out = dict.fromkeys(r.method for r in runs if r.method not in chosen)
    return (
        f" Left out, for they have no audio: {', '.join(out)}." if out else ""
    )
