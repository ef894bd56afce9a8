"""Settings that would train on nothing, or learn nothing.

Authors
 * The turbo_sb developers 2026
"""

import speechbrain as sb

from turbo_sb.utils.distributed import world_size
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.logs import get_logger

logger = get_logger(__name__)


def check_run(
    brain: sb.Brain, modalities: list[str], n_train: int, batch_size: int
) -> None:
    """Reject settings that would train on nothing or learn nothing.

    Arguments
    ---------
    brain : TurboBrain
        Has the loss, and SpeechBrain's run options.
    modalities : list of str
        That the model has.
    n_train : int
        Number of training utterances.
    batch_size : int
        Of all processes together.

    Raises
    ------
    InputError
        For a batch without negatives, an epoch without a step, and a
        gradient norm that is not positive.
    """
    check_shares(batch_size)
    check_loss(brain.hparams.loss, list(modalities), batch_size)
    check_trained(brain.hparams)
    check_batches(n_train, batch_size, brain.grad_accumulation_factor)
    if brain.grad_accumulation_factor > 1 and brain.hparams.loss.contrastive:
        logger.warning(
            f"grad_accumulation_factor: {brain.grad_accumulation_factor}: the "
            f"negatives are those of each batch of {batch_size} alone, which "
            "is another loss than that of one large batch. With "
            "--recompute=True, a large batch takes the memory of a chunk of it."
        )
    # SpeechBrain would climb the loss with a negative one.
    if not brain.max_grad_norm > 0:
        raise InputError(
            f"max_grad_norm: {brain.max_grad_norm} is not > 0. Use a very "
            "large value to disable clipping."
        )


def check_shares(batch_size) -> None:
    """Each process needs an utterance of each batch."""
    if batch_size < world_size():
        raise InputError(
            f"batch_size: {batch_size} is of all {world_size()} processes "
            "together, and leaves some of them without an utterance. Use a "
            "larger one, or batch_size_per_process."
        )


def check_loss(loss, modalities, batch_size) -> None:
    """A contrastive loss needs pairs and negatives."""
    if loss.contrastive is None:
        return
    if batch_size < 2:
        raise InputError(
            f"batch_size: {batch_size}. A contrastive loss takes its "
            "negatives from the batch and needs at least 2; the paper has 64."
        )
    if len(modalities) < 2 and loss.n_views < 2:
        raise InputError(
            f"modalities: {modalities}: one pass of one modality has nothing "
            "to contrast. Use vanilla.yaml or turbo.yaml, or both modalities."
        )


def check_trained(hparams) -> None:
    """With lambda_ce: 0, the classifier is not trained."""
    if hparams.loss.lambda_ce:
        return
    model = hparams.model
    parts = [*model.encoders.parameters(), *model.projections.parameters()]
    if not any(parameter.requires_grad for parameter in parts):
        raise InputError(
            "frozen_layers: all leaves nothing to train: with lambda_ce: 0 the "
            "classifier gets no gradient, and there is no projection. Use "
            "--projection=True, a larger --lambda_ce, or fewer frozen layers."
        )


def check_batches(n_train, batch_size, accumulated) -> None:
    """An epoch needs at least one step."""
    if n_train < batch_size:
        raise InputError(
            f"batch_size: {batch_size}, of all processes together, is more "
            f"than the {n_train} training utterances. Incomplete batches are "
            "dropped, so there would be no step: use a smaller batch_size."
        )
    if n_train // batch_size < accumulated:
        raise InputError(
            f"grad_accumulation_factor: {accumulated} is more than the "
            f"{n_train // batch_size} batches of an epoch, and what is left of "
            "them at its end is dropped, so there would be no step."
        )
