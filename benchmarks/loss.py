"""What the contrastive loss takes: turbo_sb, and whole logits in torch.

    python benchmarks/loss.py

prints the table of README.md. Each figure is that of a fresh process, on one
thread; its time is the processor's, which other work disturbs less. All of it
takes about ten minutes, five of them for the largest batch.

Authors
 * The turbo_sb developers 2026
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read when torch is imported

import json  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from measuring import (  # noqa: E402
    afresh,
    peak,
    print_head,
    print_row,
    processor,
)

from turbo_sb.losses import info_nce  # noqa: E402
from turbo_sb.losses.blocks import BLOCK  # noqa: E402
from turbo_sb.losses.turbo import view_pairs  # noqa: E402

SIZES = (64, 256, 1024, 4096, 16384, 65536)
DIM = 768
MOST = {1: 65536, 6: 16384}  # six terms of 65,536 would take half an hour
WHOLE_MOST = {1: 16384, 6: 4096}  # the logits of all terms are held at once
REPEATED = 16384  # rows in all, of which the median step counts
REPEATS = 50  # at most


def whole(anchors, positives):
    """InfoNCE as it is usually written."""
    anchors, positives = F.normalize(anchors), F.normalize(positives)
    targets = torch.arange(len(anchors))
    return F.cross_entropy(anchors @ positives.t() / 0.07, targets)


LOSSES = {"turbo_sb": info_nce, "whole": whole}


def make_pairs(n, terms):
    """Anchors and positives of one term, or of Turbo's six; all normal."""
    generator = torch.Generator().manual_seed(0)
    views = {
        name: [
            torch.randn(n, DIM, generator=generator).requires_grad_()
            for _ in range(2)
        ]
        for name in (("audio",) if terms == 1 else ("audio", "text"))
    }
    return list(view_pairs(views).values())


def step(name, pairs):
    """One loss and its gradients; seconds and value."""
    for pair in pairs:
        for x in pair:
            x.grad = None
    start = time.process_time()
    loss = sum(LOSSES[name](*pair) for pair in pairs)
    loss.backward()
    return time.process_time() - start, loss.item()


def measure(name, terms, n):
    """Seconds, MB beyond what was held before, and value."""
    step(name, make_pairs(64, 1))  # what only a first call takes
    pairs = make_pairs(n, terms)
    before = peak()
    repeats = min(max(1, REPEATED // n), REPEATS)
    seconds, values = zip(*[step(name, pairs) for _ in range(repeats)])
    return {
        "seconds": statistics.median(seconds),
        "megabytes": peak() - before,
        "value": values[0],
    }


def gigaflop(n, terms, blocks):
    """Of the products: logits (twice in blocks), and the two gradients."""
    products = 4 if blocks else 3
    return terms * products * 2 * n**2 * DIM / 1e9


def compare(n, terms):
    """One row of the table."""
    own = afresh(__file__, "turbo_sb", terms, n)
    work = gigaflop(n, terms, blocks=n > BLOCK)
    cells = [f"{n:,}", str(terms), short(work), short(own["seconds"])]
    cells += [f"{work / own['seconds']:.0f}", f"{own['megabytes']:,.0f}"]
    if n > WHOLE_MOST[terms]:
        return [*cells, "–", "–", "–", "–"]
    other = afresh(__file__, "whole", terms, n)
    cells += [short(other["seconds"]), f"{other['megabytes']:,.0f}"]
    cells += [f"{other['seconds'] / own['seconds']:.2f}"]
    return [*cells, f"{abs(own['value'] - other['value']):.0e}"]


def short(number):
    """Two digits, or whole."""
    return f"{number:.2g}" if number < 10 else f"{number:,.0f}"


def main():
    """Print the table."""
    print(f"{processor()}, one thread, {DIM} dimensions, float32\n")
    head = ["N", "terms", "GFLOP", "turbo_sb (s)", "GFLOP/s", "peak (MB)"]
    head += ["whole (s)", "peak (MB)", "ratio", "difference"]
    print_head(head, n_words=0)
    for terms, most in MOST.items():
        for n in SIZES:
            if n <= most:
                print_row(compare(n, terms))


if __name__ == "__main__":
    if sys.argv[1:]:
        name, *numbers = sys.argv[1:]
        print(json.dumps(measure(name, *map(int, numbers))))
    else:
        main()
