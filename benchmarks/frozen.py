"""An epoch with frozen layers: as it was, cut, and cached.

    python benchmarks/frozen.py train.json --data_root=FOLDER \
        --audio=FOLDER --text=FOLDER

prints CPU seconds of Turbo's steps on the utterances of a manifest, each
variant on the same ones: reading, both passes, the loss, the optimiser's step.
*As it was*: frozen layers run with dropout in each pass. Filling the cache is
counted apart.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import torch
from measuring import print_head, print_row, processor

from turbo_sb.data.dataset import collate_with, make_dataset
from turbo_sb.data.feature_cache import FeatureCache, TextFeatureCache
from turbo_sb.encoders import make_audio_encoder, make_text_encoder
from turbo_sb.encoders.frozen import freeze
from turbo_sb.losses import JointLoss, TurboLoss
from turbo_sb.models import TurboModel

# Name to layers that are trained, None for none; and how frozen ones run.
VARIANTS = {
    "last layer, as it was": (1, "was"),
    "last layer, frozen prefix": (1, "cut"),
    "last layer, cached": (1, "cached"),
    "none, as it was": (None, "was"),
    "none, frozen encoders": (None, "cut"),
    "none, cached": (None, "cached"),
}


def main():
    """Measure, and print a Markdown table."""
    options = _parse()
    torch.set_num_threads(1)
    print(f"{processor()}, 1 thread, {options.n} utterances:\n")
    print_head(["trained layers", "CPU s", "as it was /", "filling (CPU s)"])
    before = {}
    for name, (trained, way) in VARIANTS.items():
        with tempfile.TemporaryDirectory() as folder:
            filling, seconds = measure(options, trained, way, Path(folder))
        first = before.setdefault(trained, seconds)
        cells = [f"{seconds:.2f}", f"{first / seconds:.0f}"]
        print_row([name, *cells, f"{filling:.1f}" if filling else "–"])


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("manifest", help="of a run, such as train.json")
    add("--data_root", default="", help="replaces {data_root} in it")
    add("--audio", required=True, help="folder of the audio encoder")
    add("--text", required=True, help="folder of the text encoder")
    add("--n", type=int, default=64, help="utterances")
    add("--size", type=int, default=64, help="of a batch")
    return parser.parse_args()


def measure(options, trained, way, folder):
    """CPU seconds of filling a cache, and of an epoch."""
    encoders = make_encoders(options, trained, way)
    entries = json.loads(Path(options.manifest).read_text(encoding="utf-8"))
    entries = dict(list(entries.items())[: options.n])
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(entries), encoding="utf-8")
    start = time.process_time()
    caches = {}
    if way == "cached":
        audio, text = encoders
        caches["features"] = FeatureCache(
            audio, folder, audio.sample_rate, data_root=options.data_root
        )
        caches["text_features"] = TextFeatureCache(text, folder)
        for cache in caches.values():
            cache.fill(entries)
    filling = time.process_time() - start if caches else 0
    labels = sorted({entry["label"] for entry in entries.values()})
    dataset = make_dataset(
        manifest, options.data_root, encoders[1].tokenize, labels, **caches
    )
    model = TurboModel(*encoders, n_classes=len(labels)).train()
    return filling, epoch(model, dataset, options.size)


def make_encoders(options, trained, way):
    """Both, with all but the last layers frozen."""
    makers = (make_audio_encoder, make_text_encoder)
    found = []
    for make, source in zip(makers, (options.audio, options.text)):
        encoder = make(source)
        depth = encoder.model.config.num_hidden_layers
        number = "all" if trained is None else depth - trained
        if way == "was":
            freeze(encoder.model, encoder.family, number)
        else:
            encoder = make(source, frozen_layers=number)
        found.append(encoder)
    return found


def epoch(model, dataset, size):
    """CPU seconds of its steps, without a first one that warms up."""
    loss = JointLoss(TurboLoss())
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(weights, lr=1e-5, fused=True)
    collate = collate_with(model.encoders["text"].pad_id)
    with dataset.output_keys_as(["signal", "tokens", "target"]):
        step(model, loss, optimizer, collate([dataset[0], dataset[1]]))
        start = time.process_time()
        for first in range(0, len(dataset), size):
            rows = range(first, min(first + size, len(dataset)))
            batch = collate([dataset[row] for row in rows])
            step(model, loss, optimizer, batch)
    return time.process_time() - start


def step(model, loss, optimizer, batch):
    """One step on a batch."""
    outputs = model(*batch.signal, *batch.tokens, n_views=2)
    loss(outputs, batch.target.data.squeeze(1))[0].backward()
    optimizer.step()
    optimizer.zero_grad()


if __name__ == "__main__":
    main()
