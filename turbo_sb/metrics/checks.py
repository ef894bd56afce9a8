"""Checks that several metrics share.

Authors
 * The turbo_sb developers 2026
"""

import numpy as np

from turbo_sb.utils.errors import InputError


def check_pairs(values, targets):
    """Raise an InputError unless there is one value a target, and one at all.

    Arguments
    ---------
    values : (n,) torch.Tensor or numpy.ndarray
        Predictions or scores.
    targets : (n,) torch.Tensor or numpy.ndarray
        What they should be.

    Raises
    ------
    InputError
        Naming both shapes.

    Example
    -------
    >>> import torch
    >>> check_pairs(torch.ones(2), torch.ones(3))
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: expected two lists of one length >= 1, not
    shapes (2,) and (3,).
    """
    if values.ndim != 1 or values.shape != targets.shape or not len(values):
        raise InputError(
            "expected two lists of one length >= 1, not shapes "
            f"{tuple(values.shape)} and {tuple(targets.shape)}."
        )


def checked_scores(scores, targets):
    """Scores as floats and targets as booleans, or an InputError.

    Arguments
    ---------
    scores : (n,) torch.Tensor or sequence of float
        Finite.
    targets : (n,) torch.Tensor or sequence of int
        1 or 0.

    Returns
    -------
    scores : (n,) numpy.ndarray
        float64.
    targets : (n,) numpy.ndarray
        bool.

    Raises
    ------
    InputError
        Naming the first value that is wrong, or both shapes.

    Example
    -------
    >>> checked_scores([1.5, 2.5], [0, 2])
    Traceback (most recent call last):
    ...
    turbo_sb.utils.errors.InputError: 1 of 2 targets are not 1 or 0, first
    targets[1]: 2.0.
    """
    scores = as_floats("scores", scores)
    targets = as_floats("targets", targets)
    check_pairs(scores, targets)
    _check_all("targets", targets, np.isin(targets, (0, 1)), "1 or 0")
    _check_all("scores", scores, np.isfinite(scores), "finite")
    return scores, targets == 1


def as_floats(name, values):
    """Convert what holds numbers to an array of float64.

    Arguments
    ---------
    name : str
        What an error calls the values.
    values : torch.Tensor or sequence of float
        On any device, of any number type.

    Returns
    -------
    values : numpy.ndarray
        float64, of the same shape.

    Raises
    ------
    InputError
        If these are not numbers.

    Example
    -------
    >>> import torch
    >>> as_floats("scores", torch.ones(2, dtype=torch.bfloat16))
    array([1., 1.])
    """
    if hasattr(values, "detach"):  # a tensor: torch is not needed to ask
        return values.detach().cpu().double().numpy()
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: expected numbers ({error}).") from error


def _check_all(name, values, good, expected):
    """Raise an InputError unless all are good, naming the first that is not."""
    if not good.all():
        first = int(np.argmin(good))
        raise InputError(
            f"{len(good) - int(good.sum())} of {len(good)} {name} are not "
            f"{expected}, first {name}[{first}]: {values[first]}."
        )
