"""From a manifest to a padded batch."""

import json
import logging
import os
import pickle
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from speechbrain.dataio.dataloader import make_dataloader

from turbo_sb.data.augment import TrainAugment
from turbo_sb.data.batch_transport import Sent
from turbo_sb.data.channel import Equalizer
from turbo_sb.data.dataset import (
    collate_with,
    group_indices,
    make_dataset,
    make_datasets,
)
from turbo_sb.utils.errors import InputError

LABELS = ["ang", "hap"]


def tone(seconds=0.5, rate=16000, pitch=440):
    return 0.5 * np.sin(
        2 * np.pi * pitch * np.arange(int(seconds * rate)) / rate
    )


def letters(text):
    """A tokeniser: a = 1, b = 2, ..."""
    return torch.tensor([ord(letter) - 96 for letter in text])


def write_corpus(folder, **changes):
    """Two utterances and their manifest; changes are to the second."""
    entries = {}
    for name, text, seconds, emo in (
        ("x", "ab", 0.2, "ang"),
        ("y", "c", 0.1, "hap"),
    ):
        soundfile.write(folder / f"{name}.wav", tone(seconds), 16000)
        entries[name] = {
            "wav": f"{{data_root}}/{name}.wav",
            "duration": seconds,
            "text": text,
            "label": emo,
        }
    entries["y"].update(changes)
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(entries))
    return str(manifest)


def corpus_dataset(folder, **changes):
    manifest = write_corpus(folder, **changes)
    return make_dataset(manifest, folder, letters, LABELS)


def same_item(ours, theirs):
    return all(
        torch.equal(ours[key], theirs[key])
        if isinstance(theirs[key], torch.Tensor)
        else ours[key] == theirs[key]
        for key in theirs
    )


class TestPickled:
    """As readers get it that are spawned: a Mac, Windows, Python 3.14."""

    def pickled(self, dataset):
        return pickle.loads(ForkingPickler.dumps(dataset))

    def test_it_gives_the_same(self, tmp_path):
        manifest = write_corpus(tmp_path)
        dataset = make_dataset(
            manifest,
            tmp_path,
            letters,
            LABELS,
            augment=TrainAugment(crop_seconds=0.05, noise_snr=20),
            equalizer=Equalizer(rms_db=-26, band=[300, 3400]),
            group_by="text",
        )
        other = self.pickled(dataset)
        assert all(same_item(a, b) for a, b in zip(other, dataset))
        assert len(other) == len(dataset) == 2

    def test_utterances_take_no_file_handles(self, tmp_path):
        """torch would share each tensor through a handle of its own."""
        entries = json.loads(Path(write_corpus(tmp_path)).read_text())
        many = {f"u{n}": entries["x"] for n in range(500)}
        manifest = tmp_path / "many.json"
        manifest.write_text(json.dumps(many))
        dataset = make_dataset(str(manifest), tmp_path, letters, LABELS)
        before = len(os.listdir("/proc/self/fd"))
        contents = ForkingPickler.dumps(dataset)
        assert len(os.listdir("/proc/self/fd")) == before
        assert same_item(pickle.loads(contents)[499], dataset[499])

    def test_collate_and_reader_too(self, tmp_path):
        collate = self.pickled(Sent(collate_with(9)))
        assert collate([corpus_dataset(tmp_path)[0]]).id == ["x"]


class TestDataset:
    def test_an_utterance(self, tmp_path):
        item = corpus_dataset(tmp_path)[1]
        assert item["id"] == "y"
        assert item["signal"].shape == (1600,)
        assert item["tokens"].tolist() == [3]
        assert item["target"].tolist() == [1]
        assert item["spk_id"] == ""

    def test_a_manifest_of_an_earlier_version(self, tmp_path):
        manifest = Path(write_corpus(tmp_path, spk_id="Ses01F"))
        text = manifest.read_text().replace('"label"', '"emo"')
        manifest.write_text(text.replace('"spk_id"', '"speaker"'))
        item = make_dataset(manifest, tmp_path, letters, LABELS)[1]
        assert (item["target"].tolist(), item["spk_id"]) == ([1], "Ses01F")

    def test_an_unknown_label_names_the_utterance(self, tmp_path):
        with pytest.raises(InputError, match="y: label is 'sad'.*'ang', 'hap'"):
            corpus_dataset(tmp_path, label="sad")

    def test_an_unreadable_recording_is_named_when_it_is_read(self, tmp_path):
        dataset = corpus_dataset(tmp_path, wav="{data_root}/gone.wav")
        assert dataset[0]["id"] == "x"
        with pytest.raises(InputError, match=f"{tmp_path}/gone.wav"):
            dataset[1]

    def test_a_missing_field_is_an_error(self, tmp_path):
        manifest = Path(write_corpus(tmp_path))
        entries = json.loads(manifest.read_text())
        del entries["y"]["label"]
        manifest.write_text(json.dumps(entries))
        with pytest.raises(InputError, match="y: the field label is missing"):
            make_dataset(manifest, tmp_path, letters, LABELS)

    def test_a_text_is_tokenised_once(self, tmp_path):
        seen = []

        def tokenize(text):
            seen.append(text)
            return letters(text)

        dataset = make_dataset(
            write_corpus(tmp_path), tmp_path, tokenize, LABELS
        )
        for _ in range(2):
            assert dataset[0]["tokens"].tolist() == [1, 2]
        assert seen == ["ab", "c"]

    def test_a_batch_is_padded_with_the_tokenisers_pad(self, tmp_path):
        (batch,) = make_dataloader(
            corpus_dataset(tmp_path), batch_size=2, collate_fn=collate_with(9)
        )
        assert batch.id == ["x", "y"]
        assert batch.tokens.data.tolist() == [[1, 2], [3, 9]]
        assert batch.tokens.lengths.tolist() == [1, 0.5]
        assert batch.signal.data.shape == (2, 3200)
        assert not batch.signal.data[1, 1600:].any()
        assert batch.signal.lengths.tolist() == [1, 0.5]
        assert batch.target.data.tolist() == [[0], [1]]


class TestDatasets:
    @staticmethod
    def make(folder, tokenizer, augment=None, test_text="c", **settings):
        """Training and test, whose second text may be another."""
        annotations = {}
        for name, text in (("train", "c"), ("test", test_text)):
            manifest = Path(write_corpus(folder, text=text))
            annotations[name] = manifest.rename(folder / f"{name}.json")
        settings = {"labels": LABELS, **settings}
        return make_datasets(
            annotations, tokenizer, augment, data_root=folder, **settings
        )

    def test_only_training_is_augmented(self, tmp_path, make_text):
        datasets = self.make(
            tmp_path, make_text(), lambda signal, name: 0 * signal
        )
        assert not datasets["train"][0]["signal"].any()
        assert datasets["test"][0]["signal"].any()

    def test_evaluation_goes_by_length(self, tmp_path, make_text):
        """Training goes by its sampler, from the manifest's order."""
        found = {}
        for name in ("train", "test"):
            manifest = Path(write_corpus(tmp_path))
            entries = json.loads(manifest.read_text())
            for entry, seconds in zip(entries.values(), (0.1, 0.2)):
                entry["duration"] = seconds
            found[name] = tmp_path / f"{name}.json"
            found[name].write_text(json.dumps(entries))
        settings = {"labels": LABELS}
        datasets = make_datasets(
            found, make_text(), data_root=tmp_path, **settings
        )
        names = {k: list(dataset.data) for k, dataset in datasets.items()}
        assert names["test"] == names["train"][::-1]

    def test_settings_are_of_every_dataset(self, tmp_path, make_text):
        datasets = self.make(tmp_path, make_text(), sample_rate=8000)
        for dataset in datasets.values():
            assert dataset[0]["signal"].shape == (1600,)

    def test_a_long_text_is_cut_and_reported(self, tmp_path, make_text, caplog):
        with caplog.at_level(logging.WARNING):
            datasets = self.make(
                tmp_path, make_text(), test_text="hello " * 600
            )
        assert len(datasets["test"][1]["tokens"]) == 512
        assert "1 texts fill the text encoder's limit of 512" in caplog.text
        assert "the first is y" in caplog.text

    def test_short_texts_are_not_reported(self, tmp_path, make_text, caplog):
        with caplog.at_level(logging.WARNING):
            self.make(tmp_path, make_text())
        assert "texts fill" not in caplog.text


def test_group_indices_are_equal_where_the_keys_are():
    found = group_indices(["b", "a", "b", "c", "a"])
    assert found.tolist() == [0, 1, 0, 2, 1]
    assert found.dtype == torch.long
