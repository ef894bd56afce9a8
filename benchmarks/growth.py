"""How the cost of a step grows: with the batch, the length, and the model.

    python benchmarks/growth.py --durations=durations.csv

prints a table of Turbo's step in chunks, cached, without recomputation and
with it, of models a sixteenth as wide as the base models unless the table says
otherwise.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import dataclasses
import statistics
import tempfile

import torch
from counting import VARIANTS, count
from measuring import print_head, print_row, processor
from step import make_models, measure
from workload import (
    RATE,
    SCALED,
    WORDS_PER_SECOND,
    build,
    draw_batches,
    make_inputs,
    read_durations,
)

PLAIN, RECOMPUTE = "+ cached CNN", "+ recompute"
SIZES, SECONDS = (16, 32, 64, 128, 256), (1, 2, 4, 8, 16, 32)
WIDTHS = (48, 96, 192)
ROWS = 16  # where something else grows
REPEATS = 3


def main():
    """Print a Markdown table, three parts of it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--durations", help="a CSV of seconds, or none")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    durations = read_durations(options.durations)
    print(f"{processor()}, {options.threads} thread(s), median of {REPEATS}:\n")
    head = ["GFLOP", "s", "saved MiB", "recompute: s", "saved MiB"]
    print_head(["", *head])
    for n in SIZES:
        batches = draw_batches(durations, REPEATS, n)
        print_line(f"{n} utterances", batches, SCALED)
    for seconds in SECONDS:
        one = [seconds * RATE] * ROWS, [seconds * WORDS_PER_SECOND + 2] * ROWS
        print_line(f"{ROWS} of {seconds} s", [one] * REPEATS, SCALED)
    batches = draw_batches(durations, REPEATS, ROWS)
    for dim in WIDTHS:
        sizes = dataclasses.replace(SCALED, dim=dim, channels=round(dim / 1.5))
        print_line(f"{ROWS} utterances, width {dim}", batches, sizes)


def print_line(title, batches, sizes):
    """Medians over batches, after one that is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        models = make_models(build(folder, sizes), (PLAIN, RECOMPUTE))
    found = {name: [] for name in models}
    for batch in [batches[0], *batches]:
        inputs = make_inputs(*batch)
        for name, model in models.items():
            found[name].append(measure(name, model, inputs))
    work = statistics.median(
        count(batch, VARIANTS[PLAIN], sizes) for batch in batches
    )
    cells = [title, f"{work / 1e9:,.0f}"]
    for steps in found.values():
        seconds, kept = map(statistics.median, zip(*steps[1:]))
        cells += [f"{seconds:.2f}", f"{kept / 2**20:,.0f}"]
    print_row(cells)


if __name__ == "__main__":
    main()
