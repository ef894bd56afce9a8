"""The output of a frozen CNN, computed once per utterance and kept on disk.

One folder serves all folds, methods and seeds, and any number of processes at
once, without a lock: an utterance has a file of its own, which appears whole
and under a name that says all it depends on (`turbo_sb.data.feature_keys`).

Authors
 * The turbo_sb developers 2026
"""

import copy
import functools
import random
from pathlib import Path

import torch
from speechbrain.dataio.preprocess import AudioNormalizer
from speechbrain.utils.logger import get_logger

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
    """Features by utterance: read if they are there, else computed and kept.

    They are computed unpadded, in the CNN's own precision, without TF32 or
    autocast, so that they do not depend on the device or the batch.

    Arguments
    ---------
    encoder : turbo_sb.encoders.AudioEncoder
        Of which the CNN counts. It is copied.
    folder : str
        Gets a folder for each CNN.
    dtype : str
        In which they are kept: float16, bfloat16 or float32; float64 for a
        CNN of that precision.
    sample_rate : int
        The encoder's, in Hz.
    equalizer : turbo_sb.data.channel.equalizer.Equalizer, optional
        As in `make_dataset`.
    data_root : str
        Replaces "{data_root}" in the paths of the entries.

    Raises
    ------
    InputError
        If `dtype` or `folder` is none.
    """

    def __init__(
        self,
        encoder,
        folder,
        dtype="float16",
        sample_rate=16000,
        equalizer=None,
        data_root="",
    ):
        if dtype not in DTYPES:
            raise InputError(
                f"cache_dtype: {dtype!r}: expected float16, bfloat16 or "
                "float32."
            )
        if not isinstance(folder, str | Path):
            raise InputError(f"cache_folder: {folder!r}: expected a folder.")
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

    def fill(self, entries, device="cpu", progress=iter):
        """Compute what is not there, and log what there is.

        Each process takes the utterances in an order of its own, so that
        those that fill one folder at once share the work.

        Arguments
        ---------
        entries : dict
            Utterance ID to its fields, as in a manifest.
        device : str or torch.device
            To compute on.
        progress : callable
            From a list to an iterable over it, such as tqdm.

        Returns
        -------
        n_computed : int
            Here, by this process.

        Raises
        ------
        InputError
            If a recording cannot be read, or the folder not be written.
        """
        self.utterances.update(self._keyed(entries))
        # Of its own generator: the training's goes on as without a cache.
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

    def __call__(self, name):
        """Give an utterance's features.

        Arguments
        ---------
        name : str
            Its ID, among those that `fill` had.

        Returns
        -------
        features : (frames, channels) torch.Tensor
            As they are kept: the encoder makes its own precision of them, on
            its device.
        """
        return self._fetch(name)[0]

    def path(self, name):
        """Say where an utterance's features are.

        Arguments
        ---------
        name : str
            Its ID.

        Returns
        -------
        path : pathlib.Path
        """
        return self.folder / f"{self.utterances[name][1]}.safetensors"

    @property
    def _own(self):
        """A parameter of the CNN, for its type and device."""
        return next(self.cnn.model.feature_extractor.parameters())

    def _keyed(self, entries):
        """Entries and content keys, a recording being read once."""
        digest_of, found = functools.cache(file_digest), {}
        for name, entry in entries.items():
            path = entry["wav"].replace("{data_root}", str(self.data_root))
            key = content_key(name, entry, digest_of(path), self.equalizer)
            found[name] = entry, key
        return found

    def _fetch(self, name):
        """Read, or compute and keep; and whether it was computed."""
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
        """The CNN over one utterance, without padding."""
        entry = self.utterances[name][0]
        signal = read_entry(
            name, entry, self.normalizer, self.data_root, self.equalizer
        )
        wav = signal[None].to(self._own)
        cudnn = torch.backends.cudnn
        with cudnn.flags(cudnn.enabled, deterministic=True, allow_tf32=False):
            features = self.cnn.convolve(wav, [len(signal)])[0][0]
        kept = features.to(self.dtype).cpu()
        if not kept.isfinite().all():
            raise InputError(
                f"cache_dtype: {kept.dtype} does not hold the features of "
                f"{name}, which go up to {features.abs().max():g}. Use "
                "bfloat16 or float32."
            )
        return kept

    def _full(self, error):
        """What to do when the folder cannot be written."""
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
            "room, or give another --cache_folder, --cache_dtype=float16 or "
            "--cache_features=False."
        )


def in_words(size):
    """Say a size.

    Arguments
    ---------
    size : float
        In bytes.

    Returns
    -------
    words : str

    Example
    -------
    >>> in_words(1.29e9), in_words(123456)
    ('1.3 GB', '123.5 kB')
    """
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size / 1e3:.1f} kB"
