"""From a manifest to padded batches, through SpeechBrain's data pipelines.

Authors
 * The turbo_sb developers 2026
"""

import functools

import soundfile
import torch
from speechbrain.dataio.batch import PaddedBatch
from speechbrain.dataio.dataio import read_audio
from speechbrain.dataio.dataset import DynamicItemDataset
from speechbrain.dataio.preprocess import AudioNormalizer
from speechbrain.utils.data_pipeline import provides, takes
from speechbrain.utils.logger import get_logger

from turbo_sb.data.manifest import load_manifest
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.seeding import generator_of

logger = get_logger(__name__)

OUTPUT_KEYS = ["id", "signal", "tokens", "target", "group", "speaker"]


class TrainAugment:
    """A random crop and light noise, drawn once and shared by both views.

    The paper has neither, and by default neither is applied. What is drawn
    depends on the seed, the epoch and the utterance alone.

    Arguments
    ---------
    crop_seconds : float, optional
        A longer utterance is cut to a random stretch of this length.
    noise_snr : float, optional
        Signal-to-noise ratio of added white noise, in dB.
    sample_rate : int
        Of the signals, in Hz.
    seed : int
        Of the draws. An attribute ``epoch`` says which epoch's they are.

    Example
    -------
    >>> augment = TrainAugment(crop_seconds=0.5, sample_rate=16000)
    >>> augment(torch.rand(16000), "utterance1").shape
    torch.Size([8000])
    """

    epoch = 1

    def __init__(
        self, crop_seconds=None, noise_snr=None, sample_rate=16000, seed=0
    ):
        for key, value in (
            ("train_crop_seconds", crop_seconds),
            ("train_noise_snr", noise_snr),
        ):
            if value is not None and not isinstance(value, int | float):
                raise InputError(f"{key}: {value!r} is not a number.")
        if crop_seconds is not None and not crop_seconds > 0:
            raise InputError(f"train_crop_seconds: {crop_seconds} is not > 0.")
        self.crop = crop_seconds and max(1, round(crop_seconds * sample_rate))
        self.noise_snr, self.seed = noise_snr, seed

    def __call__(self, signal, name):
        """Crop one utterance and add noise to it.

        Arguments
        ---------
        signal : (samples,) torch.Tensor
            A waveform.
        name : str
            The utterance's ID.

        Returns
        -------
        signal : (samples,) torch.Tensor
        """
        generator = generator_of(self.seed, "augmentation", self.epoch, name)
        if self.crop and len(signal) > self.crop:
            starts = len(signal) - self.crop + 1
            start = int(torch.randint(starts, (), generator=generator))
            signal = signal[start : start + self.crop]
        if self.noise_snr is not None:
            level = signal.square().mean().sqrt() * 10 ** (-self.noise_snr / 20)
            noise = torch.randn(len(signal), generator=generator)
            signal = signal + level * noise
        return signal


def read_signal(path, normalizer, start=None, stop=None):
    """Read one recording, or a stretch of one, as the encoder wants it.

    Arguments
    ---------
    path : str
        Any format, rate and number of channels that soundfile reads.
    normalizer : speechbrain.dataio.preprocess.AudioNormalizer
        Resamples and mixes down.
    start : float, optional
        Where the stretch begins, in seconds.
    stop : float, optional
        Where it ends, in seconds.

    Returns
    -------
    signal : (samples,) torch.Tensor

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    try:
        rate = soundfile.info(path).samplerate
        stretch = {"file": path, "start": round((start or 0) * rate)}
        if stop is not None:
            stretch["stop"] = round(stop * rate)
        return normalizer(read_audio(stretch), rate)
    except (OSError, RuntimeError) as error:
        raise InputError(f"{path}: cannot be read as audio: {error}") from error


def read_entry(name, entry, normalizer, data_root, equalizer=None):
    """Read one utterance of a manifest, the way every model hears it.

    Arguments
    ---------
    name : str
        The utterance's ID.
    entry : dict
        Its fields: ``wav``, and ``start`` and ``stop`` (s) where it is a
        stretch of a longer recording.
    normalizer : speechbrain.dataio.preprocess.AudioNormalizer
        Resamples and mixes down.
    data_root : str
        Replaces "{data_root}" in the path.
    equalizer : turbo_sb.data.channel.equalizer.Equalizer, optional
        Makes the channels of all utterances alike.

    Returns
    -------
    signal : (samples,) torch.Tensor
    """
    path = entry["wav"].replace("{data_root}", str(data_root))
    stretch = entry.get("start"), entry.get("stop")
    signal = read_signal(path, normalizer, *stretch)
    return equalizer(signal, name) if equalizer else signal


def make_dataset(
    manifest,
    data_root,
    tokenize,
    labels,
    label_key="label",
    sample_rate=16000,
    features=None,
    augment=None,
    equalizer=None,
    by_length=False,
    group_by=None,
):
    """A dataset of what a training step needs.

    Arguments
    ---------
    manifest : str
        A JSON file: utterance id to ``wav, duration, text`` and a label.
    data_root : str
        Replaces "{data_root}" in the paths of the manifest.
    tokenize : callable
        Maps a text to token ids, (tokens,) torch.LongTensor. Called once for
        each text, now.
    labels : list of str
        The classes, in the order of the classifier's outputs.
    label_key : str
        The manifest's field with the label.
    sample_rate : int
        The encoder's, in Hz.
    features : turbo_sb.data.feature_cache.FeatureCache, optional
        Maps an ID to (frames, channels) features, which are then the signal.
    augment : callable, optional
        Applied to each signal and its ID, anew each time.
    equalizer : turbo_sb.data.channel.equalizer.Equalizer, optional
        Applied to each signal before, always alike.
    by_length : bool
        Whether the longest come first, which wastes the least on padding;
        else they come as in the manifest.
    group_by : str, optional
        "text" numbers utterances of equal texts alike; otherwise each has a
        number of its own, its ID's.

    Returns
    -------
    dataset : speechbrain.dataio.dataset.DynamicItemDataset
        With ``id, signal, tokens, target, group, speaker``; the speaker is ""
        where the manifest has none.
    """
    entries = load_manifest(manifest, ("wav", "duration", "text", label_key))
    for name, entry in entries.items():
        if entry[label_key] not in labels:
            raise InputError(
                f"{manifest}: {name}: {label_key} is {entry[label_key]!r}, "
                f"expected one of {list(labels)} (the YAML's labels)."
            )
        entry["token_ids"] = tokenize(entry["text"])
        entry.setdefault("speaker", "")
    keys = [e["text"] if group_by == "text" else k for k, e in entries.items()]
    for entry, number in zip(entries.values(), group_indices(keys)):
        entry["group_number"] = number
    if by_length:
        longest = sorted(entries, key=lambda name: -entries[name]["duration"])
        entries = {name: entries[name] for name in longest}
    normalizer = AudioNormalizer(sample_rate)

    @takes("id")
    @provides("signal")
    def audio_pipeline(name):
        """Read, resample, mix down, equalise and augment."""
        if features:
            return features(name)
        signal = read_entry(
            name, entries[name], normalizer, data_root, equalizer
        )
        return augment(signal, name) if augment else signal

    @takes("token_ids")
    @provides("tokens")
    def text_pipeline(token_ids):
        """The texts were tokenised once, when the dataset was made."""
        return token_ids

    @takes(label_key)
    @provides("target")
    def label_pipeline(label):
        """The label's place in the classifier's output."""
        return torch.tensor([labels.index(label)])

    @takes("group_number")
    @provides("group")
    def group_pipeline(number):
        """Told apart from other utterances on any device."""
        return number[None]

    pipelines = [audio_pipeline, text_pipeline, label_pipeline, group_pipeline]
    return DynamicItemDataset(entries, pipelines, OUTPUT_KEYS)


def make_datasets(annotations, tokenizer, train_augment=None, **settings):
    """The datasets of a run: "train" augmented, the others by length.

    Arguments
    ---------
    annotations : dict
        "train", "valid" and "test" to a manifest.
    tokenizer : TextEncoder
        Gives ``tokenize`` and ``max_tokens``.
    train_augment : callable, optional
        Applied to each training signal.
    **settings
        As in `make_dataset`: data_root, labels, label_key, sample_rate,
        equalizer, features.

    Returns
    -------
    datasets : dict
        As `annotations`, to datasets.
    """
    datasets = {
        name: make_dataset(
            manifest,
            tokenize=tokenizer.tokenize,
            augment=train_augment if name == "train" else None,
            by_length=name != "train",
            **settings,
        )
        for name, manifest in annotations.items()
    }
    _report_long_texts(datasets, tokenizer.max_tokens)
    return datasets


def _report_long_texts(datasets, limit):
    """Truncation is silent in the tokeniser, and must not be for the user."""
    full = [
        name
        for dataset in datasets.values()
        for name, entry in dataset.data.items()
        if len(entry["token_ids"]) >= limit
    ]
    if full:
        logger.warning(
            f"{len(full)} texts fill the text encoder's limit of {limit} "
            f"tokens, and what is beyond is cut; the first is {full[0]}."
        )


def collate_with(pad_id):
    """A collate function that pads token ids with the tokeniser's own pad.

    Arguments
    ---------
    pad_id : int
        Token id of the padding.

    Returns
    -------
    collate : callable
        Maps examples to a PaddedBatch.

    Example
    -------
    >>> examples = [{"tokens": torch.tensor([5, 6])}, {"tokens": torch.tensor([5])}]
    >>> collate_with(9)(examples).tokens.data
    tensor([[5, 6],
            [5, 9]])
    """
    padding = {"tokens": {"value": pad_id}}
    return functools.partial(PaddedBatch, per_key_padding_kwargs=padding)


def group_indices(keys):
    """Number equal keys alike, to compare them on any device.

    Arguments
    ---------
    keys : sequence of str
        Utterance ids or texts.

    Returns
    -------
    indices : (n,) torch.LongTensor

    Example
    -------
    >>> group_indices(["yeah", "no", "yeah"])
    tensor([0, 1, 0])
    """
    known = {}
    return torch.tensor([known.setdefault(key, len(known)) for key in keys])
