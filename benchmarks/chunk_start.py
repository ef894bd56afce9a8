"""What starting a chunk costs, beside its frames.

    python benchmarks/chunk_start.py

runs the same rows as one chunk and as many, forward and backward, and prints
the difference for each chunk and layer, in milliseconds and in the
multiplications and additions that could run meanwhile: `START` of
`turbo_sb.models.chunking`.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import statistics
import tempfile
import time

import flops
import torch
from measuring import print_head, print_row, processor
from workload import build

from turbo_sb.encoders import AudioEncoder

ROWS, FRAMES, LAYERS = 32, 40, 4


def main():
    """Print a Markdown table, a line a width."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"{processor()}, {options.threads} thread(s)\n")
    head = ["width", "ms of the frames", "ms a chunk and layer", "GFLOP/s"]
    print_head([*head, "START"], n_words=0)
    for dim in (48, 128, 256, 768):
        print_line(dim, options)


def print_line(dim, options):
    """Of one width."""
    sizes = flops.Sizes(dim=dim, layers=LAYERS, channels=32)
    with tempfile.TemporaryDirectory() as folder:
        encoder = AudioEncoder(build(folder, sizes)[0]).to(options.device)
    encoder.train()
    features = torch.randn(ROWS, FRAMES, 32, device=options.device)
    differences, wholes = [], []
    for _ in range(options.repeats):
        whole = run(encoder, features, 1)
        differences.append((run(encoder, features, ROWS) - whole) / (ROWS - 1))
        wholes.append(whole)
    whole, start = map(statistics.median, (wholes, differences))
    speed = 3 * ROWS * flops.audio(FRAMES, sizes) / whole
    start = start / LAYERS
    cells = [f"{dim}", f"{1000 * whole / LAYERS:.2f}", f"{1000 * start:.3f}"]
    print_row([*cells, f"{speed / 1e9:.0f}", f"{start * speed:.1e}"])


def run(encoder, features, n_chunks):
    """Seconds of all rows in so many chunks, forward and backward."""
    parts = features.chunk(n_chunks)
    synchronize(features.device)
    start = time.perf_counter()
    found = [encoder.embed(part, [FRAMES] * len(part)) for part in parts]
    torch.cat(found, dim=1).square().sum().backward()
    synchronize(features.device)
    return time.perf_counter() - start


def synchronize(device):
    """Wait for a GPU."""
    if device.type == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
