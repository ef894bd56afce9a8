"""Compute what is frozen of an encoder once per utterance; keep it on disk.

One folder serves all folds, methods and seeds, and any number of processes at
once, without a lock: an utterance has its own file, which appears whole and
under a name that hashes all it depends on (`turbo_sb.data.feature_keys`).

Authors
 * The turbo_sb developers 2026
"""

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
from turbo_sb.data.feature_keys import (
    content_key,
    digest,
    file_digest,
    model_key,
)
from turbo_sb.utils.errors import InputError

logger = get_logger(__name__)

DTYPES = ("float16", "bfloat16", "float32", "float64")


class FeatureCache:
    """Features by utterance: read if they are on disk, else computed and kept.

    They are computed unpadded, in the encoder's own precision, without TF32 or
    autocast, so that they do not depend on the device or the batch. Where all
    of the encoder is frozen, `fill` keeps them in memory too: they are few.

    Arguments
    ---------
    encoder : turbo_sb.encoders.AudioEncoder or WhisperEncoder
        Whose frozen layers, or frozen CNN, compute them. Those are copied.
    folder : str
        Gets a folder for each model and cut.
    sample_rate : int
        The encoder's, in Hz.
    equalizer : turbo_sb.data.channel.Equalizer, optional
        Applied to each signal before.
    data_root : str
        Replaces "{data_root}" in the paths of the entries.
    dtype : str, optional
        torch's name of the type in which they are kept. By default, float16;
        pooled vectors of an encoder that is frozen whole are small: float32.

    Raises
    ------
    InputError
        If `folder` is invalid.
    """

    kind = "audio"

    def __init__(
        self,
        encoder,
        folder: str | Path,
        sample_rate: int = 16000,
        equalizer: Callable | None = None,
        data_root: str = "",
        dtype: str | None = None,
    ):
        if not isinstance(folder, str | Path):
            raise InputError(f"cache_folder: {folder!r}: expected a folder.")
        if dtype is None:
            dtype = "float32" if encoder.all_frozen else "float16"
        if dtype not in DTYPES:
            raise InputError(f"dtype: {dtype!r}: expected one of {DTYPES}.")
        self.dtype, self.sample_rate = getattr(torch, dtype), sample_rate
        self.equalizer, self.data_root = equalizer, data_root
        self.model = model_key(encoder, sample_rate, equalizer, self.dtype)
        self.folder = Path(folder).resolve() / self.model
        # For every process that reads data: what is damaged while training is
        # computed there.
        self.encoder = encoder.frozen_copy()
        self.rows = None  # in memory
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
        own = [self.utterances[name] for name in entries]
        logger.info(
            f"{self.kind} features: {len(entries)} utterances take about "
            f"{in_words(self._bytes_of(e for e, _ in own))}"
        )
        # Processes in different orders share the work. The order has its own
        # generator, so that the training's draws are those without a cache.
        order = random.Random().sample(list(entries), len(entries))
        self.encoder.to(device)
        computed, kept = 0, {}
        for name in progress(order):
            features, new = self._fetch(name)
            computed += new
            if self.encoder.all_frozen:
                kept[name] = features
        self.encoder.to("cpu")
        if kept:
            self._keep(kept)
        paths = {self.path(name) for name in entries}
        size = in_words(sum(path.stat().st_size for path in paths))
        logger.info(
            f"{self.kind} features: {len(entries)} utterances, of which "
            f"{computed} were computed and {len(entries) - computed} there: "
            f"{size} in {self.folder}"
        )
        return computed

    def _keep(self, features):
        """Keep all in memory, as one tensor, and the model no longer."""
        self.places = {name: place for place, name in enumerate(features)}
        self.rows = torch.stack(list(features.values()))

    def __call__(self, name: str) -> torch.Tensor:
        """Return an utterance's features.

        Arguments
        ---------
        name : str
            Its ID, among those given to `fill`.

        Returns
        -------
        features : (rows, channels) torch.Tensor
            Of the encoder's `frozen_prefix`, in the type in which they are
            kept; the encoder converts them.
        """
        if self.rows is not None and name in self.places:
            return self.rows[self.places[name]]
        return self._fetch(name)[0]

    def path(self, name: str) -> Path:
        """Name the file of an utterance's features."""
        return self.folder / f"{self.utterances[name][1]}.safetensors"

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
        """Run what is frozen over one utterance, without padding."""
        given, cudnn = self._inputs(name), torch.backends.cudnn
        parameter = next(self.encoder.parameters())
        like = parameter if given.is_floating_point() else parameter.device
        with cudnn.flags(cudnn.enabled, deterministic=True, allow_tf32=False):
            features, _ = self.encoder.frozen_prefix(
                given[None].to(like), [len(given)]
            )
        features, where = features[0], self._where(name)
        kept = features.to(self.dtype).cpu()
        if not features.isfinite().all():
            raise InputError(
                f"{where}: the features of {name} are NaN or infinite. "
                f"Check it, and the weights of the {self.kind} encoder."
            )
        if not kept.isfinite().all():
            raise InputError(
                f"cache_features: {kept.dtype} does not hold the features of "
                f"{name}, which go up to {features.abs().max():g}. Use "
                "--cache_features=False."
            )
        return kept

    def _inputs(self, name):
        """What the encoder takes of an utterance."""
        entry, _ = self.utterances[name]
        return read_entry(
            name, entry, self.normalizer, self.data_root, self.equalizer
        )

    def _where(self, name):
        """What an utterance comes from, for a message."""
        return self.utterances[name][0]["wav"]

    def _length(self, entry):
        """About how many steps the encoder gets of an utterance."""
        return round(entry["duration"] * self.sample_rate)

    def _bytes_of(self, entries):
        lengths = [self._length(entry) for entry in entries]
        return self.encoder.prefix_numbers(lengths) * self.dtype.itemsize

    def _full(self, error):
        """Explain what to do when the folder cannot be written."""
        needed = self._bytes_of(entry for entry, _ in self.utterances.values())
        return (
            f"cache_folder: {self.folder} cannot be written "
            f"({error.strerror or error}). The features of all "
            f"{len(self.utterances)} utterances take about {in_words(needed)}: "
            "make room, or give another --cache_folder or "
            "--cache_features=False."
        )


class TextFeatureCache(FeatureCache):
    """As `FeatureCache`, of a text encoder's frozen layers.

    Arguments
    ---------
    encoder : turbo_sb.encoders.TextEncoder
        Whose frozen layers compute them.
    folder : str
        As in `FeatureCache`.
    dtype : str, optional
        As in `FeatureCache`.
    """

    kind = "text"

    def __init__(self, encoder, folder: str | Path, dtype: str | None = None):
        super().__init__(encoder, folder, dtype=dtype)
        self.tokenize = encoder.tokenize

    def fill(self, entries: dict, *args, **kwargs) -> int:
        """As `FeatureCache.fill`.

        Arguments
        ---------
        entries : dict
            As in `FeatureCache.fill`.
        *args
            As in `FeatureCache.fill`.
        **kwargs
            As in `FeatureCache.fill`.

        Returns
        -------
        n_computed : int
        """
        computed = super().fill(entries, *args, **kwargs)
        self.tokenize = None  # it need not go to other processes
        return computed

    def _keyed(self, entries):
        """Return token ids and content keys; a text is tokenised once."""
        ids_of = functools.cache(self.tokenize)
        found = {}
        for name, entry in entries.items():
            ids = ids_of(entry["text"])
            found[name] = ids, digest("text", ids.tolist())
        return found

    def _inputs(self, name):
        return self.utterances[name][0]

    def _where(self, name):
        return "text"

    def _length(self, ids):
        return len(ids)


def in_words(size: float) -> str:
    """Write a number of bytes, such as 1.3 GB."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size / 1e3:.1f} kB"
