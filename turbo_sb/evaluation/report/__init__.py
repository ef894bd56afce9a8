"""Tables of finished runs, from the files that they left.

Authors
 * The turbo_sb developers 2026
"""

import lazy_loader

# A name is imported when it is used: --help need not wait for numpy.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "build": ["build_report"],
        "write": ["read_report", "write_report"],
    },
)
