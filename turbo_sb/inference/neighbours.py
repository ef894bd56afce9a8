"""The training utterances in the joint space, to show the nearest ones.

Authors
 * The turbo_sb developers 2026
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from tqdm import tqdm

from turbo_sb.data.audio_normalizer import AudioNormalizer
from turbo_sb.data.dataset import read_entry
from turbo_sb.data.manifest import load_manifest
from turbo_sb.inference.embedding import embed_audio, embed_text
from turbo_sb.inference.trained_run import describe
from turbo_sb.utils.errors import InputError

VECTORS, FACTS = "neighbours.safetensors", "neighbours.json"
AT_ONCE = 32  # utterances


def save_neighbours(folder, run, model, hparams) -> None:
    """Embed the training utterances and save them beside the model."""
    entries = load_manifest(Path(run) / "train.json")
    settings = describe(model, hparams, run)
    names = sorted(entries, key=lambda name: -entries[name]["duration"])
    parts = [names[k : k + AT_ONCE] for k in range(0, len(names), AT_ONCE)]
    found = {name: [] for name in model.encoders}
    with torch.no_grad():
        for part in tqdm(parts, desc="neighbours", leave=False):
            for name, values in _embed(part, entries, model, hparams, settings):
                found[name].append(F.normalize(values, dim=-1).half())
    vectors = {name: torch.cat(parts) for name, parts in found.items()}
    save_file(vectors, Path(folder) / VECTORS)
    facts = [
        {
            "ID": name,
            "label": entries[name].get("label"),
            "text": entries[name]["text"],
        }
        for name in names
    ]
    text = json.dumps(facts, ensure_ascii=False)
    (Path(folder) / FACTS).write_text(text, encoding="utf-8")


def _embed(names, entries, model, hparams, settings):
    if "audio" in model.encoders:
        rate, data = settings["sample_rate"], hparams["data_folder"]
        reading = AudioNormalizer(rate), data, hparams.get("equalizer")
        signals = [read_entry(name, entries[name], *reading) for name in names]
        window = settings["window_seconds"]
        yield "audio", embed_audio(model, signals, rate, window)
    if "text" in model.encoders:
        texts = [entries[name]["text"] for name in names]
        yield "text", embed_text(model, texts, settings["empty_text"])


class Neighbours:
    """The training utterances that were exported with a model."""

    def __init__(self, folder):
        folder = Path(folder)
        if not (folder / VECTORS).is_file():
            raise InputError(
                f"{folder}: no neighbours in it. Export it with --neighbours."
            )
        self.vectors = load_file(folder / VECTORS)
        text = (folder / FACTS).read_text(encoding="utf-8")
        self.facts = json.loads(text)

    def nearest(self, embeddings, n=5) -> list[dict]:
        """Return the n most similar training utterances, the nearest first."""
        similar = torch.stack(
            [
                self.vectors[name].float() @ F.normalize(own.cpu(), dim=-1)
                for name, own in embeddings.items()
            ]
        ).mean(dim=0)
        values, rows = similar.topk(min(n, len(similar)))
        return [
            {**self.facts[row], "similarity": value}
            for row, value in zip(rows.tolist(), values.tolist())
        ]
