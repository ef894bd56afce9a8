"""Dropout of Hugging Face encoders: set it, read it, log it.

Authors
 * The turbo_sb developers 2026
"""

import re

import torch
from speechbrain.utils.logger import get_logger
from transformers import PretrainedConfig

from turbo_sb.utils.errors import InputError

logger = get_logger(__name__)


def set_dropout(
    config: PretrainedConfig, probabilities: dict[str, float | None]
) -> PretrainedConfig:
    """Set dropout in a config, before the layers are built; None keeps it."""
    for name, probability in probabilities.items():
        if probability is None:
            continue
        number = isinstance(probability, int | float)
        if not number or not 0 <= probability < 1:
            raise InputError(
                f"dropout: {probability} is not in [0, 1). Give such a number, "
                "or null for the checkpoint's own."
            )
        if not hasattr(config, name):
            raise InputError(
                f"{type(config).__name__} has no {name!r}, so dropout from "
                "the YAML would not reach this encoder's layers."
            )
        setattr(config, name, probability)
    return config


def effective_dropout(module: torch.nn.Module) -> dict[str, float]:
    """Dropout of the built layers: name without number to probability."""
    found = {}
    for path, layer in module.named_modules():
        name = re.sub(r"(?:^|\.)\d+(?=\.|$)", "", path)
        if isinstance(layer, torch.nn.Dropout):
            found[name] = layer.p
            continue
        # Attention kernels and Whisper have plain numbers.
        for key, p in vars(layer).items():
            if key.endswith("dropout") and type(p) in (int, float):
                part = "" if key == "dropout" else key
                found[".".join(filter(None, (name, part)))] = p
    return found


def log_dropout(name: str, module: torch.nn.Module) -> None:
    """Log the dropout in force."""
    found = effective_dropout(module)
    text = ", ".join(f"{path or name} {p:g}" for path, p in found.items())
    logger.info(f"{name}: dropout in force: {text or 'none'}")
