"""Contrastive losses between embeddings of one or several modalities.

InfoNCE with in-batch negatives, and its sum over dropout views as in: Zhang,
Liu, Liu, Wang, Gao, Li: "Turbo your multi-modal classification with
contrastive learning", 2024.

Authors
 * The turbo_sb developers 2026
"""

from itertools import combinations

import torch
import torch.nn as nn
import torch.nn.functional as F


def info_nce(anchors, positives, temperature=0.07, symmetric=False, ids=None):
    """InfoNCE: finds the positive of each anchor among the batch's rows.

    Row i of ``positives`` is the positive of row i of ``anchors``; the other
    rows are its negatives. Similarities are cosines, computed in float32 also
    under autocast.

    Arguments
    ---------
    anchors : torch.Tensor
        Embeddings, of shape (batch, dim).
    positives : torch.Tensor
        Embeddings, of shape (batch, dim).
    temperature : float
        Divides the similarities; > 0.
    symmetric : bool
        If True, both directions are averaged, as in CLIP and CLAP.
    ids : torch.Tensor
        If given, of shape (batch,): rows with equal ids are not negatives of
        each other.

    Returns
    -------
    loss : torch.Tensor
        The mean over the batch, of shape (): 0 for a batch of one, log(batch)
        if no row differs from another.

    Example
    -------
    >>> same = torch.ones(4, 2)
    >>> info_nce(same, same, temperature=0.1)
    tensor(1.3863)
    >>> ids = torch.tensor([1, 1, 1, 2])
    >>> info_nce(same, same, ids=ids)  # log(2) thrice and log(4), averaged
    tensor(0.8664)
    """
    if anchors.dim() != 2 or anchors.shape != positives.shape:
        raise ValueError(
            "expected anchors and positives of one shape (batch, dim), got "
            f"{tuple(anchors.shape)} and {tuple(positives.shape)}"
        )
    if temperature <= 0:
        raise ValueError(f"expected a temperature > 0, got {temperature}")
    with torch.autocast(anchors.device.type, enabled=False):
        dtype = torch.promote_types(anchors.dtype, torch.float32)
        anchors = F.normalize(anchors.to(dtype), dim=-1)
        positives = F.normalize(positives.to(dtype), dim=-1)
        logits = anchors @ positives.t() / temperature  # (batch, batch)
        if ids is not None:
            same = (ids[:, None] == ids[None, :]).fill_diagonal_(False)
            logits = logits.masked_fill(same, -torch.inf)
        targets = torch.arange(len(logits), device=logits.device)
        loss = F.cross_entropy(logits, targets)
        if symmetric:
            loss = (loss + F.cross_entropy(logits.t(), targets)) / 2
    return loss


def view_pairs(views):
    """Names every pair of views whose rows belong together.

    Arguments
    ---------
    views : dict
        Maps a modality to its views, each a torch.Tensor of shape
        (batch, dim): one for each pass with another dropout mask.

    Returns
    -------
    pairs : dict
        Maps a pair's name to (anchors, positives): first the pairs within each
        modality, then those across modalities.

    Example
    -------
    >>> a = torch.rand(2, 3, 4)  # two views of three utterances
    >>> list(view_pairs({"audio": a, "text": a}))[:3]
    ['in/audio1-2', 'in/text1-2', 'cross/audio1-text1']
    """
    pairs = {}
    for name, own in views.items():
        for i, j in combinations(range(len(own)), 2):
            pairs[f"in/{name}{i + 1}-{j + 1}"] = (own[i], own[j])
    for first, second in combinations(views, 2):
        for i, anchors in enumerate(views[first], start=1):
            for j, positives in enumerate(views[second], start=1):
                pairs[f"cross/{first}{i}-{second}{j}"] = (anchors, positives)
    return pairs


class TurboLoss(nn.Module):
    """The sum of InfoNCE over all pairs of views, Eq. 4 of the Turbo paper.

    Two modalities of two views give its six terms, and of one view the
    cross-modal loss of CLIP and CLAP (with ``symmetric=True``).

    Arguments
    ---------
    temperature : float
        Divides the similarities; > 0. The paper does not say.
    symmetric : bool
        If True, each term averages both directions.

    Example
    -------
    >>> same = torch.ones(2, 4, 3)
    >>> compute_loss = TurboLoss()
    >>> compute_loss({"audio": same, "text": same})  # 6 log(4)
    tensor(8.3178)
    """

    def __init__(self, temperature=0.07, symmetric=False):
        super().__init__()
        self.temperature = temperature
        self.symmetric = symmetric

    def forward(self, views, ids=None):
        """Computes the loss.

        Arguments
        ---------
        views : dict
            Maps a modality to its views; see `view_pairs`.
        ids : torch.Tensor
            As in `info_nce`.

        Returns
        -------
        loss : torch.Tensor
            Of shape ().
        """
        pairs = view_pairs(views)
        if not pairs:
            raise ValueError(
                "expected two views of a modality or two modalities"
            )
        return sum(
            info_nce(*pair, self.temperature, self.symmetric, ids)
            for pair in pairs.values()
        )
