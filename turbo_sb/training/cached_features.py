"""The feature caches of a training: which can be used, and filling them.

Authors
 * The turbo_sb developers 2026
"""

import functools

import speechbrain as sb
from speechbrain.utils.distributed import if_main_process
from tqdm import tqdm

from turbo_sb.data.feature_cache import FeatureCache, TextFeatureCache
from turbo_sb.data.manifest import load_manifest
from turbo_sb.utils.distributed import on_all
from turbo_sb.utils.logs import get_logger

logger = get_logger(__name__)


def fill_cache(
    hparams: dict, brain: sb.Brain, manifests: dict[str, str], folder: str
) -> dict[str, FeatureCache]:
    """Compute and keep what is frozen of a training makes of each utterance.

    With ``cache_features: auto``, that is where layers are frozen; with True,
    also where the CNN alone is.

    Arguments
    ---------
    hparams : dict
        What the YAML describes, built.
    brain : speechbrain.Brain
        Made of it. A training that resumes has its checkpoint's weights.
    manifests : dict
        Name of a set, as "train", to its manifest.
    folder : str
        Of the cache, for all runs.

    Returns
    -------
    caches : dict
        ``features``, of audio, and ``text_features``, each if there is
        anything to keep: keywords of `turbo_sb.data.make_datasets`. The log
        explains what is not kept.
    """
    brain.checkpointer.recover_if_possible()
    caches = {}
    if audio_wanted(hparams):
        caches["features"] = FeatureCache(
            hparams["audio_encoder"],
            folder,
            sample_rate=hparams["sample_rate"],
            equalizer=hparams.get("equalizer"),
            data_root=hparams["data_folder"],
        )
    if "text" in hparams["modalities"] and hparams["text_encoder"].frozen:
        encoder = hparams["text_encoder"]
        caches["text_features"] = TextFeatureCache(encoder, folder)
    entries = {}
    for manifest in manifests.values():
        entries.update(load_manifest(manifest))
    quiet = brain.noprogressbar or not if_main_process()
    for key, cache in caches.items():
        progress = functools.partial(
            tqdm, desc=key.replace("_", " "), disable=quiet
        )
        on_all(
            cache.fill, entries=entries, device=brain.device, progress=progress
        )
    return caches


def audio_wanted(hparams: dict) -> bool:
    """Whether features of audio are to be kept, and can be; else log why."""
    frozen = getattr(hparams.get("audio_encoder"), "frozen", ())
    asked = hparams["cache_features"] != "auto"
    if not asked and not (frozen and "audio" in hparams["modalities"]):
        return False
    if reason := reason_against(hparams):
        logger.warning(f"cache_features is switched off: {reason}.")
    return not reason


def reason_against(hparams: dict) -> str | None:
    """Why features of audio cannot be kept, if so.

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
    encoder = hparams.get("audio_encoder")
    if getattr(encoder, "frozen", ()):
        return None
    return getattr(encoder, "uncacheable", None)
