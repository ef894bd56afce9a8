"""Names that YAMLs had before the package had rooms.

A finished training's hyperparams.yaml, and a YAML of one's own, name classes
by the modules that they were in.

Authors
 * The turbo_sb developers 2026
"""

import re

OLD = {
    "turbo_sb.checkpoints.WholeCheckpointer": (
        "turbo_sb.training.AtomicCheckpointer"
    ),
    "turbo_sb.dataio.TrainAugment": "turbo_sb.data.TrainAugment",
    "turbo_sb.equalizer.Equalizer": "turbo_sb.data.channel.Equalizer",
    "turbo_sb.model.TurboModel": "turbo_sb.models.TurboModel",
    "turbo_sb.scoring.Classification": "turbo_sb.metrics.Classification",
    "turbo_sb.scoring.Detection": "turbo_sb.metrics.Detection",
    "turbo_sb.stopping.EarlyStopping": "turbo_sb.training.EarlyStopping",
    "turbo_sb.tracking.make_loggers": "turbo_sb.training.make_loggers",
}


# Keys that are keywords of an object now, by another name.
RENAMED = {
    "text_pooling": "text_encoder.pooling",
    "spec_augment": "audio_encoder.apply_spec_augment",
}
# Keywords that are gone, of any object. A placeholder is zeros now;
# `load_hparams` refuses to train with one that would be learnt.
GONE = ("placeholder",)


def renamed(text: str) -> str:
    """Put today's names into a YAML of an earlier version.

    >>> renamed("model: !new:turbo_sb.model.TurboModel")
    'model: !new:turbo_sb.models.TurboModel'
    """
    text = re.sub(rf"^ +({'|'.join(GONE)}): .*\n", "", text, flags=re.MULTILINE)
    known = "|".join(map(re.escape, OLD))
    return re.sub(rf"\b({known})\b", lambda found: OLD[found[1]], text)
