"""What uniformity and alignment take: turbo_sb and the paper's listings.

    python benchmarks/geometry.py

prints the table of README.md. Each figure is that of a fresh process, on one
thread; its time is the processor's, which other work disturbs less.

Authors
 * The turbo_sb developers 2026
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read when torch is imported

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

import torch  # noqa: E402
from measuring import (  # noqa: E402
    afresh,
    peak,
    print_head,
    print_row,
    processor,
)

from turbo_sb.metrics import alignment, uniformity  # noqa: E402

SIZES = (5531, 20000, 50000)  # IEMOCAP's four classes, then others
DIM = 768
PDIST_MOST = 20000  # it holds all distances, and several copies of them


def pdist(x, y):
    """Uniformity as Wang and Isola list it, on the unit sphere."""
    x = torch.nn.functional.normalize(x)
    return torch.pdist(x, p=2).pow(2).mul(-2).exp().mean().log().item()


def norm(x, y):
    """Alignment as Wang and Isola list it, on the unit sphere."""
    x, y = (torch.nn.functional.normalize(part) for part in (x, y))
    return (x - y).norm(p=2, dim=1).pow(2).mean().item()


FUNCTIONS = {
    "uniformity": lambda x, y: uniformity(x),
    "alignment": alignment,
    "pdist": pdist,
    "norm": norm,
    "nothing": lambda x, y: None,  # what the imports and the input take
}


def measure(name, n):
    """Run one function on normal embeddings; seconds, MB and value."""
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.randn(n, DIM, generator=generator) for _ in range(2))
    start = time.process_time()
    value = FUNCTIONS[name](x, y)
    seconds = time.process_time() - start
    return {"seconds": seconds, "megabytes": peak(), "value": value}


def compare(n, name, listing):
    """One row of the table."""
    start, own = afresh(__file__, "nothing", n), afresh(__file__, name, n)
    cells = [name, f"{n:,}", f"{start['megabytes']:,.0f}"]
    cells += [f"{own['seconds']:.2g}", f"{own['megabytes']:,.0f}"]
    if listing == "pdist" and n > PDIST_MOST:
        return [*cells, "–", "–", "–"]
    other = afresh(__file__, listing, n)
    cells += [f"{other['seconds']:.2g}", f"{other['megabytes']:,.0f}"]
    return [*cells, f"{abs(own['value'] - other['value']):.0e}"]


def main():
    """Print the table."""
    print(f"{processor()}, one thread, {DIM} dimensions, float32\n")
    head = ["metric", "n", "before (MB)", "turbo_sb (s)", "peak (MB)"]
    head += ["listing (s)", "peak (MB)", "difference"]
    print_head(head)
    for pair in (("alignment", "norm"), ("uniformity", "pdist")):
        for n in SIZES:
            print_row(compare(n, *pair))


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
    else:
        main()
