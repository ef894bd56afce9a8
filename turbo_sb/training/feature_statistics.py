"""What a model's `feature_norm` is fixed to, before the first step.

Authors
 * The turbo_sb developers 2026
"""

import speechbrain as sb
import torch
from speechbrain.utils.distributed import if_main_process
from tqdm import tqdm

from turbo_sb.utils.distributed import joined, on_all, rank, world_size
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.logs import get_logger
from turbo_sb.utils.seeding import forked_draws

logger = get_logger(__name__)

SIZE = 32  # utterances of a batch, so that no number of processes changes it


def fit_norms(brain: sb.Brain, dataset, loading: dict) -> None:
    """Fix a model's standardisation to the statistics of the training set.

    The embeddings are those of the initial weights, in evaluation mode and
    without augmentation. A training that resumes has them from its checkpoint.

    Arguments
    ---------
    brain : TurboBrain
        Has the model, and train_augment in its hparams.
    dataset : speechbrain.dataio.dataset.DynamicItemDataset
        Of the training.
    loading : dict
        The DataLoader's options for a set that is not trained on.

    Raises
    ------
    InputError
        If an embedding is NaN or infinite, or if all are the same.
    """
    model = brain.modules.model
    if not model.norms or brain.test_only or _resumes(brain):
        return
    found = {}
    on_all(_embed_share, brain=brain, data=dataset, loading=loading, to=found)
    on_all(_fit, model=model, found=_of_all(found), ids=dataset.data_ids)


def _resumes(brain):
    """Whether there is a checkpoint, which is loaded."""
    saved = brain.checkpointer
    return saved is not None and saved.recover_if_possible() is not None


def _embed_share(brain, data, loading, to):
    """Embed this process's batches, by their number."""
    n = len(data)
    if brain.debug:
        n = min(n, brain.debug_batches * SIZE)
    numbers = range(rank(), -(-n // SIZE), world_size())
    rows = [range(k * SIZE, min(n, (k + 1) * SIZE)) for k in numbers]
    options = {
        k: v for k, v in loading.items() if k not in ("sampler", "batch_size")
    }
    model, device = brain.modules.model.eval(), brain.device
    quiet = brain.noprogressbar or not if_main_process()
    with (
        forked_draws(device),
        torch.no_grad(),
        brain.hparams.train_augment.off(),
    ):
        loader = brain.make_dataloader(
            data,
            sb.Stage.VALID,
            ckpt_prefix=None,
            **{**options, "batch_sampler": rows},
        )
        batches = tqdm(loader, desc="feature_norm", disable=quiet)
        for batch, number in zip(batches, numbers):
            to[number] = {
                name: _embed(model, name, batch, device) for name in model.norms
            }
    model.train()


def _embed(model, name, batch, device):
    inputs = {"audio": batch.signal, "text": batch.tokens}[name]
    lengths = inputs.lengths.tolist()
    return model.encode(name, inputs.data.to(device), lengths)[0].cpu()


def _of_all(found):
    """Every process's batches, by their number."""
    parts = [found]
    if together := joined():
        parts = [None] * world_size()
        together.all_gather_object(parts, found)
    return {number: own for part in parts for number, own in part.items()}


def _fit(model, found, ids):
    """In the manifest's order, so that all processes round alike."""
    for name, norm in model.norms.items():
        rows = torch.cat([found[number][name] for number in sorted(found)])
        odd = (~rows.isfinite().all(dim=1)).nonzero().flatten().tolist()
        if odd:
            raise InputError(
                f"feature_norm: the {name} encoder's embeddings of {len(odd)} "
                f"of {len(rows)} training utterances are NaN or infinite, "
                f"first that of {ids[odd[0]]}. Check its recording and the "
                f"weights of {name}_encoder_source."
            )
        try:
            constant = norm.fit(rows)
        except InputError as error:
            raise InputError(
                f"feature_norm: {name}_encoder_source: {error} Nothing can be "
                f"learnt from it. Is each utterance given its own {name}? If "
                "it is, take another checkpoint."
            ) from error
        logger.info(
            f"{name} encoder: standardised by {len(rows)} training utterances; "
            f"{constant} of {rows.shape[1]} features are constant"
        )
