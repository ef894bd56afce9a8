"""Contrastive losses over views, and their joint loss with cross-entropy.

| paper | code | test |
|---|---|---|
| Eq. 2, 3: InfoNCE | `info_nce` | `tests/losses/test_infonce.py` |
| Eq. 4: the six terms | `turbo_terms`, `turbo_loss` | `tests/losses/test_turbo.py` |
| Eq. 6: the joint loss | `JointLoss` | `tests/losses/test_joint.py` |
"""

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
