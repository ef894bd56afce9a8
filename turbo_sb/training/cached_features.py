"""The feature cache of a training: whether it can be used, and filling it.

Authors
 * The turbo_sb developers 2026
"""

import functools

import speechbrain as sb
from speechbrain.utils.distributed import if_main_process
from tqdm import tqdm

from turbo_sb.data.feature_cache import FeatureCache
from turbo_sb.data.manifest import load_manifest
from turbo_sb.utils.distributed import on_all
from turbo_sb.utils.logs import get_logger

logger = get_logger(__name__)


def fill_cache(
    hparams: dict, brain: sb.Brain, manifests: dict[str, str], folder: str
) -> FeatureCache | None:
    """Compute and keep what a training's frozen CNN makes of each utterance.

    Arguments
    ---------
    hparams : dict
        What the YAML describes, built.
    brain : speechbrain.Brain
        Made of it. A training that resumes has its checkpoint's CNN.
    manifests : dict
        "train", "valid" and "test" to a manifest.
    folder : str
        Of the cache, for all runs.

    Returns
    -------
    cache : FeatureCache
        None where features cannot be kept, which the log explains.
    """
    if reason := reason_against(hparams):
        logger.warning(f"cache_features is switched off: {reason}.")
        return None
    brain.checkpointer.recover_if_possible()
    cache = FeatureCache(
        hparams["audio_encoder"],
        folder,
        sample_rate=hparams["sample_rate"],
        equalizer=hparams.get("equalizer"),
        data_root=hparams["data_folder"],
    )
    entries = {}
    for manifest in manifests.values():
        entries.update(load_manifest(manifest))
    quiet = brain.noprogressbar or not if_main_process()
    progress = functools.partial(tqdm, desc="features", disable=quiet)
    on_all(cache.fill, entries=entries, device=brain.device, progress=progress)
    return cache


def reason_against(hparams: dict) -> str | None:
    """Why features cannot be kept, if so.

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
