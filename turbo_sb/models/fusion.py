"""The classifier's input: embeddings side by side, one of which may be missing.

Authors
 * The turbo_sb developers 2026
"""

import torch

from turbo_sb.utils.errors import InputError


class Fusion(torch.nn.Module):
    """[h_a ; h_t], with zeros for a modality that is missing.

    In training, with probability `rate` for each view and utterance, one
    modality is replaced by zeros, each as likely as the others; never all.

    Arguments
    ---------
    sizes : dict
        Modality name to the dimension of its embeddings.
    rate : float
        Share of the utterances that lack one modality in training, in [0, 1).

    Example
    -------
    >>> fusion = Fusion({"audio": 2, "text": 3}, rate=0.3)
    >>> fusion({"audio": torch.ones(1, 1, 2)}).tolist()
    [[[1.0, 1.0, 0.0, 0.0, 0.0]]]
    >>> fusion.describe()
    {'modality_dropout': 0.3}
    """

    def __init__(self, sizes: dict[str, int], rate: float = 0.0):
        super().__init__()
        if not 0 <= rate < 1:
            raise InputError(f"modality_dropout: {rate} is not in [0, 1).")
        if rate > 0 and len(sizes) < 2:
            raise InputError(
                f"modality_dropout: {rate} drops one modality of several, and "
                f"the model has only {list(sizes)}. Use 0, or "
                "modalities: [audio, text]."
            )
        self.sizes, self.rate = dict(sizes), rate
        self.placeholders = None
        self.register_load_state_dict_pre_hook(_adopt)

    def forward(self, views: dict[str, torch.Tensor]) -> torch.Tensor:
        """Put the modalities side by side.

        Arguments
        ---------
        views : dict
            Modality name to (views, batch, dim) torch.Tensor; one that is not
            in it is missing.

        Returns
        -------
        joint : (views, batch, sum of dims) torch.Tensor
        """
        if self.training and self.rate > 0 and len(views) == len(self.sizes):
            views = self._drop(views)
        like = next(iter(views.values()))
        parts = [
            views[name] if name in views else self._stand_in(name, like)
            for name in self.sizes
        ]
        return torch.cat(parts, dim=-1)

    def adopt_placeholders(self, weights: dict, prefix: str = "") -> None:
        """Keep what models of earlier versions learnt in place of zeros.

        Arguments
        ---------
        weights : dict
            Of such a model, or of any other, which changes nothing.
        prefix : str
            Of this module's names in it.
        """
        learnt = torch.nn.Module()
        for name in self.sizes:
            found = weights.get(f"{prefix}placeholders.{name}")
            if found is not None:
                learnt.register_buffer(name, found.clone())
        self.placeholders = learnt if learnt.state_dict() else None

    def _stand_in(self, name, like):
        """Zeros, (views, batch, dim), for as many rows as `like` has."""
        zeros = like.new_zeros(*like.shape[:2], self.sizes[name])
        learnt = getattr(self.placeholders, name, None)
        return zeros if learnt is None else zeros + learnt.to(like)

    def describe(self) -> dict[str, float]:
        """The settings that a run's metrics.json and an export have."""
        return {"modality_dropout": self.rate}

    def _drop(self, views):
        """Replace one modality in a share of the rows.

        All rows are computed both ways, so that the host need not wait for
        the device to know which.
        """
        like = next(iter(views.values()))
        drawn = torch.rand(like.shape[:2], device=like.device)
        # 0 drops the first modality, 1 the second; higher numbers drop none.
        which = (drawn * (len(views) / self.rate)).floor()
        return {
            name: torch.where(
                (which == place)[..., None], self._stand_in(name, like), view
            )
            for place, (name, view) in enumerate(views.items())
        }


def _adopt(module, weights, prefix, *_):
    """Let torch find a place for placeholders, before it loads them."""
    module.adopt_placeholders(weights, prefix)
