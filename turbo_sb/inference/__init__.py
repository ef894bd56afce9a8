"""From a training's folder to predictions: export, load, classify, a page.

Authors
 * The turbo_sb developers 2026
"""

import lazy_loader

# A name is imported when it is used: reading tables need not wait for torch.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "classifier": ["TurboClassifier"],
        "export": ["export_run", "write_export"],
        "export_format": ["read_export"],
        "prediction": ["Prediction", "predict"],
        "utterances": ["Utterance", "find_utterances"],
    },
)
