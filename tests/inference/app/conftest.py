"""A classifier that may lack either modality, and something to show it."""

import json

import pytest
import soundfile
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from turbo_sb.inference.classifier import TurboClassifier
from turbo_sb.inference.export import write_export
from turbo_sb.inference.neighbours import FACTS, VECTORS, Neighbours

LABELS = ["ang", "<b>hap</b>", "neu", "sad"]


@pytest.fixture
def make_classifier(make_model, tmp_path):
    """An exported and loaded model; if of both, trained to lack either."""

    def make(**settings):
        rate = 0.0 if "modalities" in settings else 0.3
        model = make_model(**{"modality_dropout": rate, **settings})
        write_export(tmp_path / "mine", model, LABELS)
        return TurboClassifier.from_hparams(tmp_path / "mine")

    return make


@pytest.fixture
def classifier(make_classifier):
    """Of both modalities, trained for a missing one."""
    return make_classifier()


@pytest.fixture
def speech(tmp_path):
    """Half a second of noise."""
    noise = torch.randn(8000, generator=torch.Generator().manual_seed(1))
    soundfile.write(tmp_path / "a.wav", 0.1 * noise.numpy(), 16000)
    return tmp_path / "a.wav"


@pytest.fixture
def neighbours(classifier, speech):
    """Three: near in what is heard, in what is written, or in both."""
    signal = classifier.load_audio(speech)[None]
    near = classifier.encode_batch(signal, texts=["hello world"])
    vectors = {}
    for name, own in near.items():
        own = F.normalize(own[0], dim=0)
        side = F.normalize(own + 0.5 * own.roll(1), dim=0)
        first, second = (own, -own) if name == "audio" else (-own, own)
        vectors[name] = torch.stack([first, second, side]).half()
    folder = classifier.hparams.folder
    save_file(vectors, f"{folder}/{VECTORS}")
    facts = [
        {"ID": name, "label": "<b>hap</b>", "text": f"<i>{name}"}
        for name in ("heard", "written", "both")
    ]
    with open(f"{folder}/{FACTS}", "w", encoding="utf-8") as file:
        json.dump(facts, file)
    return Neighbours(folder)
