"""One training and its test, the same for every recipe.

A recipe's train.py prepares its corpus, and then calls this.

Authors
 * The turbo_sb developers 2026
"""

import functools
import math

import torch
from speechbrain.utils.distributed import if_main_process
from speechbrain.utils.logger import get_logger
from tqdm import tqdm

from turbo_sb.data.batch_sampler import SharedBatches
from turbo_sb.data.dataset import collate_with, make_datasets
from turbo_sb.data.feature_cache import FeatureCache
from turbo_sb.data.manifest import load_manifest
from turbo_sb.data.splits.checks import check_manifests
from turbo_sb.training.brain import TurboBrain
from turbo_sb.training.preemption import Notice, outlive_notice
from turbo_sb.training.recipe import check_run
from turbo_sb.training.run_files import save_encoders
from turbo_sb.utils.distributed import on_all, on_main, part, rank, world_size
from turbo_sb.utils.errors import InputError, own_errors

logger = get_logger(__name__)


def train_and_test(hparams, run_opts, facts=None, others=None):
    """Train on train.json and valid.json; test the best epoch on test.json.

    Arguments
    ---------
    hparams : dict
        What the YAML describes, built.
    run_opts : dict
        SpeechBrain's own options.
    facts : dict, optional
        Goes into metrics.json beside the metrics.
    others : dict, optional
        Name to (scores, targets), drawn beside the model's.
    """
    annotations = {
        "train": hparams["train_annotation"],
        "valid": hparams["valid_annotation"],
        "test": hparams["test_annotation"],
    }
    check_manifests(annotations, hparams["protocol"])
    brain = TurboBrain(
        modules=hparams["modules"],
        opt_class=hparams["opt_class"],
        hparams=hparams,
        run_opts=run_opts,
        checkpointer=hparams["checkpointer"],
    )
    brain.facts, brain.others = facts or {}, others or {}
    on_main(
        save_encoders, folder=hparams["output_folder"], model=hparams["model"]
    )
    datasets = make_datasets(
        annotations,
        tokenizer=hparams["text_encoder"],
        train_augment=hparams["train_augment"],
        data_root=hparams["data_folder"],
        labels=hparams["labels"],
        group_by=hparams["loss"].mask_equal,
        sample_rate=hparams["sample_rate"],
        equalizer=hparams.get("equalizer"),
        features=open_cache(hparams, brain, annotations),
    )
    batch_size = global_batch_size(hparams)
    check_run(brain, len(datasets["train"]), batch_size)

    shared = {
        **loading_options(brain.device, hparams["text_encoder"].pad_id),
        "num_workers": hparams["num_workers"],
    }
    entries = datasets["train"].data.values()
    batches = SharedBatches(
        [entry["duration"] for entry in entries],
        batch_size,
        hparams["seed"],
        rank(),
        world_size(),
    )

    def evaluation(name):
        """Every rank evaluates its share, each utterance once."""
        rows = range(len(datasets[name]))[rank() :: world_size()]
        size = math.ceil(batch_size / world_size())
        return {**shared, "sampler": rows, "batch_size": size}

    with own_errors():
        with Notice() as brain.notice:
            brain.fit(
                hparams["epoch_counter"],
                datasets["train"],
                datasets["valid"],
                # Where an epoch goes on is the step, which the brain saves.
                train_loader_kwargs={
                    **shared,
                    "batch_sampler": batches,
                    "ckpt_prefix": None,
                },
                valid_loader_kwargs=evaluation("valid"),
            )
        brain.evaluate(datasets["test"], test_loader_kwargs=evaluation("test"))
        part()


def global_batch_size(hparams):
    """Utterances of a batch, of all processes together.

    Arguments
    ---------
    hparams : dict
        Has batch_size and batch_size_per_process.

    Returns
    -------
    batch_size : int

    Example
    -------
    >>> global_batch_size({"batch_size": 64, "batch_size_per_process": None})
    64
    """
    per_process = hparams["batch_size_per_process"]
    if per_process is None:
        return hparams["batch_size"]
    if type(per_process) is not int or per_process < 1:
        raise InputError(
            f"batch_size_per_process: {per_process!r}: expected a whole number "
            "from 1, or null for batch_size."
        )
    return per_process * world_size()


def loading_options(device, pad_id):
    """What every DataLoader of a run has, unless its YAML says otherwise.

    Arguments
    ---------
    device : str or torch.device
        Of the training.
    pad_id : int
        Token id of the padding.

    Returns
    -------
    options : dict

    Example
    -------
    >>> loading_options("cuda:0", pad_id=0)["pin_memory"]
    True
    """
    return {
        "collate_fn": collate_with(pad_id),
        # From pinned memory, a GPU copies a batch while it computes.
        "pin_memory": torch.device(device).type == "cuda",
        "worker_init_fn": outlive_notice,
    }


def open_cache(hparams, brain, annotations):
    """Fill the cache for a training, if its YAML has one and it can be used.

    Arguments
    ---------
    hparams : dict
        What the YAML describes, built.
    brain : TurboBrain
        Made of it.
    annotations : dict
        Set to its manifest.

    Returns
    -------
    cache : FeatureCache
        None without one.
    """
    if not hparams["cache_features"]:
        return None
    if reason := reason_against(hparams):
        logger.warning(f"cache_features is switched off: {reason}.")
        return None
    # A training that goes on has its checkpoint's CNN, not its source's.
    brain.checkpointer.recover_if_possible()
    cache = FeatureCache(
        hparams["audio_encoder"],
        hparams["cache_folder"],
        hparams["sample_rate"],
        hparams.get("equalizer"),
        hparams["data_folder"],
        hparams["cache_dtype"],
    )
    entries = {}
    for manifest in annotations.values():
        entries.update(load_manifest(manifest))
    quiet = brain.noprogressbar or not if_main_process()
    progress = functools.partial(tqdm, desc="features", disable=quiet)
    on_all(cache.fill, entries=entries, device=brain.device, progress=progress)
    return cache


def reason_against(hparams):
    """Why features cannot be kept, if so.

    Arguments
    ---------
    hparams : dict
        Has freeze_cnn, train_crop_seconds, train_noise_snr, modalities, and
        the audio_encoder.

    Returns
    -------
    reason : str
        None if there is none.

    Example
    -------
    >>> reason_against({"freeze_cnn": False})
    'freeze_cnn: False trains the CNN, whose output changes'
    """
    if not hparams["freeze_cnn"]:
        return "freeze_cnn: False trains the CNN, whose output changes"
    for key in ("train_crop_seconds", "train_noise_snr"):
        if hparams[key] is not None:
            return f"{key}: {hparams[key]} changes the waveforms in training"
    if "audio" not in hparams["modalities"]:
        return "modalities has no audio"
    return getattr(hparams.get("audio_encoder"), "uncacheable", None)
