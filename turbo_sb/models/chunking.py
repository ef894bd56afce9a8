"""Group the rows of a batch that run through an encoder together.

Padding is seven tenths of a random batch of 64 on IEMOCAP. Chunks of similar
lengths waste less, but each takes time to start, above all on a GPU.

Authors
 * The turbo_sb developers 2026
"""

import math

import numpy as np

# Seconds that starting a layer takes, forward and backward, times the
# operations a second that it could do instead: 0.4 to 0.6 ms at 25 to 50 GFLOP/s
# on a core, at widths up to 128 (docs/results.md); 0.4 ms at 200 TFLOP/s on
# a large GPU, which is an estimate.
START = {"cpu": 2e7, "cuda": 8e10}
# Multiplications and additions of a transformer layer for a frame, forward
# and backward: 6 for each of its 12 dim ** 2 weights.
PER_WEIGHT, WEIGHTS = 6, 12


def start_in_frames(dim: int, device: str, n_views: int = 1) -> float:
    """Number of frames that could run while a chunk starts."""
    start = START.get(device, START["cuda"])
    return start / (PER_WEIGHT * WEIGHTS * dim**2 * n_views)


def chunk_by_limit(lengths: list[int], limit: float) -> list[list[int]]:
    """Group rows of similar length, up to `limit` padded frames a group."""
    chunks = []
    for row in longest_first(lengths):
        longest = lengths[chunks[-1][0]] if chunks else 0
        if not chunks or (len(chunks[-1]) + 1) * longest > limit:
            chunks.append([])
        chunks[-1].append(row)
    return chunks


def chunk_by_cost(
    lengths: list[int], start: float, most: float = math.inf
) -> list[list[int]]:
    """Group rows with the smallest sum of ``start + rows * longest``."""
    order = longest_first(lengths)
    sizes = np.array([lengths[row] for row in order], dtype=float)
    numbers = np.arange(len(order))
    least, first = np.zeros(len(order) + 1), []
    # least[n]: of the n longest rows; first[n - 1]: where their last chunk
    # begins.
    for n in range(1, len(order) + 1):
        frames = (n - numbers[:n]) * sizes[:n]
        frames[:-1][frames[:-1] > most] = math.inf
        costs = least[:n] + start + frames
        first.append(int(costs.argmin()))
        least[n] = costs[first[-1]]
    chunks, end = [], len(order)
    while end:
        chunks.append(order[first[end - 1] : end])
        end = first[end - 1]
    return chunks[::-1]


def longest_first(lengths: list[int]) -> list[int]:
    """Row numbers from the longest to the shortest; ties keep their order."""
    return sorted(range(len(lengths)), key=lambda row: -lengths[row])
