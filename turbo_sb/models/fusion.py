"""The classifier's input: embeddings side by side, one of which may be missing.

Authors
 * The turbo_sb developers 2026
"""

import torch

from turbo_sb.utils.errors import InputError

PLACEHOLDERS = ("learnt", "zeros")


class Fusion(torch.nn.Module):
    """[h_a ; h_t], in which a placeholder stands for a modality that is not there.

    In training, with probability `rate` for each view and utterance, one of
    the modalities, each as likely, is taken for missing; never all of them.

    Behind this comes a linear classifier, W_m its columns for modality m:
    a learnt placeholder p_m adds W_m p_m to its bias, and is thus a bias of
    its own for each missing modality, and no more. `zeros` leaves the bias as
    it is. A learnt one begins as zeros: as the weights W_m are not zero, nor
    is its gradient, and it departs from what others recommend only as far as
    the training finds something better.

    Arguments
    ---------
    sizes : dict
        Modality name to the dimension of its embeddings.
    rate : float
        Share of the utterances that lack one in training, in [0, 1). With 0,
        there is nothing to learn a placeholder from: it is zeros.
    placeholder : str
        "learnt", a parameter for each modality, or "zeros".

    Example
    -------
    >>> fusion = Fusion({"audio": 2, "text": 3}, rate=0.3)
    >>> fusion({"audio": torch.ones(1, 1, 2)}).tolist()
    [[[1.0, 1.0, 0.0, 0.0, 0.0]]]
    >>> fusion.describe()
    {'modality_dropout': 0.3, 'placeholder': 'learnt'}
    """

    def __init__(self, sizes, rate=0.0, placeholder="learnt"):
        super().__init__()
        _check(sizes, rate, placeholder)
        self.sizes, self.rate = dict(sizes), rate
        self.placeholders = torch.nn.ParameterDict()
        if rate > 0 and placeholder == "learnt":
            for name, size in sizes.items():
                self.placeholders[name] = torch.zeros(size)

    def forward(self, views):
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

    def describe(self):
        """What a run's metrics.json says of it.

        Returns
        -------
        facts : dict
            ``modality_dropout`` and ``placeholder``, the one that is used.
        """
        used = "learnt" if self.placeholders else "zeros"
        return {"modality_dropout": self.rate, "placeholder": used}

    def _stand_in(self, name, like):
        """The placeholder, (views, batch, dim), for as many as `like` has."""
        if name in self.placeholders:
            vector = self.placeholders[name].to(like)  # also under autocast
        else:
            vector = like.new_zeros(self.sizes[name])
        return vector.expand(*like.shape[:2], -1)

    def _drop(self, views):
        """Replace one modality in a share of the rows.

        All rows are computed both ways, so that the host need not wait to
        know which, and a placeholder has a gradient, if of zeros, also where
        nothing was dropped, as DDP needs.
        """
        like = next(iter(views.values()))
        drawn = torch.rand(like.shape[:2], device=like.device)
        # 0 is the first modality, 1 the second, and all above is none.
        which = (drawn * (len(views) / self.rate)).floor()
        return {
            name: torch.where(
                (which == place)[..., None], self._stand_in(name, like), view
            )
            for place, (name, view) in enumerate(views.items())
        }


def _check(sizes, rate, placeholder):
    if not 0 <= rate < 1:
        raise InputError(f"modality_dropout: {rate} is not in [0, 1).")
    if placeholder not in PLACEHOLDERS:
        raise InputError(
            f"placeholder: {placeholder!r}: expected one of {PLACEHOLDERS}."
        )
    if rate > 0 and len(sizes) < 2:
        raise InputError(
            f"modality_dropout: {rate}: with modalities: {list(sizes)}, there "
            "is no other to go by where it is dropped. Use 0, or "
            "modalities: [audio, text]."
        )
