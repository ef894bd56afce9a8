"""How a run reads its datasets: batch sizes, samplers and DataLoader options.

Authors
 * The turbo_sb developers 2026
"""

import math

import torch

from turbo_sb.data.batch_sampler import SharedBatches
from turbo_sb.data.batch_transport import Sent
from turbo_sb.data.dataset import collate_with
from turbo_sb.training.readers import Reader
from turbo_sb.utils.distributed import rank, world_size
from turbo_sb.utils.errors import InputError


def global_batch_size(batch_size: int, per_process: int | None = None) -> int:
    """Utterances of a batch, of all processes together.

    Arguments
    ---------
    batch_size : int
        Of all processes together.
    per_process : int, optional
        Of each process, in place of it.

    Returns
    -------
    batch_size : int

    Raises
    ------
    InputError
        If `per_process` is invalid.

    Example
    -------
    >>> global_batch_size(64)
    64
    """
    if per_process is None:
        return batch_size
    if type(per_process) is not int or per_process < 1:
        raise InputError(
            f"batch_size_per_process: {per_process!r}: expected a whole number "
            "from 1, or null for batch_size."
        )
    return per_process * world_size()


def loader_kwargs(
    datasets: dict,
    batch_size: int,
    seed: int,
    pad_id: int,
    num_workers: int = 0,
    device: str | torch.device = "cpu",
    stall_limit: float = 45,
) -> dict[str, dict]:
    """The DataLoader's options for each set of a run.

    In training, each process gets its share of every batch; in evaluation,
    its share of the utterances, each once.

    Arguments
    ---------
    datasets : dict
        "train", "valid" and "test" to a dataset of `turbo_sb.data`.
    batch_size : int
        Of all processes together.
    seed : int
        Of the order of the training.
    pad_id : int
        Token id of the padding.
    num_workers : int
        Processes that read.
    device : str or torch.device
        Of the training.
    stall_limit : float
        Seconds without a recording read, after which the run ends; 0: no limit.

    Returns
    -------
    kwargs : dict
        As `datasets`, to the options.
    """
    shared = loading_options(device, pad_id, stall_limit)
    shared["num_workers"] = num_workers
    entries = datasets["train"].data.values()
    batches = SharedBatches(
        [entry["duration"] for entry in entries],
        batch_size,
        seed,
        rank(),
        world_size(),
    )
    # The brain saves at which step of an epoch a run resumes, not SpeechBrain.
    train = {**shared, "batch_sampler": batches, "ckpt_prefix": None}
    size = math.ceil(batch_size / world_size())
    evaluation = {
        name: {
            **shared,
            "sampler": range(len(datasets[name]))[rank() :: world_size()],
            "batch_size": size,
        }
        for name in ("valid", "test")
    }
    return {"train": train, **evaluation}


def loading_options(device, pad_id, stall_limit) -> dict:
    """What every DataLoader of a run has."""
    return {
        "collate_fn": Sent(collate_with(pad_id)),
        # From pinned memory, a GPU copies a batch while it computes.
        "pin_memory": torch.device(device).type == "cuda",
        "worker_init_fn": Reader(stall_limit),
    }
