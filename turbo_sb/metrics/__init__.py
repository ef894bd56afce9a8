"""Accuracies, detection errors, the geometry of embeddings; intervals and tests.

Authors
 * The turbo_sb developers 2026
"""

import lazy_loader

# A name is imported when it is used: what reads tables need not wait for torch.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "bootstrap": ["bootstrap_intervals", "resample"],
        "classification": [
            "confusion_matrix",
            "unweighted_accuracy",
            "weighted_accuracy",
        ],
        "detection": [
            "accuracy_at",
            "equal_error_rate",
            "false_accept_rate",
            "roc_auc",
        ],
        "error_rates": ["ErrorRates"],
        "geometry": ["alignment", "uniformity"],
        "scoring": ["Classification", "Detection"],
        "significance": ["bootstrap_p", "mcnemar"],
    },
)
