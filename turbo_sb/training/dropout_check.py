"""Whether encoders survive their dropout, and two views differ by it.

An encoder that was trained without dropout may embed nothing with it. What is
trained on such embeddings is of no use for those of evaluation mode.

Authors
 * The turbo_sb developers 2026
"""

import speechbrain as sb
import torch
import torch.nn.functional as F

from turbo_sb.data.dataset import collate_with
from turbo_sb.models.feature_norm import ROUNDING
from turbo_sb.utils.distributed import on_main
from turbo_sb.utils.logs import get_logger
from turbo_sb.utils.seeding import forked_draws, seed_all

logger = get_logger(__name__)

MOST = 32  # utterances that are embedded


def check_dropout(brain: sb.Brain, dataset, pad_id: int) -> None:
    """Warn, before a training, of dropout that is too much or none at all.

    Some training utterances are embedded in evaluation mode and, twice, in
    training mode. Nothing that the training draws or computes is changed by it. A
    training that resumes has been checked before.

    Arguments
    ---------
    brain : TurboBrain
        Has the model, and the loss in its hparams.
    dataset : speechbrain.dataio.dataset.DynamicItemDataset
        Of the training.
    pad_id : int
        Token id of the padding.
    """
    on_main(_check, brain=brain, dataset=dataset, pad_id=pad_id)


def _check(brain, dataset, pad_id):
    """In the main process; no process waits for another in it."""
    rows, saved = spread(len(dataset), MOST), brain.checkpointer
    if len(rows) < 2 or brain.test_only or saved and saved.list_checkpoints():
        return
    model = brain.modules.model
    with forked_draws(brain.device), torch.no_grad():
        seed_all(brain.hparams.seed, "dropout check")
        batch = collate_with(pad_id)([dataset[row] for row in rows])
        inputs = {"audio": batch.signal, "text": batch.tokens}
        for name in model.encoders:
            data, lengths = inputs[name].data, inputs[name].lengths.tolist()
            found = embed_both(model, name, data.to(brain.device), lengths)
            _report(name, found, brain.hparams.loss)


def spread(n: int, most: int) -> list[int]:
    """Up to `most` of n rows, at about equal distances.

    >>> spread(10, 4)
    [0, 2, 5, 7]
    """
    return [k * n // most for k in range(most)] if n > most else list(range(n))


def embed_both(model, name, inputs, lengths) -> tuple:
    """Embeddings in evaluation mode, (batch, dim); twice in training mode,
    (2, batch, dim); and the latter in the joint space."""
    clean = model.eval().encode(name, inputs, lengths)[0]
    noisy = model.train().encode(name, inputs, lengths, n_views=2)
    return clean, noisy, model.project(name, noisy)


def distance(clean: torch.Tensor, noisy: torch.Tensor) -> float:
    """How far dropout moves embeddings, in standard deviations of the batch.

    sqrt(mean ||noisy - clean||^2 / mean ||clean - mean(clean)||^2)

    >>> clean = torch.tensor([[0.0], [2.0]])
    >>> distance(clean, torch.stack([clean + 3, clean - 3]))
    3.0
    """
    clean, noisy = clean.double(), noisy.double()
    moved = (noisy - clean).square().sum(dim=-1).mean()
    apart = (clean - clean.mean(dim=0)).square().sum(dim=-1).mean()
    return (moved / apart).sqrt().item()


def mean_cosine(embeddings: torch.Tensor) -> float:
    """Mean over all pairs of two rows.

    >>> mean_cosine(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 2.0]]))
    0.333...
    """
    unit, n = F.normalize(embeddings.double(), dim=-1), len(embeddings)
    together = unit.sum(dim=0).square().sum() - unit.square().sum()
    return (together / (n * (n - 1))).item()


def are_equal(embeddings: torch.Tensor) -> bool:
    """Whether rows differ by no more than float32's rounding.

    >>> are_equal(torch.ones(3, 2))
    True
    """
    apart = (embeddings - embeddings.mean(dim=0)).abs().max()
    return bool(apart <= ROUNDING * embeddings.abs().max())


def _report(name, found, loss):
    clean, noisy, joint = found
    if are_equal(clean):
        logger.warning(
            f"{name} encoder: {len(clean)} training utterances have the same "
            f"embedding, so {name} tells no class from another. Is each "
            f"utterance given its own {name}? If it is, take another "
            "checkpoint."
        )
    else:
        _report_distance(name, clean, noisy)
    contrasted = loss.contrastive is not None and loss.n_views > 1
    if contrasted and torch.equal(*joint):
        logger.warning(
            f"{name}: the two views of an utterance are equal: no dropout is "
            "in force. The in-modal term of the loss can only push utterances "
            "apart. Use --head_dropout=0.2, or a --dropout above 0."
        )


def _report_distance(name, clean, noisy):
    cosine, moved = mean_cosine(clean), distance(clean, noisy)
    logger.info(
        f"{name} encoder: mean cosine of {len(clean)} training utterances "
        f"{cosine:.2f}; dropout moves them by {moved:.2f} standard deviations"
    )
    if not moved <= 1:
        logger.warning(
            f"{name} encoder: dropout moves its embeddings by {moved:.2f} "
            f"standard deviations of {len(clean)} training utterances. Beyond "
            "1, they differ more by dropout than by what is said, and a "
            "classifier of them fails without dropout. Use a smaller "
            "--dropout: null is the checkpoint's own, auto is 0.2, but null "
            "of Whisper and ALBERT."
        )
