"""Predicting many files: one at a time, in batches as they come, and ours.

    python benchmarks/predict.py --durations=durations.csv

writes recordings of noise of these durations and predicts them in one process,
each way in turn, several times, with models a sixteenth as wide as the base
models and otherwise the same (--base: as wide, of fewer recordings), on as many
threads as there are cores. Then it asks how much faster the model would be if
reading took no time, and that all ways find the same.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from measuring import print_head, print_row, processor
from torch.nn.utils.rnn import pad_sequence
from workload import (
    BASE,
    LABELS,
    RATE,
    SCALED,
    build,
    read_durations,
    write_set,
)

from turbo_sb.encoders import AudioEncoder, TextEncoder
from turbo_sb.inference.classifier import TurboClassifier
from turbo_sb.inference.export import write_export
from turbo_sb.inference.prediction import predict
from turbo_sb.inference.utterances import read_utterances
from turbo_sb.models.turbo_model import TurboModel

SIZE = 64


def main():
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--durations", help="a CSV of seconds, or none")
    parser.add_argument("--n", type=int, default=1000, help="files (1000)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--base", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        durations = read_durations(options.durations)
        write_set(folder, "test", durations, options.n)
        classifier = export(folder, BASE if options.base else SCALED)
        utterances = read_utterances(folder / "test.json")
        found, seconds = {}, {name: [] for name in WAYS}
        for _ in range(options.rounds):
            for name, way in WAYS.items():
                start = time.perf_counter()
                found[name] = way(classifier, utterances)
                seconds[name].append(time.perf_counter() - start)
        report(found, seconds, durations, options)


def export(folder, sizes):
    """A model with random weights, exported and loaded."""
    audio, text = build(folder, sizes)
    model = TurboModel(AudioEncoder(audio), TextEncoder(text), len(LABELS))
    write_export(folder / "model", model, LABELS)
    return TurboClassifier.from_hparams(
        folder / "model", run_opts={"device": "cpu"}
    )


def one_by_one(classifier, utterances):
    """The loop that people write."""
    return {
        u.name: classifier.classify_file(u.wav, u.text)[0][0]
        for u in utterances
    }


def as_they_come(classifier, utterances):
    """Batches padded to their longest, read in between; no chunks."""
    model, chunk = (
        classifier.mods.model,
        classifier.mods.model.encoding["chunk"],
    )
    model.encoding["chunk"], found = None, {}
    for k in range(0, len(utterances), SIZE):
        batch = utterances[k : k + SIZE]
        signals = [classifier.load_audio(u.wav) for u in batch]
        wavs = pad_sequence(signals, batch_first=True)
        lens = torch.tensor([len(s) / wavs.shape[1] for s in signals])
        texts = [u.text for u in batch]
        rows = classifier.classify_batch(wavs, lens, texts)[0]
        found.update(zip([u.name for u in batch], rows))
    model.encoding["chunk"] = chunk
    return found


def sorted_and_read_ahead(classifier, utterances):
    """What turbo-sb predict does."""
    return {
        p.name: torch.tensor(list(p.probabilities.values()))
        for p in predict(classifier, utterances, SIZE)
    }


def reading(classifier, utterances):
    """Reading alone, one after the other."""
    for utterance in utterances:
        classifier.load_audio(utterance.wav)
    return {}


WAYS = {
    "one file at a time": one_by_one,
    "batches of 64 as they come": as_they_come,
    "turbo-sb predict": sorted_and_read_ahead,
    "reading alone": reading,
}


def report(found, seconds, durations, options):
    """Median seconds, the ratio to the first, and the largest difference."""
    first, *_ = WAYS
    plain, width = statistics.median(seconds[first]), "a sixteenth as wide"
    total = sum(np.random.default_rng(1986).choice(durations, options.n)) / 60
    print(
        f"{processor()}, {torch.get_num_threads()} threads, {options.n} files "
        f"(some {total:.0f} min at {RATE} Hz), models "
        f"{'as wide as the base models' if options.base else width}, median "
        f"of {options.rounds} rounds:\n"
    )
    print_head(["", "s", "files a second", "ratio", "difference"])
    for name, own in seconds.items():
        took = statistics.median(own)
        cells = [name, f"{took:.1f}", f"{options.n / took:.1f}"]
        cells.append(f"{took / plain:.2f}")
        different = [
            (found[first][key] - values).abs().max().item()
            for key, values in found[name].items()
        ]
        print_row([*cells, f"{max(different):.0e}" if different else ""])


if __name__ == "__main__":
    main()
