"""Synthetic scores of a detector."""

import numpy as np


def draw(n=60, distance=0.8, decimals=9, seed=0):
    """Normal scores of two classes; few decimals give many ties."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 2, size=n)
    return (rng.normal(size=n) + distance * targets).round(decimals), targets
