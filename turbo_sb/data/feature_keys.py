"""Names for features by all that they depend on.

What differs in anything has another name, so that it is never mistaken for
what is wanted; what is the same is shared by folds, methods and seeds.

Authors
 * The turbo_sb developers 2026
"""

import functools
import hashlib
from importlib.metadata import version
from pathlib import Path

import safetensors.torch
import soundfile

import turbo_sb
from turbo_sb.utils.errors import InputError

# The files that compute them. A hash of their text, where a version number
# would wait for somebody to think of it.
CODE = (
    *("encoders/cnn.py", "encoders/padding.py"),
    *("data/dataset.py", "data/channel/*.py", "data/feature_*.py"),
)
# What else computes them: it resamples, decodes and convolves.
LIBRARIES = (
    *("torch", "torchaudio", "transformers", "speechbrain", "soundfile"),
    *("numpy", "safetensors"),
)
BLOCK = 2**20  # bytes


def digest(*parts):
    """Hash values by what they look like.

    Arguments
    ---------
    *parts
        bytes, or anything whose repr tells it apart.

    Returns
    -------
    digest : str
        32 hexadecimal digits.

    Example
    -------
    >>> len(digest("a", 1)), digest("a", 1) == digest("a", "1")
    (32, False)
    """
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        content = part if isinstance(part, bytes) else repr(part).encode()
        found.update(len(content).to_bytes(8, "big") + content)
    return found.hexdigest()


def model_key(encoder, sample_rate, equalizer, dtype):
    """Name what turns a recording into features.

    Arguments
    ---------
    encoder : turbo_sb.encoders.AudioEncoder
        Of which the CNN counts.
    sample_rate : int
        Of the waveforms, in Hz.
    equalizer : turbo_sb.data.channel.equalizer.Equalizer, optional
        Of which the settings count.
    dtype : torch.dtype
        In which they are kept.

    Returns
    -------
    key : str
    """
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


def equalizer_settings(equalizer):
    """What an equaliser is set to, in full.

    Arguments
    ---------
    equalizer : turbo_sb.data.channel.equalizer.Equalizer, optional
        None and one that is switched off are the same.

    Returns
    -------
    settings : tuple

    Example
    -------
    >>> from turbo_sb.data.channel.equalizer import Equalizer
    >>> equalizer_settings(Equalizer(rms_db=-26))
    (False, None, None, None, -26, 16000)
    >>> equalizer_settings(Equalizer())
    """
    if not equalizer:
        return None
    codec = equalizer.codec and equalizer.codec.name
    levels = equalizer.snr_db, equalizer.rms_db, equalizer.sample_rate
    return (equalizer.trim, equalizer.band, codec, *levels)


@functools.cache
def code_digest():
    """Hash the code that computes features.

    Returns
    -------
    digest : str
    """
    folder = Path(turbo_sb.__file__).parent
    files = sorted(file for name in CODE for file in folder.glob(name))
    return digest(*(file.read_bytes() for file in files))


def file_digest(path):
    """Hash a file.

    Arguments
    ---------
    path : str
        Any file.

    Returns
    -------
    digest : str

    Raises
    ------
    InputError
        If it cannot be read.

    Example
    -------
    >>> path = getfixture("tmp_path") / "a"
    >>> _ = path.write_bytes(b"abc")
    >>> file_digest(path) == hashlib.blake2b(b"abc").hexdigest()
    True
    """
    found = hashlib.blake2b()
    try:
        with open(path, "rb") as file:
            while block := file.read(BLOCK):
                found.update(block)
    except OSError as error:
        raise InputError(f"{path}: cannot be read as audio: {error}") from error
    return found.hexdigest()


def content_key(name, entry, recording, equalizer=None):
    """Name the sound of an utterance.

    Arguments
    ---------
    name : str
        Its ID, which counts if an equaliser draws its noise from it.
    entry : dict
        Its fields, of which ``start`` and ``stop`` (s) count.
    recording : str
        Hash of its recording.
    equalizer : turbo_sb.data.channel.equalizer.Equalizer, optional
        As in `model_key`.

    Returns
    -------
    key : str

    Example
    -------
    >>> content_key("a", {}, "f0") == content_key("b", {}, "f0")
    True
    """
    stretch = entry.get("start"), entry.get("stop")
    return digest(recording, stretch, name if equalizer else None)
