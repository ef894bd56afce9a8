"""Name features by all that they depend on.

Authors
 * The turbo_sb developers 2026
"""

import functools
import hashlib
import itertools
import re
from importlib.metadata import version
from pathlib import Path

import safetensors.torch
import soundfile
import torch

import turbo_sb
from turbo_sb.utils.errors import InputError

# The files that compute features. Their text is hashed, as nobody remembers to
# change a version number.
CODE = (
    "encoders/*.py",
    *("data/audio_io.py", "data/dataset.py", "data/recording.py"),
    *("data/audio_normalizer.py", "data/resampling.py"),
    *("data/foreign_audio.py", "data/containers/*.py"),
    *("data/channel/*.py", "data/feature_*.py"),
)
# They resample, decode and convolve.
LIBRARIES = (
    *("torch", "torchaudio", "transformers", "speechbrain", "soundfile"),
    *("numpy", "safetensors", "scipy"),
)
BLOCK = 2**20  # bytes
# Of a config: where it comes from, and what only a training has.
PROVENANCE = (
    *("_name_or_path", "architectures", "dtype", "transformers_version"),
    *("apply_spec_augment", "use_cache"),
)


def digest(*parts: object) -> str:
    """Hash bytes, and other values by their repr, to 32 hexadecimal digits."""
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        content = part if isinstance(part, bytes) else repr(part).encode()
        found.update(len(content).to_bytes(8, "big") + content)
    return found.hexdigest()


def model_key(encoder, sample_rate: int, equalizer, dtype: torch.dtype) -> str:
    """Name what turns a recording or a text into features."""
    parts = encoder.frozen or [encoder.model.feature_extractor]
    return digest(
        *map(_weights, parts, itertools.repeat(encoder.unused)),
        *map(_structure, parts),
        _settings(encoder) if encoder.frozen else None,
        getattr(encoder, "normalize_wav", None),
        sample_rate,
        equalizer_settings(equalizer),
        dtype,
        *(version(library) for library in LIBRARIES),
        soundfile.__libsndfile_version__,
        code_digest(),
    )


def _weights(part, unused):
    """Their bytes. Those that are not used are drawn anew in each process."""
    weights = {
        name: weight.contiguous()
        for name, weight in part.state_dict().items()
        if not name.startswith(unused or ())
    }
    return safetensors.torch.save(weights)


def _structure(part):
    """Kernels, strides, norms and activations, as built; dropout is off."""
    return re.sub(r"Dropout\(.*?\)", "Dropout", repr(part))


def _settings(encoder):
    """What weights do not tell: heads, pooling, where the model is cut."""
    dropout = encoder.family.dropout_settings(0, 0, 0, 0)
    config = {
        key: value
        for key, value in encoder.model.config.to_dict().items()
        if key not in (*dropout, *PROVENANCE)
    }
    cut = "all" if encoder.all_frozen else encoder.n_frozen
    own = sorted(encoder.inference_settings().items())
    return type(encoder).__name__, own, cut, sorted(config.items(), key=str)


def equalizer_settings(equalizer) -> tuple | None:
    """Return all settings; None for no equaliser, or one switched off."""
    if not equalizer:
        return None
    codec = equalizer.codec and equalizer.codec.name
    levels = equalizer.snr_db, equalizer.rms_db, equalizer.sample_rate
    return (equalizer.trim, equalizer.band, codec, *levels)


@functools.cache
def code_digest() -> str:
    """Hash the code that computes features."""
    folder = Path(turbo_sb.__file__).parent
    files = sorted(file for name in CODE for file in folder.glob(name))
    return digest(*(file.read_bytes() for file in files))


def file_digest(path: str | Path) -> str:
    """Hash a file."""
    found = hashlib.blake2b()
    try:
        with open(path, "rb") as file:
            while block := file.read(BLOCK):
                found.update(block)
    except OSError as error:
        raise InputError(f"{path}: cannot be read as audio: {error}") from error
    return found.hexdigest()


def content_key(name: str, entry: dict, recording: str, equalizer=None) -> str:
    """Name the sound of an utterance, given the hash of its recording."""
    # An equaliser draws its noise from the ID.
    stretch = entry.get("start"), entry.get("stop")
    return digest(recording, stretch, name if equalizer else None)
