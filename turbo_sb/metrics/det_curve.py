"""DET curves in numbers: points, limits and ticks of normal-deviate axes.

Authors
 * The turbo_sb developers 2026
"""

from typing import NamedTuple

import numpy as np

from turbo_sb.metrics import ErrorRates

# In %, those wanted most first: whichever has no room is left out.
TICKS = (
    *(1, 10, 40, 0.1, 5, 20, 60, 2, 80, 90, 99, 0.01, 0.001, 0.0001, 99.9),
    *(0.5, 95, 98, 0.2, 99.99, 99.5),
)
# Width of a letter, and of the gap between labels, in widths of the axes.
LETTER, GAP = 0.022, 0.02
USUAL_LIMITS = (0.001, 0.6)  # rates: without a curve; the upper is the least
ABOVE_EER = 1.3  # least height of the axes above the worst EER, in deviates
MARGIN = 0.1  # below the lowest rate, in deviates
LONG = 0.05  # a straight line in the rates shows its bend from this length
CELL = 1 / 500  # what no eye can see: half a printed dot at 3 cm a deviate


class DetCurve(NamedTuple):
    """Points in normal deviates, (points, 2): false accepts and misses.

    ``inner`` is where both errors occur and neither is all there is; it has no
    point if a threshold makes no error, or none but errors. ``ends`` are the
    straight lines before and after it, ``eer`` is a share in [0, 1], and ``n``
    counts the utterances.
    """

    inner: np.ndarray
    ends: tuple
    eer: float
    n: int


def det_curve(scores, targets):
    """The DET curve of a detector, without points that no eye can see.

    Between operating points the curve is linear in the rates, as for the EER.
    A rate of 0 has no normal deviate, nor has 1: it is drawn at half an
    utterance, 0.5 / n of its class, or at the EER where that is lower.

    Arguments
    ---------
    scores : (n,) torch.Tensor or sequence of float
        Finite; higher means more probably a target.
    targets : (n,) torch.Tensor or sequence of int
        1 for a target (device-directed), 0 for the rest; both occur.

    Returns
    -------
    curve : DetCurve

    Example
    -------
    >>> curve = det_curve([4, 3, 2, 1], [1, 0, 1, 0])
    >>> curve.inner.round(2).tolist()
    [[-0.67, 0.0], [0.0, 0.0], [0.0, -0.67]]
    """
    sweep = ErrorRates(scores, targets)
    n = sweep.n_target + sweep.n_other
    eer, _ = sweep.eer()
    _, miss, false = sweep.rates()
    rates = np.stack([false, miss], axis=1)
    start, stop = _inner_range(rates)
    if stop == start:
        return DetCurve(np.empty((0, 2)), (), eer, n)
    half = 0.5 / np.array([sweep.n_other, sweep.n_target])
    limits = np.minimum(half, eer), np.maximum(1 - half, eer)
    inner = _thin(_bent(rates[start:stop], limits))
    ends = rates[[0, start]], rates[[stop - 1, -1]]
    ends = tuple(normal_deviate(end.clip(*limits)) for end in ends)
    return DetCurve(inner, ends, eer, n)


def normal_deviate(rates):
    """The normal quantile of each rate: the axes' scale.

    Arguments
    ---------
    rates : float or numpy.ndarray
        Above 0 and below 1.

    Returns
    -------
    deviates : numpy.ndarray
        float64.

    Example
    -------
    >>> normal_deviate([0.5, 0.975]).round(2)
    array([0.  , 1.96])
    """
    import torch  # Here: a scoring can be had without it.

    rates = np.asarray(rates, dtype=np.float64)
    return torch.special.ndtri(torch.tensor(rates)).numpy()


def axis_limits(curves):
    """From the lowest rates in sight to well above the worst EER.

    Arguments
    ---------
    curves : iterable of DetCurve
        All that are drawn together.

    Returns
    -------
    low : float
        Of both axes, in normal deviates.
    high : float
        Of both axes, at least the deviate of 60 %.

    Example
    -------
    >>> low, high = axis_limits([det_curve([4, 3, 2, 1], [1, 1, 0, 0])])
    >>> round(low, 2), round(high, 2)
    (-3.09, 0.25)
    """
    curves = [curve for curve in curves if len(curve.inner)]
    eers = [float(normal_deviate(curve.eer)) for curve in curves]
    usual = normal_deviate(USUAL_LIMITS)
    if not curves:
        return tuple(usual.tolist())
    high = max(usual[1], max(eers) + ABOVE_EER)
    low = min(eers)
    for curve in curves:
        seen = (curve.inner <= high).all(axis=1)
        low = min(low, curve.inner[seen].min(initial=low))
    return float(low - MARGIN), float(high)


def axis_ticks(low, high):
    """The ticks that fit between the limits without touching.

    Arguments
    ---------
    low : float
        In normal deviates.
    high : float
        In normal deviates.

    Returns
    -------
    ticks : list of float
        In %, rising.

    Example
    -------
    >>> axis_ticks(-3.1, 0.3)
    [0.1, 0.5, 1, 2, 5, 10, 20, 40, 60]
    """
    chosen = {}
    for percent in TICKS:
        place = (float(normal_deviate(percent / 100)) - low) / (high - low)
        own = len(f"{percent:g}")
        fits = all(
            abs(place - other) > LETTER * (own + len(f"{tick:g}")) / 2 + GAP
            for tick, other in chosen.items()
        )
        if 0 <= place <= 1 and fits:
            chosen[percent] = place
    return sorted(chosen)


def _inner_range(rates):
    """The first point and the end of those that inner segments join.

    A segment on which a rate stays 0 or 1 is not inner. The rates being
    monotone, the inner ones are in one piece.
    """
    stays = rates[1:] == rates[:-1]
    extreme = (rates[1:] == 0) | (rates[1:] == 1)
    inner = np.flatnonzero(~(stays & extreme).any(axis=1))
    return (inner[0], inner[-1] + 2) if len(inner) else (0, 0)


def _bent(rates, limits):
    """Normal deviates, with points on long slanted lines, which bend."""
    import torch

    points = normal_deviate(rates.clip(*limits))
    steps = np.abs(np.diff(points, axis=0))
    long = np.flatnonzero((steps > 0).all(axis=1) & (steps > LONG).any(axis=1))
    # Dense at both ends, where the axes stretch.
    parts = torch.special.ndtr(torch.linspace(-4, 4, 81).double()).numpy()
    starts, ends = rates[long, None], rates[long + 1, None]
    between = starts + parts[:, None] * (ends - starts)  # (long, parts, 2)
    between = normal_deviate(between.reshape(-1, 2).clip(*limits))
    return np.insert(points, np.repeat(long + 1, len(parts)), between, axis=0)


def _thin(points):
    """Of the points in a cell of a fine grid, the first and the last."""
    cells = np.floor(points / CELL)
    new = (cells[1:] != cells[:-1]).any(axis=1)
    return points[np.append(True, new) | np.append(new, True)]
