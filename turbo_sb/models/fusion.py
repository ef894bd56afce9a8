"""The classifier's input: embeddings side by side, one of which may be missing.

Authors
 * The turbo_sb developers 2026
"""

from collections.abc import Iterable

import torch

from turbo_sb.utils.errors import InputError

OLD_WEIGHTS = "placeholders."


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
        self.register_load_state_dict_pre_hook(_refuse_old_checkpoint)

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
            views[name]
            if name in views
            else like.new_zeros(*like.shape[:2], size)
            for name, size in self.sizes.items()
        ]
        return torch.cat(parts, dim=-1)

    def describe(self) -> dict[str, float]:
        """The settings that a run's metrics.json and an export have."""
        return {"modality_dropout": self.rate}

    def _drop(self, views):
        """Replace one modality by zeros in a share of the rows.

        All rows are computed both ways, so that the host need not wait for
        the device to know which.
        """
        like = next(iter(views.values()))
        drawn = torch.rand(like.shape[:2], device=like.device)
        # 0 drops the first modality, 1 the second; higher numbers drop none.
        which = (drawn * (len(views) / self.rate)).floor()
        return {
            name: view.masked_fill((which == place)[..., None], 0)
            for place, (name, view) in enumerate(views.items())
        }


def refuse_old_weights(names: Iterable[str], source: object) -> None:
    """Reject weights of a placeholder that was learnt, until version 0.1.0."""
    found = sorted(name for name in names if OLD_WEIGHTS in name)
    if found:
        raise InputError(
            f"{source}: has the weights {', '.join(found)}: it was trained "
            "with placeholder: learnt, which this version of turbo_sb does not "
            "have (zeros did as well). Train it again, or use turbo_sb 0.1.0."
        )


def _refuse_old_checkpoint(module, weights, *_):
    refuse_old_weights(weights, "the checkpoint")
