"""Many trainings: cross-validation, reports, figures, baselines.

Authors
 * The turbo_sb developers 2026
"""

import lazy_loader

# A name is imported when it is used: what reads tables need not wait for torch.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "jobs": ["Job", "run_jobs"],
        "progress": ["Progress"],
    },
)
