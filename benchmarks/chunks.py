"""What encoding by length saves: a training step of Turbo, with and without.

    python benchmarks/chunks.py --durations=durations.csv

prints the table of README.md. `durations.csv` has a duration in seconds on
each line; without it, durations are drawn from a log-normal distribution with
IEMOCAP's median and mean. Each batch goes through every variant in turn, so
that what else the machine does disturbs all alike.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import statistics
import tempfile
import time

import numpy as np
import torch

from turbo_sb.demo.encoders import build_encoders
from turbo_sb.encoders import AudioEncoder, TextEncoder
from turbo_sb.encoding import chunk_by_length
from turbo_sb.losses import JointLoss, TurboLoss
from turbo_sb.model import TurboModel

RATE, WORDS_PER_SECOND = 16000, 3
# wav2vec2-base's own kernels and strides, everything else scaled down alike.
SIZES = {
    "hidden_size": 96,
    "layers": 4,
    "conv_dim": (64,) * 7,
    "conv_kernel": (10, 3, 3, 3, 3, 2, 2),
    "conv_stride": (5, 2, 2, 2, 2, 2, 2),
    "num_feat_extract_layers": 7,
}
VARIANTS = (None, 10, 20, 40, 80)


def main():
    """Measure, and print a Markdown table."""
    options = _parse()
    rng = np.random.default_rng(0)
    durations = _durations(options.durations, rng)
    batches = [rng.choice(durations, options.size) for _ in range(options.n)]
    with tempfile.TemporaryDirectory() as folder:
        models = {
            chunk: _model(folder, chunk, options.size) for chunk in VARIANTS
        }
    found = {chunk: [] for chunk in VARIANTS}
    for batch in batches:
        inputs = _inputs(batch, rng)
        for chunk, model in models.items():
            found[chunk].append(_step(model, inputs))
    _print(found, durations, rng, options.size)


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--durations", help="a CSV, or none to draw them")
    parser.add_argument("--n", type=int, default=5, help="batches")
    parser.add_argument("--size", type=int, default=64, help="of a batch")
    return parser.parse_args()


def _durations(path, rng):
    if path is None:
        return np.clip(rng.lognormal(np.log(3.58), 0.69, 5531), 0.58, 34.1)
    with open(path, encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    return np.array([float(x) for x in lines if x[:1].isdigit()])


def _model(folder, chunk, size):
    audio, text = build_encoders(folder, **SIZES)
    torch.manual_seed(0)
    encoders = AudioEncoder(audio), TextEncoder(text)
    return TurboModel(*encoders, n_classes=4, encode_chunk=chunk).train()


def _inputs(durations, rng):
    samples = torch.tensor([round(d * RATE) for d in durations])
    wavs = torch.zeros(len(samples), int(samples.max()))
    for row, n in enumerate(samples):
        wavs[row, :n] = torch.randn(int(n))
    words = torch.tensor(
        [max(3, round(d * WORDS_PER_SECOND)) for d in durations]
    )
    tokens = torch.randint(10, 60, (len(words), int(words.max())))
    lens = samples / wavs.shape[1], words / tokens.shape[1]
    return wavs, lens[0], tokens, lens[1]


def _step(model, inputs):
    """Seconds of a step, and MiB of tensors kept for its backward pass."""
    kept = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    targets = torch.zeros(len(inputs[0]), dtype=torch.long)
    own = {p.untyped_storage().data_ptr() for p in model.parameters()}
    start = time.perf_counter()
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        loss, _ = JointLoss(TurboLoss())(model(*inputs, n_views=2), targets)
    loss.backward()
    seconds = time.perf_counter() - start
    model.zero_grad()
    return seconds, sum(n for k, n in kept.items() if k not in own) / 2**20


def _print(found, durations, rng, size):
    batches = [rng.choice(durations, size) for _ in range(20)]
    print(
        "| encode_chunk | padded s | speech | s a step | ratio | MiB | ratio |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|")
    seconds, memory = (
        statistics.median(step[k] for step in found[None]) for k in (0, 1)
    )
    for chunk, steps in found.items():
        padded = statistics.mean(_padded(batch, chunk) for batch in batches)
        speech = statistics.mean(batch.sum() for batch in batches) / padded
        took, kept = (statistics.median(s[k] for s in steps) for k in (0, 1))
        cells = [str(chunk), f"{padded:,.0f}", f"{100 * speech:.0f} %"]
        cells += [f"{took:.2f}", f"{took / seconds:.2f}"]
        cells += [f"{kept:,.0f}", f"{kept / memory:.2f}"]
        print(f"| {' | '.join(cells)} |")


def _padded(batch, chunk):
    """Seconds that the encoder runs, padding and all."""
    if chunk is None:
        return batch.max() * len(batch)
    groups = chunk_by_length(torch.from_numpy(batch), chunk)
    return sum(batch[rows].max() * len(rows) for rows in groups)


if __name__ == "__main__":
    main()
