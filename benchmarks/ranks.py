"""Training and evaluation on one process and on two, of a thread each.

    python benchmarks/ranks.py --durations=durations.csv

writes recordings of noise of these durations, trains and validates on them
through train.py and torchrun with gloo, with models a sixteenth as wide as the
base models, and prints medians over epochs. How even the shares of a batch are,
and what the processes send each other, is counted.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import re
import statistics
import tempfile
from pathlib import Path

from epoch import OURS, run, run_settings, write_set, write_yaml
from measuring import print_head, print_row, processor
from workload import SCALED, build, draw_batches, read_durations

from turbo_sb.data.batch_sampler import deal

SETS = {"train": 256, "valid": 256, "test": 16}  # utterances
PARAMETERS = 94.4e6 + 108.9e6  # of both base encoders
VIEWS, MODALITIES, DIM, CLASSES, COLUMNS = 2, 2, 768, 4, 3


def main():
    """Print three Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--durations", help="a CSV of seconds, or none")
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    print(f"{processor()}, a thread a process, batches of 64:\n")
    print_head(["processes", "training (s)", "", "validation (s)", ""])
    with tempfile.TemporaryDirectory() as folder:
        folder, first = Path(folder), None
        for name, n in SETS.items():
            write_set(folder, name, read_durations(options.durations), n)
        sources = build(folder, SCALED)
        for processes in (1, 2):
            found = train(folder, sources, processes, options.epochs)
            first, cells = first or found, [str(processes)]
            for seconds, alone in zip(found, first):
                cells += [f"{seconds:.1f}", f"{seconds / alone:.2f}"]
            print_row(cells)
    print_shares(read_durations(options.durations))
    print("\nSent in a step of 64, base models, float32:\n")
    print_head(["", "MB"])
    row = VIEWS * (MODALITIES * DIM + CLASSES) + COLUMNS
    print_row(
        ["embeddings, logits, columns, once", f"{64 * row * 4 / 1e6:.1f}"]
    )
    print_row(["their gradients, once", f"{64 * row * 4 / 1e6:.1f}"])
    print_row(["gradients of the weights (DDP)", f"{PARAMETERS * 4 / 1e6:.0f}"])


def print_shares(durations):
    """How much longer the longest share is, mean of 100 batches of 64."""
    print("\nSeconds of the process that has most, over the mean:\n")
    print_head(["processes", "at random", "dealt by length"])
    batches = [samples for samples, _ in draw_batches(durations, 100, 64)]
    for ranks in (2, 4, 8):
        cells = [str(ranks)]
        for order in (list, lambda lengths: sorted(lengths, reverse=True)):
            found = [longest_share(order(batch), ranks) for batch in batches]
            cells.append(f"{statistics.mean(found):.2f}")
        print_row(cells)


def longest_share(lengths, ranks):
    """Of these lengths, dealt in this order, over the mean share."""
    owners, totals = deal(len(lengths), ranks), [0] * ranks
    for length, owner in zip(lengths, owners):
        totals[owner] += length
    return max(totals) * ranks / sum(totals)


def train(folder, sources, processes, epochs):
    """Median seconds of training and of validation, an epoch."""
    with tempfile.TemporaryDirectory(dir=folder) as output:
        settings = run_settings(folder, sources, output, epochs)
        settings["distributed_backend"] = "gloo"
        run(write_yaml(folder, OURS), settings, 1, processes)
        log = (Path(output) / "train_log.txt").read_text(encoding="utf-8")
    return [
        statistics.median(
            map(float, re.findall(rf"{stage} seconds: (\S+?),", log))
        )
        for stage in ("train", "valid")
    ]


if __name__ == "__main__":
    main()
