"""Accuracies, detection errors, and the geometry of embeddings."""

from turbo_sb.metrics.classification import (
    confusion_matrix,
    unweighted_accuracy,
    weighted_accuracy,
)
from turbo_sb.metrics.detection import (
    accuracy_at,
    equal_error_rate,
    false_accept_rate,
    roc_auc,
)
from turbo_sb.metrics.error_rates import ErrorRates
from turbo_sb.metrics.geometry import alignment, uniformity

__all__ = [
    "ErrorRates",
    "accuracy_at",
    "alignment",
    "confusion_matrix",
    "equal_error_rate",
    "false_accept_rate",
    "roc_auc",
    "uniformity",
    "unweighted_accuracy",
    "weighted_accuracy",
]
