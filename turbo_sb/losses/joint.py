"""Cross-entropy and a contrastive loss together, Eq. 6 of the Turbo paper.

Authors
 * The turbo_sb developers 2026
"""

import torch
import torch.nn.functional as F

from turbo_sb.utils.errors import InputError

CE_VIEWS = (1, 2, "both", "random")
MASKS = (None, "id", "text")


def classification_loss(logits, targets, ce_view=1, generator=None):
    """Cross-entropy of the pass that feeds the classifier, Eq. 5.

    Arguments
    ---------
    logits : (views, batch, classes) torch.Tensor
        View k pairs pass k of each modality.
    targets : (batch,) torch.Tensor
        Class indices.
    ce_view : int or str
        1 or 2, "both" for the mean over the passes, "random" for a pass
        drawn for each batch. The paper: "each pair can be chosen".
    generator : torch.Generator, optional
        Draws the pass; on the host, for on a device, the number would have to
        be fetched back in the middle of the step.

    Returns
    -------
    loss : () torch.Tensor
        In nats.

    Example
    -------
    >>> logits = torch.zeros(2, 3, 4)
    >>> classification_loss(logits, torch.tensor([0, 1, 2]), ce_view="both")
    tensor(1.3863)
    """
    if ce_view == "random":
        drawn = torch.randint(1, len(logits) + 1, (), generator=generator)
        ce_view = int(drawn)
    if ce_view != "both" and len(logits) > 1:
        logits = logits[ce_view - 1].unsqueeze(0)
    views, batch, classes = logits.shape
    dtype = torch.promote_types(logits.dtype, torch.float32)
    flat = logits.reshape(views * batch, classes).to(dtype)
    return F.cross_entropy(flat, targets.repeat(views))


class JointLoss(torch.nn.Module):
    """lambda_ce * CE + (1 - lambda_ce) * contrastive.

    Arguments
    ---------
    contrastive : torch.nn.Module, optional
        `TurboLoss`, `CrossModalLoss`, or any module with ``n_views`` and
        ``terms(views, ids)``. None trains on CE alone.
    lambda_ce : float
        Weight of the cross-entropy, in [0, 1]. With 1, no contrastive term
        is computed and no second pass is run.
    ce_view : int or str
        As in `classification_loss`.
    mask_equal : str, optional
        Whose equality takes two rows of a batch off each other's negatives:
        "id" or "text". Whoever calls the loss makes the ids from it.

    Example
    -------
    >>> from turbo_sb.losses import TurboLoss
    >>> joint = JointLoss(TurboLoss(), lambda_ce=0.5)
    >>> joint.n_views
    2
    >>> outputs = {
    ...     "logits": torch.zeros(2, 3, 4),
    ...     "views": {"audio": torch.ones(2, 3, 5), "text": torch.ones(2, 3, 5)},
    ... }
    >>> loss, terms = joint(outputs, torch.tensor([0, 1, 2]))
    >>> loss
    tensor(3.9890)
    >>> list(terms)[:2]
    ['ce', 'in/audio']
    """

    def __init__(
        self, contrastive=None, lambda_ce=0.5, ce_view=1, mask_equal=None
    ):
        super().__init__()
        if not 0 <= lambda_ce <= 1:
            raise InputError(f"lambda_ce: {lambda_ce} is not in [0, 1].")
        if ce_view not in CE_VIEWS:
            raise InputError(f"ce_view: {ce_view!r} is not one of {CE_VIEWS}.")
        if mask_equal not in MASKS:
            raise InputError(
                f"mask_equal: {mask_equal!r} is not one of {MASKS}."
            )
        if contrastive is None and lambda_ce != 1:
            raise InputError(
                f"lambda_ce: {lambda_ce} weighs a contrastive loss, and none "
                "is given. Use lambda_ce: 1."
            )
        self.contrastive = None if lambda_ce == 1 else contrastive
        self.lambda_ce = lambda_ce
        self.ce_view = ce_view
        self.mask_equal = mask_equal

    @property
    def n_views(self):
        """How many passes a training step takes."""
        return 1 if self.contrastive is None else self.contrastive.n_views

    def forward(self, outputs, targets, ids=None, generator=None):
        """The joint loss and what it is made of.

        Arguments
        ---------
        outputs : dict
            ``logits``, (views, batch, classes) torch.Tensor, and ``views``,
            modality name to (views, batch, dim) torch.Tensor.
        targets : (batch,) torch.Tensor
            Class indices.
        ids : (batch,) torch.Tensor, optional
            Rows with equal ids are not negatives of each other.
        generator : torch.Generator, optional
            As in `classification_loss`.

        Returns
        -------
        loss : () torch.Tensor
            The joint loss, in nats.
        terms : dict
            "ce" and each contrastive term, detached, before lambda.
        """
        ce = classification_loss(
            outputs["logits"], targets, self.ce_view, generator
        )
        terms = {"ce": ce}
        loss = self.lambda_ce * ce
        if self.contrastive is not None:
            terms.update(self.contrastive.terms(outputs["views"], ids))
            auxiliary = sum(terms[name] for name in terms if name != "ce")
            loss = loss + (1 - self.lambda_ce) * auxiliary
        return loss, {name: term.detach() for name, term in terms.items()}
