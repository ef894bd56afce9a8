"""Standardise embeddings by the statistics of a training set.

Any two utterances of some encoders have nearly the same embedding, up to what
all have in common, and a projection of small random weights keeps it so. The
statistics are constants: an utterance still does not depend on its batch.

Authors
 * The turbo_sb developers 2026
"""

import torch

from turbo_sb.utils.errors import InputError

# A standard deviation below this part of the mean is rounding in float32.
ROUNDING = 1e-6


class FeatureNorm(torch.nn.Module):
    """(e - mean) / std of each feature; the identity until `fit`.

    Arguments
    ---------
    dim : int
        Number of features.

    Example
    -------
    >>> norm = FeatureNorm(2)
    >>> norm.fit(torch.tensor([[1.0, 5.0], [3.0, 5.0]]))
    1
    >>> norm(torch.tensor([[3.0, 6.0]])).tolist()
    [[1.0, 1.0]]
    """

    def __init__(self, dim: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("std", torch.ones(dim))

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Standardise embeddings.

        Arguments
        ---------
        embeddings : (..., dim) torch.Tensor

        Returns
        -------
        standardised : (..., dim) torch.Tensor
        """
        return (embeddings - self.mean) / self.std

    def fit(self, embeddings: torch.Tensor) -> int:
        """Take the mean and standard deviation, computed in float64.

        Arguments
        ---------
        embeddings : (n, dim) torch.Tensor
            Of the training set.

        Returns
        -------
        constant : int
            Number of features that are constant, and divided by 1.

        Raises
        ------
        InputError
            If all of them are.
        """
        rows = embeddings.detach().cpu().double()
        mean, std = rows.mean(dim=0), rows.std(dim=0, correction=0)
        constant = std <= ROUNDING * mean.abs()
        if constant.all():
            raise InputError(
                f"the encoder gives the same embedding for all {len(rows)} "
                "training utterances."
            )
        self.mean.copy_(mean)
        self.std.copy_(std.masked_fill(constant, 1))
        return int(constant.sum())


def find_normed(feature_norm: object, encoders: dict) -> list[str]:
    """The modalities that are standardised, by the setting and the families."""
    if feature_norm == "auto":
        return [k for k, own in encoders.items() if own.family.feature_norm]
    if isinstance(feature_norm, bool):
        return list(encoders) if feature_norm else []
    if isinstance(feature_norm, list | tuple) and set(feature_norm) <= set(
        encoders
    ):
        return [name for name in encoders if name in feature_norm]
    raise InputError(
        f"feature_norm: {feature_norm!r}: expected auto, True, False, or some "
        f"of {list(encoders)}."
    )
