"""The training utterances that are nearest, against a loop."""

import json
import math

import pytest
import soundfile
import torch
from safetensors.torch import save_file

from turbo_sb.data.manifest import write_json
from turbo_sb.inference.classifier import TurboClassifier
from turbo_sb.inference.export import write_export
from turbo_sb.inference.export_format import read_export
from turbo_sb.inference.neighbours import Neighbours, save_neighbours
from turbo_sb.utils.checksums import write_sums
from turbo_sb.utils.errors import InputError

LABELS = ["ang", "hap", "neu", "sad"]


@pytest.fixture
def folder(make_model, tmp_path):
    """An export with the neighbours of a training on four utterances."""
    generator, entries = torch.Generator().manual_seed(1), {}
    for k, label in enumerate(LABELS):
        noise = 0.1 * torch.randn(4000 * (k + 1), generator=generator)
        soundfile.write(tmp_path / f"{k}.wav", noise.numpy(), 16000, "FLOAT")
        entries[f"u{k}"] = {
            "wav": f"{{data_root}}/{k}.wav",
            "duration": 0.25 * (k + 1),
            "text": ["hello", "world", "hello world", "well"][k],
            "label": label,
        }
    write_json({tmp_path / "train.json": entries})
    model = make_model().eval()
    write_export(tmp_path / "mine", model, LABELS)
    hparams = {"labels": LABELS, "data_folder": str(tmp_path)}
    save_neighbours(tmp_path / "mine", tmp_path, model, hparams)
    write_sums(tmp_path / "mine", leave_out=["inference.yaml", "README.md"])
    return tmp_path / "mine"


def cosine(one, two):
    product = sum(a * b for a, b in zip(one, two))
    return product / math.sqrt(
        sum(a * a for a in one) * sum(b * b for b in two)
    )


def embed(folder, k, text):
    classifier = TurboClassifier.from_hparams(folder)
    signal = classifier.load_audio(folder.parent / f"{k}.wav")
    found = classifier.encode_batch(signal[None], None, [text])
    return {name: values[0] for name, values in found.items()}


def test_an_utterance_is_nearest_to_itself(folder):
    found = Neighbours(folder).nearest(embed(folder, 2, "hello world"), n=2)
    assert found[0]["ID"] == "u2" and found[0]["label"] == "neu"
    assert found[0]["text"] == "hello world"
    assert found[0]["similarity"] == pytest.approx(1, abs=2e-3)
    assert found[0]["similarity"] >= found[1]["similarity"]
    assert len(found) == 2


@pytest.mark.parametrize("modalities", [["audio"], ["text"], ["audio", "text"]])
def test_similarity_is_the_mean_cosine(folder, modalities):
    own = {
        name: x
        for name, x in embed(folder, 1, "hello world").items()
        if name in modalities
    }
    found = Neighbours(folder).nearest(own, n=9)
    assert len(found) == 4
    texts = ["hello", "world", "hello world", "well"]
    for neighbour in found:
        k = int(neighbour["ID"][1:])
        theirs = embed(folder, k, texts[k])
        cosines = [
            cosine(own[name].tolist(), theirs[name].tolist()) for name in own
        ]
        mean = sum(cosines) / len(cosines)
        # Kept in half precision.
        assert neighbour["similarity"] == pytest.approx(mean, abs=2e-3)


def test_an_export_with_them_can_be_read(folder):
    assert read_export(folder)["labels"] == LABELS
    assert len(json.loads((folder / "neighbours.json").read_text())) == 4


@pytest.mark.parametrize(
    "facts",
    ["[]", "{}", "[[[[", '[{"ID": 1}]', '[{"ID": "a", "text": null}]'],
)
def test_facts_that_no_export_wrote(folder, facts):
    (folder / "neighbours.json").write_text(facts)
    with pytest.raises(InputError, match="neighbours.json: "):
        Neighbours(folder)


def test_embeddings_of_another_model(folder):
    vectors = {"audio": torch.zeros(4, 7).half()}
    save_file(vectors, folder / "neighbours.safetensors")
    neighbours = Neighbours(folder)
    for own in ({"audio": torch.zeros(9)}, {"text": torch.zeros(7)}):
        with pytest.raises(InputError, match="neighbours.safetensors: its "):
            neighbours.nearest(own)


def test_without_them(make_model, tmp_path):
    write_export(tmp_path / "mine", make_model(), LABELS)
    with pytest.raises(InputError, match="no neighbours in it. Export it with"):
        Neighbours(tmp_path / "mine")
