"""Contrastive losses over views, and their joint loss with cross-entropy."""

from turbo_sb.losses.infonce import info_nce
from turbo_sb.losses.joint import JointLoss, classification_loss
from turbo_sb.losses.turbo import (
    CrossModalLoss,
    TurboLoss,
    turbo_loss,
    turbo_terms,
)

__all__ = [
    "CrossModalLoss",
    "JointLoss",
    "TurboLoss",
    "classification_loss",
    "info_nce",
    "turbo_loss",
    "turbo_terms",
]
