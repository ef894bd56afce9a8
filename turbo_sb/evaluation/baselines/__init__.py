"""What simple models reach: features of the signal, and words alone.

Authors
 * The turbo_sb developers 2026
"""

import lazy_loader

# A name is imported when it is used: what reads tables need not wait for torch.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "probe": ["report_probe"],
        "shortcut": [
            "read_shortcut",
            "report_shortcut",
            "shortcut_report",
            "shortcut_scores",
        ],
        "text_baseline": ["train_text_baseline"],
    },
)
