"""Corpora and encoders made from nothing, and the demo that trains on them.

Authors
 * The turbo_sb developers 2026
"""

import lazy_loader

# A name is imported when it is used: --help need not wait for torch.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "__main__": ["main"],
        "directed_corpus": ["write_directed_corpus"],
        "emotion_corpus": ["write_corpus"],
        "encoders": ["build_encoders"],
    },
)
