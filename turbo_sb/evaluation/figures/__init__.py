"""Figures of finished runs, from the arrays that they left.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.evaluation.figures.confusion_figure import (
    confusion_figure,
    pooled_confusion,
)
from turbo_sb.evaluation.figures.curves import mean_curve
from turbo_sb.evaluation.figures.curves_figure import curves_figure
from turbo_sb.evaluation.figures.density import (
    angle_density,
    angles_from_mean,
    gaussian_density,
    to_plane,
)
from turbo_sb.evaluation.figures.density_figure import density_figure
from turbo_sb.evaluation.figures.draw_all import analyze
from turbo_sb.evaluation.figures.geometry_figure import geometry_figure

__all__ = [
    "analyze",
    "angle_density",
    "angles_from_mean",
    "confusion_figure",
    "curves_figure",
    "density_figure",
    "gaussian_density",
    "geometry_figure",
    "mean_curve",
    "pooled_confusion",
    "to_plane",
]
