"""Embeddings in the plane, and their density there and on the circle.

The maths of the paper's Figure 3, after Wang and Isola's of uniformity.

Authors
 * The turbo_sb developers 2026
"""

from typing import NamedTuple

import numpy as np
from scipy.special import i0e

from turbo_sb.utils.errors import InputError

LIMIT = 1.5  # the grid's edge, a half beyond the unit circle
TINY = 1e-6  # below this, single-precision embeddings hold rounding only


class Plane(NamedTuple):
    """Embeddings in two dimensions.

    ``points``, (n, 2), are on the unit circle, or at the origin where an
    embedding is orthogonal to both directions; ``share`` in [0, 1] is what
    the directions hold of the second moment; ``dropped`` counts the rows that
    were not finite.
    """

    points: np.ndarray
    share: float
    dropped: int


def to_plane(embeddings):
    """Project embeddings onto their two main directions, and the circle.

    The rows are put on the unit sphere, projected onto the first two
    eigenvectors of their second moment, and normalised again. The moment is
    not centred: centred, a collapsed cloud would look spread.

    Arguments
    ---------
    embeddings : (n, dim) numpy.ndarray
        Of any lengths, 0 included.

    Returns
    -------
    plane : Plane
        Its axes point so that the mean is not negative on either.

    Raises
    ------
    InputError
        If the shape is another, or no row is finite.

    Example
    -------
    >>> to_plane(np.array([[2.0, 0, 0], [0, 3, 0], [4, 0, 0]])).points.round(3)
    array([[1., 0.], [0., 1.], [1., 0.]])
    """
    embeddings = np.asarray(embeddings, dtype=np.float64)
    if embeddings.ndim != 2:
        raise InputError(
            f"embeddings: expected the shape (n, dim), not {embeddings.shape}."
        )
    finite = np.isfinite(embeddings).all(axis=1)
    if not finite.any():
        raise InputError(
            f"embeddings: none of {len(embeddings)} rows is finite. The "
            "training diverged: lower lr, and run it again."
        )
    rows = _unit(embeddings[finite])
    directions, share = _directions(rows)
    points = _unit(rows @ directions, least=TINY)
    points *= _signs(points.mean(axis=0), directions)
    return Plane(points, share, int((~finite).sum()))


def angles_from_mean(points):
    """Angles of points, measured from their mean direction.

    Arguments
    ---------
    points : (n, 2) numpy.ndarray
        Those at the origin have no angle, and are left out.

    Returns
    -------
    angles : (at most n,) numpy.ndarray
        In radians, in [-pi, pi). Where the mean has no direction, from the
        first axis.

    Example
    -------
    >>> angles_from_mean(np.array([[0.0, 1], [0, 0], [0, 1]])).round(3)
    array([0., 0.])
    """
    points = points[(points != 0).any(axis=1)]
    x, y = points.sum(axis=0)
    mean = np.arctan2(y, x) if np.hypot(x, y) > TINY * len(points) else 0.0
    angles = np.arctan2(points[:, 1], points[:, 0]) - mean
    return (angles + np.pi) % (2 * np.pi) - np.pi


def gaussian_density(points, bandwidth=0.1, size=151):
    """Kernel density in the plane, on a square grid; exact.

    Arguments
    ---------
    points : (n, 2) numpy.ndarray
        n >= 1.
    bandwidth : float
        Standard deviation of the round Gaussian kernel.
    size : int
        Grid points on a side, from -1.5 to 1.5.

    Returns
    -------
    grid : (size,) numpy.ndarray
        Of both axes.
    density : (size, size) numpy.ndarray
        Row: second coordinate; column: first.

    Raises
    ------
    InputError
        If there is no point, or the bandwidth is not positive.

    Example
    -------
    >>> grid, density = gaussian_density(np.zeros((1, 2)), bandwidth=1, size=3)
    >>> grid, density.round(3)
    (array([-1.5,  0. ,  1.5]), array([[0.017, 0.052, 0.017],
           [0.052, 0.159, 0.052],
           [0.017, 0.052, 0.017]]))
    """
    _check("points", points, bandwidth=bandwidth)
    grid = np.linspace(-LIMIT, LIMIT, size)
    # A round Gaussian is a product over the axes, so that the sum over the
    # points is a matrix product: (size, n) by (n, size).
    offsets = (grid[:, None, None] - points) / bandwidth  # (size, n, 2)
    x, y = np.moveaxis(np.exp(-0.5 * offsets**2), -1, 0)
    return grid, y @ x.T / (2 * np.pi * bandwidth**2 * len(points))


def angle_density(angles, kappa=25, size=361):
    """Kernel density on the circle, with von Mises-Fisher kernels; exact.

    Arguments
    ---------
    angles : (n,) numpy.ndarray
        In radians, n >= 1.
    kappa : float
        Concentration of the kernel.
    size : int
        Points from -pi to pi.

    Returns
    -------
    grid : (size,) numpy.ndarray
        In radians.
    density : (size,) numpy.ndarray
        Per radian; 1 / (2 pi) where the angles are uniform.

    Raises
    ------
    InputError
        If there is no angle, or kappa is not positive.

    Example
    -------
    >>> grid, density = angle_density(np.zeros(1), size=3)
    >>> density.round(2)
    array([0.  , 1.98, 0.  ])
    """
    _check("angles", angles, kappa=kappa)
    grid = np.linspace(-np.pi, np.pi, size)
    cosines = np.cos(grid[:, None] - angles)  # (size, n)
    # exp(kappa cos) and I0(kappa) overflow; both over exp(kappa) do not.
    kernels = np.exp(kappa * (cosines - 1)) / (2 * np.pi * i0e(kappa))
    return grid, kernels.mean(axis=1)


def _unit(rows, least=0.0):
    """Rows of length 1; those not longer than `least` become 0."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    short = lengths <= least
    return np.where(short, 0.0, rows / np.where(short, 1.0, lengths))


def _directions(rows):
    """The first two eigenvectors, (dim, 2), and the share that they hold."""
    values, vectors = np.linalg.eigh(rows.T @ rows)  # rising
    directions = np.zeros((rows.shape[1], 2))
    main = vectors[:, :-3:-1]
    directions[:, : main.shape[1]] = main  # one dimension has one only
    total = values.sum()
    share = values[-2:].sum() / total if total > 0 else 0.0
    return directions, float(share)


def _signs(mean, directions):
    """What turns the mean to the positive side: eigenvectors have no sign.

    Where the mean is 0, the direction's largest coordinate decides.
    """
    largest = directions[np.abs(directions).argmax(axis=0), [0, 1]]
    decides = np.where(np.abs(mean) > TINY, mean, largest)
    return np.where(decides < 0, -1.0, 1.0)


def _check(name, values, **positive):
    if not len(values):
        raise InputError(f"{name}: expected at least one, came none.")
    for key, value in positive.items():
        if not value > 0:
            raise InputError(f"{key}: {value} is not above 0.")
