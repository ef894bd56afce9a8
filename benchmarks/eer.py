"""How long the EER takes: turbo_sb, scikit-learn and SpeechBrain.

    python benchmarks/eer.py

prints the table of README.md, on one thread.

Authors
 * The turbo_sb developers 2026
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read when numpy and torch are imported

import statistics  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402
from measuring import print_head, print_row, processor  # noqa: E402
from sklearn.metrics import roc_curve  # noqa: E402
from speechbrain.utils.metric_stats import EER  # noqa: E402

from turbo_sb.metrics import equal_error_rate  # noqa: E402

SIZES = (10**4, 10**5, 10**6)
REPEATS = 5
SPEECHBRAIN_MOST = 10**4  # it compares all scores at each threshold


def ours(scores, targets):
    """The EER of turbo_sb."""
    return equal_error_rate(scores, targets)[0]


def by_scikit_learn(scores, targets):
    """The crossing of scikit-learn's ROC curve with misses == accepts."""
    false, true, _ = roc_curve(targets, scores, drop_intermediate=False)
    gap = 1 - true - false
    after = np.argmax(gap <= 0)
    part = gap[after - 1] / (gap[after - 1] - gap[after])
    return false[after - 1] + part * (false[after] - false[after - 1])


def by_speechbrain(scores, targets):
    """The EER of SpeechBrain, which does not interpolate."""
    scores, own = torch.from_numpy(scores), torch.from_numpy(targets == 1)
    return EER(scores[own], scores[~own])[0]


def timed(function, *arguments, repeats=REPEATS):
    """Median seconds of several calls, and what the function returns."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        found = function(*arguments)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), found


def compare(n, decimals):
    """One row of the table."""
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 2, size=n)
    scores = (rng.normal(size=n) + 2 * targets).round(decimals)
    own, eer = timed(ours, scores, targets)
    others = [timed(by_scikit_learn, scores, targets)]
    cells = []
    if n <= SPEECHBRAIN_MOST:
        others.append(timed(by_speechbrain, scores, targets, repeats=1))
    for seconds, found in others:
        cells += [f"{seconds:.3g}", f"{seconds / own:.3g}"]
        cells += [f"{abs(found - eer):.0e}"]
    cells += ["–"] * (6 - len(cells))
    kind = "many" if decimals < 9 else "none"
    return [kind, f"{n:,}", f"{own:.3g}", *cells]


def main():
    """Print the table."""
    torch.set_num_threads(1)
    print(f"{processor()}, one thread; median of {REPEATS}, SpeechBrain once\n")
    head = ["ties", "scores", "turbo_sb (s)"]
    for name in ("scikit-learn", "SpeechBrain"):
        head += [f"{name} (s)", "ratio", "difference"]
    print_head(head)
    for n in SIZES:
        for decimals in (2, 15):
            print_row(compare(n, decimals))


if __name__ == "__main__":
    main()
