"""The memory of a training step: what grows with the batch, and what does not.

    python benchmarks/peak.py --durations=durations.csv

prints a table of Turbo's step, Adam's included, of models a sixteenth as wide as
the base models, or with --base of the base models' size: the most memory that a
process of its own has held, with --recompute and without.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import json
import sys
import tempfile
import time

import torch
from measuring import afresh, peak, print_head, print_row, processor
from workload import (
    BASE,
    SCALED,
    build,
    draw_batches,
    make_inputs,
    ours,
    read_durations,
)

from turbo_sb.losses import JointLoss, TurboLoss


def main():
    """Print a Markdown table, a line a batch size."""
    options = _parse()
    if options.measured:
        return print(json.dumps(measure(options)))
    print(f"{processor()}, {options.threads} thread(s):\n")
    head = ["GB before", "GB", "s", "recompute: GB", "s"]
    print_head(["batch", *head])
    for size in options.sizes:
        cells = [str(size)]
        for way in ("plain", "recompute"):
            if way == "plain" and size > options.plain:
                cells += ["", "", ""]
                continue
            again = [*sys.argv[1:], f"--measured={way}", "--sizes", size]
            before, most, seconds = afresh(__file__, *again)
            cells += [f"{before / 1e3:.2f}"] if way == "plain" else []
            cells += [f"{most / 1e3:.2f}", f"{seconds:.0f}"]
        print_row(cells)


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--durations", help="a CSV of seconds, or none to draw them")
    add("--sizes", type=int, nargs="+", default=[16, 64, 256])
    add(
        "--plain", type=int, default=1024, help="largest batch of the plain way"
    )
    add("--chunk", default="auto", help="encode_chunk")
    add("--base", action="store_true", help="the base models' size")
    add("--threads", type=int, default=1)
    add("--measured", help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(options):
    """Megabytes before and at most, and the seconds of a step."""
    torch.set_num_threads(options.threads)
    durations = read_durations(options.durations)
    [batch] = draw_batches(durations, 1, options.sizes[0])
    chunk = options.chunk if options.chunk == "auto" else float(options.chunk)
    with tempfile.TemporaryDirectory() as folder:
        model = ours(
            build(folder, BASE if options.base else SCALED),
            encode_chunk=chunk,
            recompute=options.measured == "recompute",
        )
    loss, inputs = JointLoss(TurboLoss()), make_inputs(*batch)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()  # makes Adam's moments
    optimizer.zero_grad()
    before, start = peak(), time.perf_counter()
    targets = torch.arange(len(batch[0])) % 4
    loss(model(*inputs, n_views=2), targets)[0].backward()
    optimizer.step()
    return before, peak(), time.perf_counter() - start


if __name__ == "__main__":
    main()
