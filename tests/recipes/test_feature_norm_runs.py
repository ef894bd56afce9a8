"""Trainings on standardised embeddings: resumed, on two processes, exported."""

import re

import pytest
import torch

from tests.encoders.families import build
from tests.recipes.recipe_runs import start_ranks
from tests.recipes.test_export_runs import (
    final_probabilities,
    largest_difference,
    predicted,
)
from turbo_sb.inference.classifier import TurboClassifier
from turbo_sb.inference.export import export_run
from turbo_sb.inference.export_format import read_export
from turbo_sb.training import feature_statistics

SAID = r"(audio|text) encoder: standardised by (\d+) training utterances"


def statistics(folder):
    """Bytes of what the last checkpoint standardises by."""
    path = max(folder.glob("save/CKPT*")) / "model.ckpt"
    weights = torch.load(path, weights_only=True)
    return {k: v.numpy().tobytes() for k, v in weights.items() if "norms." in k}


def said(folder):
    """Encoders and numbers of utterances in the log."""
    return re.findall(SAID, (folder / "log.txt").read_text())


@pytest.fixture(scope="module")
def whole(run, tmp_path_factory):
    """Two epochs at once, with a modality missing at times."""
    folder = tmp_path_factory.mktemp("normed") / "run"
    run("turbo", folder, feature_norm=True, modality_dropout=0.3)
    return folder


def test_is_of_the_training_set_and_logged(whole):
    assert said(whole) == [("audio", "48"), ("text", "48")]
    names = {
        f"norms.{m}.{k}" for m in ("audio", "text") for k in ("mean", "std")
    }
    assert statistics(whole).keys() == names


def test_a_resumed_run_keeps_its_own(run, whole, tmp_path, monkeypatch):
    """The weights have moved since; and it ends with the same bytes."""
    keys = dict(feature_norm=True, modality_dropout=0.3)
    run("turbo", tmp_path, number_of_epochs=1, **keys)
    monkeypatch.setattr(feature_statistics, "_embed_share", None)
    run("turbo", tmp_path, **keys)
    assert statistics(tmp_path) == statistics(whole)
    for name in ("predictions.csv", "embeddings.npz"):
        assert (tmp_path / name).read_bytes() == (whole / name).read_bytes()


def test_two_processes_have_the_same(command, whole, tmp_path):
    keys = dict(feature_norm=True, modality_dropout=0.3, number_of_epochs=1)
    argv = command("turbo", tmp_path, distributed_backend="gloo", **keys)
    process = start_ranks(2, ["train.py", *argv])
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    assert statistics(tmp_path) == statistics(whole)


def test_chunks_and_recomputation_have_the_same(run, whole, tmp_path):
    keys = dict(recompute=True, encode_chunk=0.5, number_of_epochs=1)
    run("turbo", tmp_path, feature_norm=True, **keys)
    one, other = statistics(tmp_path), statistics(whole)
    for name, found in one.items():
        found, expected = (
            torch.frombuffer(bytearray(x), dtype=torch.float32)
            for x in (found, other[name])
        )
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


def test_an_export_predicts_as_trained(whole, corpus, tmp_path):
    export_run(whole, tmp_path)
    assert read_export(tmp_path)["model"]["feature_norm"] == ["audio", "text"]
    classifier = TurboClassifier.from_hparams(tmp_path)
    found = predicted(classifier, whole / "test.json", corpus)
    assert largest_difference(found, final_probabilities(whole)) <= 1e-5


def test_by_default_it_is_of_whisper(run, corpus, tmp_path):
    """Also where the classifier sees the encoders' outputs."""
    whisper = build("whisper", tmp_path)
    folder = tmp_path / "run"
    run("vanilla", folder, audio_encoder_source=whisper, number_of_epochs=1)
    assert said(folder) == [("audio", "48")]
    export_run(folder, tmp_path / "mine")
    settings = read_export(tmp_path / "mine")["model"]
    assert settings["feature_norm"] == ["audio"]
    classifier = TurboClassifier.from_hparams(tmp_path / "mine")
    found = predicted(classifier, folder / "test.json", corpus)
    assert largest_difference(found, final_probabilities(folder)) <= 1e-5


def test_by_default_it_is_not_of_the_papers_encoders(run, tmp_path):
    run("turbo", tmp_path / "auto", number_of_epochs=1)
    run("turbo", tmp_path / "off", number_of_epochs=1, feature_norm=False)
    assert not said(tmp_path / "auto") and not statistics(tmp_path / "auto")
    one, other = (tmp_path / k / "predictions.csv" for k in ("auto", "off"))
    assert one.read_bytes() == other.read_bytes()
