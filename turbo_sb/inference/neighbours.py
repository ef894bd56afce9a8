"""The training utterances in the joint space, to show the nearest ones.

Authors
 * The turbo_sb developers 2026
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tqdm import tqdm

from turbo_sb.data.audio_normalizer import AudioNormalizer
from turbo_sb.data.dataset import read_entry
from turbo_sb.data.manifest import load_manifest
from turbo_sb.inference.embedding import embed_audio, embed_text
from turbo_sb.inference.export_folder import FACTS, VECTORS
from turbo_sb.inference.export_sizes import read_shapes
from turbo_sb.inference.security import read_json_of_others
from turbo_sb.inference.trained_run import describe
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.unit_rows import unit_rows

MOST_FACTS = 2**20  # bytes, beside what the embeddings account for
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
                found[name].append(unit_rows(values).half())
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


def _read_facts(folder):
    """What is shown of each utterance, as many as there are embeddings."""
    path, vectors = folder / FACTS, folder / VECTORS
    # Of an utterance, the embeddings take some 3 kB.
    most = MOST_FACTS + 8 * vectors.stat().st_size
    facts, rows = read_json_of_others(path, most), read_shapes(vectors)
    good = isinstance(facts, list) and all(map(_is_fact, facts))
    if not good or any(s[:1] != [len(facts)] for s in rows.values()):
        raise InputError(
            f"{path}: expected ID, label and text of each utterance that "
            f"{VECTORS} embeds. Export or fetch the folder again."
        )
    return facts


def _is_fact(fact):
    kinds = {"ID": (str,), "label": (str, type(None)), "text": (str,)}
    return isinstance(fact, dict) and all(
        isinstance(fact.get(key), kind) for key, kind in kinds.items()
    )


class Neighbours:
    """The training utterances that were exported with a model."""

    def __init__(self, folder):
        folder = Path(folder)
        if not (folder / VECTORS).is_file():
            raise InputError(
                f"{folder}: no neighbours in it. Export it with --neighbours."
            )
        self.facts = _read_facts(folder)
        self.vectors = load_file(folder / VECTORS)

    def nearest(self, embeddings, n=5) -> list[dict]:
        """Return the n most similar training utterances, the nearest first."""
        for name, own in embeddings.items():
            kept = self.vectors.get(name, torch.empty(0))
            if kept.shape[1:] != own.shape:
                raise InputError(
                    f"{VECTORS}: its {name} is {tuple(kept.shape)}; expected "
                    f"({len(self.facts)}, {len(own)}). Export it again."
                )
        similar = torch.stack(
            [
                self.vectors[name].float() @ unit_rows(own.cpu())
                for name, own in embeddings.items()
            ]
        ).mean(dim=0)
        values, rows = similar.topk(min(n, len(similar)))
        return [
            {**self.facts[row], "similarity": value}
            for row, value in zip(rows.tolist(), values.tolist())
        ]
