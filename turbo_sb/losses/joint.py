"""Cross-entropy and a contrastive loss together, Eq. 6 of the Turbo paper.

Authors
 * The turbo_sb developers 2026
"""

import torch
import torch.nn.functional as F

from turbo_sb.utils.errors import InputError

CE_VIEWS = (1, 2, "both", "random")
MASKS = (None, "id", "text")


def classification_loss(
    logits: torch.Tensor,
    targets: torch.Tensor,
    ce_view: int | str = 1,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
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
        On the host; draws the pass.

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
        Rows with the same "id" or the same "text" are not negatives of each
        other. The caller makes `ids` from it.

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
        self,
        contrastive: torch.nn.Module | None = None,
        lambda_ce: float = 0.5,
        ce_view: int | str = 1,
        mask_equal: str | None = None,
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
                f"lambda_ce: {lambda_ce} weighs a contrastive loss, and there "
                "is no contrastive loss. Use lambda_ce: 1."
            )
        self.contrastive = None if lambda_ce == 1 else contrastive
        self.lambda_ce = lambda_ce
        self.ce_view = ce_view
        self.mask_equal = mask_equal

    @property
    def n_views(self) -> int:
        """Number of dropout passes of a training step."""
        return 1 if self.contrastive is None else self.contrastive.n_views

    def forward(
        self,
        outputs: dict,
        targets: torch.Tensor,
        ids: torch.Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The joint loss and its terms.

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
