"""Compute the output of a frozen CNN once per utterance, and keep it on disk.

One folder serves all folds, methods and seeds, and any number of processes at
once, without a lock: an utterance has its own file, which appears whole and
under a name that hashes all it depends on (`turbo_sb.data.feature_keys`).

Authors
 * The turbo_sb developers 2026
"""

import copy
import functools
import random
from collections.abc import Callable
from pathlib import Path

import torch
from speechbrain.utils.logger import get_logger

from turbo_sb.data.audio_normalizer import AudioNormalizer
from turbo_sb.data.dataset import read_entry
from turbo_sb.data.feature_files import (
    DamagedFile,
    read_features,
    write_features,
)
from turbo_sb.data.feature_keys import content_key, file_digest, model_key
from turbo_sb.utils.errors import InputError

logger = get_logger(__name__)

DTYPES = ("float16", "bfloat16", "float32", "float64")


class FeatureCache:
    """Features by utterance: read if they are on disk, else computed and kept.

    They are computed unpadded, in the CNN's own precision, without TF32 or
    autocast, so that they do not depend on the device or the batch.

    Arguments
    ---------
    encoder : turbo_sb.encoders.AudioEncoder
        Whose CNN computes them. It is copied.
    folder : str
        Gets a folder for each CNN.
    sample_rate : int
        The encoder's, in Hz.
    equalizer : turbo_sb.data.channel.Equalizer, optional
        Applied to each signal before.
    data_root : str
        Replaces "{data_root}" in the paths of the entries.
    dtype : str
        torch's name of the type in which they are kept.

    Raises
    ------
    InputError
        If `folder` is invalid.
    """

    def __init__(
        self,
        encoder,
        folder: str | Path,
        sample_rate: int = 16000,
        equalizer: Callable | None = None,
        data_root: str = "",
        dtype: str = "float16",
    ):
        if not isinstance(folder, str | Path):
            raise InputError(f"cache_folder: {folder!r}: expected a folder.")
        if dtype not in DTYPES:
            raise InputError(f"dtype: {dtype!r}: expected one of {DTYPES}.")
        self.dtype, self.sample_rate = getattr(torch, dtype), sample_rate
        self.equalizer, self.data_root = equalizer, data_root
        self.model = model_key(encoder, sample_rate, equalizer, self.dtype)
        self.folder = Path(folder).resolve() / self.model
        # Without the transformer, a copy is small enough for every process
        # that reads data: what is damaged while training is computed there.
        without = {id(encoder.model.encoder): torch.nn.Identity()}
        self.cnn = copy.deepcopy(encoder, without)
        self.normalizer = AudioNormalizer(sample_rate)
        self.utterances = {}  # ID to its entry and its content key

    def fill(
        self,
        entries: dict,
        device: str | torch.device = "cpu",
        progress: Callable = iter,
    ) -> int:
        """Compute what is missing, and log what there is.

        Processes that fill one folder at once share the work.

        Arguments
        ---------
        entries : dict
            Utterance ID to its fields, as in a manifest.
        device : str or torch.device
            That computes.
        progress : callable
            From a list to an iterable over it, such as tqdm.

        Returns
        -------
        n_computed : int
            By this process.

        Raises
        ------
        InputError
            If a recording cannot be read, or the folder cannot be written.
        """
        self.utterances.update(self._keyed(entries))
        # Processes in different orders share the work. The order has its own
        # generator, so that the training's draws are those without a cache.
        order = random.Random().sample(list(entries), len(entries))
        self.cnn.to(device)
        computed = sum(self._fetch(name)[1] for name in progress(order))
        self.cnn.to("cpu")
        paths = {self.path(name) for name in entries}
        size = in_words(sum(path.stat().st_size for path in paths))
        logger.info(
            f"features: {len(entries)} utterances, of which {computed} were "
            f"computed and {len(entries) - computed} there: {size} in "
            f"{self.folder}"
        )
        return computed

    def __call__(self, name: str) -> torch.Tensor:
        """Return an utterance's features.

        Arguments
        ---------
        name : str
            Its ID, among those given to `fill`.

        Returns
        -------
        features : (frames, channels) torch.Tensor
            In the type in which they are kept; the encoder converts them.
        """
        return self._fetch(name)[0]

    def path(self, name: str) -> Path:
        """Name the file of an utterance's features."""
        return self.folder / f"{self.utterances[name][1]}.safetensors"

    @property
    def _own(self):
        """Return a parameter of the CNN, for its type and device."""
        return next(self.cnn.model.feature_extractor.parameters())

    def _keyed(self, entries):
        """Return entries and content keys; each recording is read once."""
        digest_of, found = functools.cache(file_digest), {}
        for name, entry in entries.items():
            path = entry["wav"].replace("{data_root}", str(self.data_root))
            key = content_key(name, entry, digest_of(path), self.equalizer)
            found[name] = entry, key
        return found

    def _fetch(self, name):
        """Read, or compute and keep; also return whether it was computed."""
        path, content = self.path(name), self.utterances[name][1]
        keys = {"model": self.model, "content": content}
        try:
            features = read_features(path, keys)
        except DamagedFile as error:
            logger.warning(f"{path}: {error}. It is computed again.")
            features = None
        if features is not None:
            return features, False
        features = self._compute(name)
        try:
            write_features(path, features, keys)
        except OSError as error:
            raise InputError(self._full(error)) from error
        return features, True

    @torch.no_grad()
    def _compute(self, name):
        """Run the CNN over one utterance, without padding."""
        entry = self.utterances[name][0]
        signal = read_entry(
            name, entry, self.normalizer, self.data_root, self.equalizer
        )
        wav = signal[None].to(self._own)
        cudnn = torch.backends.cudnn
        with cudnn.flags(cudnn.enabled, deterministic=True, allow_tf32=False):
            features = self.cnn.convolve(wav, [len(signal)])[0][0]
        kept = features.to(self.dtype).cpu()
        if not features.isfinite().all():
            raise InputError(
                f"{entry['wav']}: the features of {name} are NaN or infinite. "
                "Check the recording, and the weights of the audio encoder."
            )
        if not kept.isfinite().all():
            raise InputError(
                f"cache_features: {kept.dtype} does not hold the features of "
                f"{name}, which go up to {features.abs().max():g}. Use "
                "--cache_features=False."
            )
        return kept

    def _full(self, error):
        """Explain what to do when the folder cannot be written."""
        seconds = sum(
            entry["duration"] for entry, _ in self.utterances.values()
        )
        channels = self.cnn.model.config.conv_dim[-1]
        frames = seconds * self.sample_rate / self.cnn.hop
        needed = in_words(frames * channels * self.dtype.itemsize)
        return (
            f"cache_folder: {self.folder} cannot be written "
            f"({error.strerror or error}). The features of all "
            f"{len(self.utterances)} utterances take about {needed}: make "
            "room, or give another --cache_folder or --cache_features=False."
        )


def in_words(size: float) -> str:
    """Write a number of bytes, such as 1.3 GB."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size / 1e3:.1f} kB"
