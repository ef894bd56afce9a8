"""What a training step computes, in closed form, by the way it is run.

Authors
 * The turbo_sb developers 2026
"""

import math
import statistics

import flops
from measuring import print_head, print_row
from workload import BASE

from turbo_sb.models.batched_encoding import (
    FRAMES_PER_SECOND,
    RECOMPUTED_SECONDS,
)
from turbo_sb.models.chunking import (
    chunk_by_cost,
    chunk_by_limit,
    start_in_frames,
)

FORWARD_AND_BACKWARD, AGAIN = 3, 1
STOCK, NAIVE = "stock, one pass", "naive Turbo, CNN truly frozen"
ON_A_GPU = "+ chunks, as on a GPU"
TOO_LARGE = "naive Turbo, stock CNN", "ours: CNN once, views stacked"
# The large ones take more than 22 GB, a sixteenth as wide as the base models.
ONLY_COUNTED = {ON_A_GPU, *TOO_LARGE}
# Name: views, chunk ("cuda": auto there), CNN ("stock", "frozen", "once",
# "cached"), recompute.
VARIANTS = {
    STOCK: (1, None, "stock", False),
    "stock, one pass, CNN truly frozen": (1, None, "frozen", False),
    TOO_LARGE[0]: (2, None, "stock", False),
    NAIVE: (2, None, "frozen", False),
    TOO_LARGE[1]: (2, None, "once", False),
    "+ chunks": (2, "auto", "once", False),
    ON_A_GPU: (2, "cuda", "once", False),
    "+ cached CNN": (2, "auto", "cached", False),
    "+ recompute": (2, "auto", "cached", True),
    "chunks, recompute, no cache": (2, "auto", "once", True),
    "chunks of 20 s, cached": (2, 20, "cached", False),
    "vanilla, same treatment": (1, "auto", "cached", False),
}
DEVICES = {"auto": "cpu", "cuda": "cuda"}


def plan(frames, chunk, dim, n_views, recompute=False):
    """Frames of each padded chunk: (rows, longest)."""
    if chunk is None:
        chunks = [range(len(frames))]
    elif chunk in DEVICES:
        start = start_in_frames(dim, DEVICES[chunk], n_views)
        most = RECOMPUTED_SECONDS * FRAMES_PER_SECOND if recompute else math.inf
        chunks = chunk_by_cost(frames, start, most)
    else:
        chunks = chunk_by_limit(frames, FRAMES_PER_SECOND * chunk)
    return [(len(rows), max(frames[row] for row in rows)) for rows in chunks]


def count(batch, variant, sizes=BASE):
    """FLOPs of a step, forward and backward, in closed form."""
    n_views, chunk, way, recompute = variant
    samples, tokens = batch
    frames = [flops.frames(n) for n in samples]
    runs = FORWARD_AND_BACKWARD + (AGAIN if recompute else 0)
    total = 0.0
    for rows, longest in plan(frames, chunk, sizes.dim, n_views, recompute):
        total += runs * n_views * rows * flops.audio(longest, sizes)
    for rows, longest in plan(tokens, chunk, sizes.dim, n_views, recompute):
        total += runs * n_views * rows * flops.transformer(longest, sizes)
    return total + count_cnn(samples, way, n_views, chunk, sizes)


def count_cnn(samples, way, n_views, chunk, sizes):
    """FLOPs of the CNN; a backward pass to the waveform is as the forward."""
    if way == "cached":
        return 0.0
    frames = [flops.frames(n) for n in samples]
    padded = sum(
        rows * flops.cnn(longest * 320 + 80, sizes)
        for rows, longest in plan(frames, chunk, sizes.dim, n_views)
    )
    passes = {"once": 1, "frozen": n_views, "stock": 2 * n_views}
    return passes[way] * padded


def floor(batch, sizes=BASE):
    """Two transformer passes over unpadded speech and words."""
    samples, tokens = batch
    one = sum(flops.audio(flops.frames(n), sizes) for n in samples)
    one += sum(flops.transformer(n, sizes) for n in tokens)
    return 2 * FORWARD_AND_BACKWARD * one


def efficiency(samples, chunk, n_views):
    """Share of the frames that are run which are speech."""
    frames = [flops.frames(n) for n in samples]
    planned = plan(frames, chunk, BASE.dim, n_views)
    return sum(frames) / sum(rows * longest for rows, longest in planned)


def print_counts(batches):
    """The table of FLOPs."""
    print(f"{len(batches)} batches of {len(batches[0][0])}, base sizes:\n")
    print_head(["", "TFLOP", "/ stock", "/ naive", "/ floor", "speech"])
    means = {
        name: statistics.mean(count(batch, variant) for batch in batches)
        for name, variant in VARIANTS.items()
    }
    least = statistics.mean(map(floor, batches))
    for name, (n_views, chunk, *_) in VARIANTS.items():
        speech = statistics.mean(
            efficiency(batch[0], chunk, n_views) for batch in batches
        )
        cells = [f"{means[name] / 1e12:.1f}"]
        for other in (means[STOCK], means[NAIVE], least):
            cells.append(f"{means[name] / other:.2f}")
        print_row([name, *cells, f"{100 * speech:.0f} %"])
    cells = [f"{least / 1e12:.1f}", f"{least / means[STOCK]:.2f}"]
    print_row(["floor", *cells, f"{least / means[NAIVE]:.2f}", "1.00", "100 %"])
