"""Figures of finished runs, from the arrays that they left.

Authors
 * The turbo_sb developers 2026
"""

import lazy_loader

# A name is imported when it is used: --help need not wait for numpy.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "alignment_uniformity": ["geometry_figure"],
        "confusion_figure": ["confusion_figure"],
        "density": ["density_figure"],
        "draw_all": ["analyze"],
        "learning_curves": ["curves_figure"],
    },
)
