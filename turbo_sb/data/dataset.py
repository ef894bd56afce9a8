"""From a manifest to padded batches, through SpeechBrain's data pipelines.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses
import functools
import pickle
from collections.abc import Callable, Sequence

import torch
from speechbrain.dataio.batch import PaddedBatch
from speechbrain.dataio.dataset import DynamicItemDataset
from speechbrain.utils.logger import get_logger

from turbo_sb.data import heartbeat
from turbo_sb.data.audio_io import read_signal
from turbo_sb.data.audio_normalizer import AudioNormalizer
from turbo_sb.data.batch_transport import pack
from turbo_sb.data.manifest import load_manifest
from turbo_sb.utils.errors import InputError

logger = get_logger(__name__)

OUTPUT_KEYS = ["id", "signal", "tokens", "target", "group", "spk_id"]


def read_entry(
    name: str,
    entry: dict,
    normalizer: Callable,
    data_root: str,
    equalizer: Callable | None = None,
) -> torch.Tensor:
    """Read one utterance of a manifest, (samples,), as every model hears it."""
    path = entry["wav"].replace("{data_root}", str(data_root))
    stretch = entry.get("start"), entry.get("stop")
    signal = read_signal(path, normalizer, *stretch)
    return equalizer(signal, name) if equalizer else signal


def make_dataset(
    manifest: str,
    data_root: str,
    tokenize: Callable,
    labels: Sequence[str],
    sample_rate: int = 16000,
    features: Callable | None = None,
    text_features: Callable | None = None,
    augment: Callable | None = None,
    equalizer: Callable | None = None,
    by_length: bool = False,
    group_by: str | None = None,
) -> DynamicItemDataset:
    """Make a dataset of what a training step needs (`OUTPUT_KEYS`)."""
    entries = load_manifest(manifest, ("wav", "duration", "text", "label"))
    for name, entry in entries.items():
        if entry["label"] not in labels:
            raise InputError(
                f"{manifest}: {name}: label is {entry['label']!r}, "
                f"expected one of {list(labels)} (the YAML's labels)."
            )
        entry["token_ids"] = tokenize(entry["text"])
        entry.setdefault("spk_id", "")
    keys = [e["text"] if group_by == "text" else k for k, e in entries.items()]
    for entry, number in zip(entries.values(), group_indices(keys)):
        entry["group_number"] = number
    if by_length:
        longest = sorted(entries, key=lambda name: -entries[name]["duration"])
        entries = {name: entries[name] for name in longest}
    normalizer = AudioNormalizer(sample_rate)

    audio = AudioPipeline(
        entries, normalizer, data_root, features, augment, equalizer
    )
    pipelines = [
        {"func": audio, "takes": "id", "provides": "signal"},
        {
            "func": text_features or _same,
            "takes": "id" if text_features else "token_ids",
            "provides": "tokens",
        },
        {
            "func": functools.partial(_number_label, list(labels)),
            "takes": "label",
            "provides": "target",
        },
        {"func": _as_row, "takes": "group_number", "provides": "group"},
    ]
    return Dataset(entries, pipelines, OUTPUT_KEYS)


class Dataset(DynamicItemDataset):
    """A dataset that any process can be given.

    torch would put each utterance's tokens into shared memory of its own, and
    run out of file handles.
    """

    def __reduce__(self):
        return _restore, (pack(self.__dict__),)


def _restore(contents):
    dataset = object.__new__(Dataset)
    dataset.__dict__.update(pickle.loads(contents))
    return dataset


@dataclasses.dataclass
class AudioPipeline:
    """Read, resample, mix down, equalise and augment an utterance by its ID.

    Here and below nothing is local to a function: where readers are spawned,
    as on Windows, on a Mac and by Python 3.14, a dataset is pickled.
    """

    entries: dict
    normalizer: Callable
    data_root: str
    features: Callable | None = None
    augment: Callable | None = None
    equalizer: Callable | None = None

    def __call__(self, name: str) -> torch.Tensor:
        """The signal or its features, as a model hears it in this epoch."""
        heartbeat.beat()
        if self.features:
            return self.features(name)
        signal = read_entry(
            name,
            self.entries[name],
            self.normalizer,
            self.data_root,
            self.equalizer,
        )
        return self.augment(signal, name) if self.augment else signal


def _same(tokens):
    """Pass the tokens, which were made with the dataset."""
    return tokens


def _number_label(labels, label):
    """Number the label as the classifier's outputs."""
    return torch.tensor([labels.index(label)])


def _as_row(number):
    """Number the group, to compare on any device."""
    return number[None]


def make_datasets(
    annotations: dict[str, str],
    tokenizer,
    train_augment: Callable | None = None,
    **settings,
) -> dict[str, DynamicItemDataset]:
    """Make the datasets of a run; an example is what a training step needs.

    An example has ``id, signal, tokens, target, group, spk_id``; the last is
    "" if unknown. Training examples come in the manifest's order, the others
    by length, which wastes the least on padding.

    Arguments
    ---------
    annotations : dict
        "train", "valid" and "test" to a manifest.
    tokenizer : TextEncoder
        Gives ``tokenize`` and ``max_tokens``. Each text is tokenised once.
    train_augment : callable, optional
        Applied to each training signal and its ID, anew each time.
    **settings
        ``data_root``, which replaces "{data_root}" in the manifests' paths;
        ``labels`` in the order of the classifier's outputs; ``sample_rate`` of
        the encoder, in Hz; ``equalizer``, applied to each signal and its ID;
        ``features`` and ``text_features``, caches whose features replace the
        signals and the tokens;
        ``group_by="text"`` to give utterances of one text one group, else
        each has its own.

    Returns
    -------
    datasets : dict
        As `annotations`, to datasets.

    Raises
    ------
    InputError
        If a manifest is not valid, or has a label that is not in `labels`.
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
    """Warn of texts that the tokeniser truncates silently."""
    full = [
        name
        for dataset in datasets.values()
        for name, entry in dataset.data.items()
        if len(entry["token_ids"]) >= limit
    ]
    if full:
        logger.warning(
            f"{len(full)} texts fill the text encoder's limit of {limit} "
            f"tokens, and the rest is cut; the first is {full[0]}."
        )


def collate_with(pad_id: int) -> Callable:
    """Collate examples into a PaddedBatch, tokens padded with `pad_id`."""
    padding = {"tokens": {"value": pad_id}}
    return functools.partial(PaddedBatch, per_key_padding_kwargs=padding)


def group_indices(keys: Sequence[str]) -> torch.Tensor:
    """Number keys, (n,) of int64, equal ones alike."""
    known = {}
    return torch.tensor([known.setdefault(key, len(known)) for key in keys])
