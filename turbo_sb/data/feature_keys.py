"""Name features by all that they depend on.

Authors
 * The turbo_sb developers 2026
"""

import functools
import hashlib
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
    *("encoders/cnn.py", "encoders/padding.py"),
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


def digest(*parts: object) -> str:
    """Hash bytes, and other values by their repr, to 32 hexadecimal digits."""
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        content = part if isinstance(part, bytes) else repr(part).encode()
        found.update(len(content).to_bytes(8, "big") + content)
    return found.hexdigest()


def model_key(encoder, sample_rate: int, equalizer, dtype: torch.dtype) -> str:
    """Name what turns a recording into features."""
    cnn = encoder.model.feature_extractor
    weights = {k: v.contiguous() for k, v in cnn.state_dict().items()}
    return digest(
        safetensors.torch.save(weights),
        repr(cnn),  # kernels, strides, norms and activations, as built
        encoder.normalize_wav,
        sample_rate,
        equalizer_settings(equalizer),
        dtype,
        *(version(library) for library in LIBRARIES),
        soundfile.__libsndfile_version__,
        code_digest(),
    )


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
