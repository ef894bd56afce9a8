"""Trainings with frozen layers: with a cache as without, and resumed."""

import functools
import re
import shutil

import numpy as np
import pytest
import torch

from tests import iemocap_layout
from tests.recipes.recipe_runs import FOLDER, arguments, load_train
from turbo_sb.data.feature_cache import FeatureCache, TextFeatureCache
from turbo_sb.inference.export import export_run
from turbo_sb.inference.export_format import read_export
from turbo_sb.training import cached_features
from turbo_sb.utils.errors import InputError


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return iemocap_layout.lay_out(tmp_path_factory.mktemp("iemocap"))


@pytest.fixture
def run(corpus, encoder_folders, tmp_path, monkeypatch):
    """Train; return embeddings and the log. Features are in float32."""
    main = load_train(FOLDER).main
    for kind in (FeatureCache, TextFeatureCache):
        exact = functools.partial(kind, dtype="float32")
        monkeypatch.setattr(cached_features, kind.__name__, exact)

    def run(name, method="turbo", encoders=None, **overrides):
        given = {
            "freeze_cnn": True,
            "cache_folder": tmp_path / "features",
            **overrides,
        }
        folders = encoders or encoder_folders["small"]
        main(arguments(method, tmp_path / name, corpus, folders, **given))
        with np.load(tmp_path / name / "embeddings.npz") as arrays:
            found = {key: arrays[key] for key in ("audio", "text")}
        return found, (tmp_path / name / "log.txt").read_text()

    return run


def largest_difference(one, other):
    return max(np.abs(one[name] - other[name]).max() for name in one)


@pytest.fixture
def moved(encoder_folders, tmp_path):
    """Encoders that can be deleted."""
    folders = []
    for kind, folder in zip(("audio", "text"), encoder_folders["small"]):
        shutil.copytree(folder, tmp_path / "sources" / kind)
        folders.append(str(tmp_path / "sources" / kind))
    return folders


@pytest.mark.parametrize(
    "keys",
    [
        {"frozen_layers": 1},
        {"frozen_layers": "all", "layer_sum": True},
        {"audio_frozen_layers": "all", "text_frozen_layers": 1},
    ],
)
def test_with_a_cache_as_without(run, keys):
    plain, log = run("plain", cache_features=False, **keys)
    assert "features:" not in log
    cached, log = run("cached", **keys)
    found = re.findall(r"(\w+) features: \d+ utterances, of which (\d+)", log)
    assert [kind for kind, _ in found] == ["audio", "text"]
    assert largest_difference(cached, plain) < 1e-4


def test_nothing_is_read_once_it_is_cached(run, tmp_path, monkeypatch):
    run("first", frozen_layers="all", number_of_epochs=1)

    def read(*_, **__):
        raise AssertionError("audio was read")

    monkeypatch.setattr("turbo_sb.data.dataset.read_entry", read)
    monkeypatch.setattr("turbo_sb.data.feature_cache.read_entry", read)
    monkeypatch.setattr("turbo_sb.encoders.base.UtteranceEncoder._pooled", read)
    run("second", frozen_layers="all", number_of_epochs=1)


def test_resumed_without_the_sources(run, tmp_path, moved):
    """Also exported; the checkpoints hold nothing that is frozen."""
    keys = {"frozen_layers": 1, "encoders": moved}
    whole, _ = run("whole", number_of_epochs=2, **keys)
    run("run", number_of_epochs=1, **keys)
    shutil.rmtree(tmp_path / "sources")
    resumed, log = run("run", number_of_epochs=2, **keys)
    assert "resumes with what its checkpoints hold" in log
    assert largest_difference(whole, resumed) == 0
    (frozen,) = (tmp_path / "run" / "save").glob("frozen+*")
    for path in (tmp_path / "run" / "save").glob("CKPT*"):
        held = torch.load(path / "model.ckpt")
        kept = torch.load(frozen / "model.ckpt")
        assert not set(held) & set(kept)
        layers = [name for name in kept if "encoder.layers.0." in name]
        assert layers and "classifier.weight" in held
    export = tmp_path / "exported"
    export_run(tmp_path / "run", export)
    read_export(export)


def test_new_training_needs_the_sources(run, tmp_path, moved):
    shutil.rmtree(tmp_path / "sources")
    with pytest.raises(InputError, match="audio_encoder_source: there is no"):
        run("run", encoders=moved)


@pytest.mark.parametrize("key", ["train_crop_seconds", "train_noise_snr"])
def test_augmented_audio_is_not_cached(run, key):
    keys = {"frozen_layers": "all", "number_of_epochs": 1, key: 10}
    _, log = run("run", **keys)
    assert f"cache_features is switched off: {key}" in log
    assert "text features: 80" in log and "audio features:" not in log
