"""Which rows of a batch run through an encoder together.

Padded to its longest utterance, seven tenths of a random batch of 64 are
silence on IEMOCAP. Rows of about one length waste less, and more chunks waste
still less, but starting one takes time, above all on a GPU.

Authors
 * The turbo_sb developers 2026
"""

import math

import numpy as np

# Seconds that starting a layer takes, forward and backward, times the
# operations a second that it could do instead: 0.4 to 0.6 ms at 25 to 50 GFLOP/s
# on a core, at widths up to 128 (benchmarks/README.md); 0.4 ms at 200 TFLOP/s on
# a large GPU, which is an estimate.
START = {"cpu": 2e7, "cuda": 8e10}
# Multiplications and additions of a transformer layer for a frame, forward
# and backward: 6 for each of its 12 dim ** 2 weights.
PER_WEIGHT, WEIGHTS = 6, 12


def start_in_frames(dim, device, n_views=1):
    """How many frames could run while a chunk starts.

    Arguments
    ---------
    dim : int
        The transformer's width.
    device : str
        "cpu", "cuda"; others count as "cuda".
    n_views : int
        A row's frames run so many times.

    Returns
    -------
    frames : float
        Whatever the number of layers.

    Example
    -------
    >>> start_in_frames(768, "cpu") < 1 < start_in_frames(64, "cpu")
    True
    """
    start = START.get(device, START["cuda"])
    return start / (PER_WEIGHT * WEIGHTS * dim**2 * n_views)


def chunk_by_limit(lengths, limit):
    """Group rows of about one length, each group as large as a limit allows.

    Arguments
    ---------
    lengths : list of int
        Frames of each row.
    limit : float
        Most frames that a chunk may hold, padding and all. A row that is
        longer is a chunk of its own.

    Returns
    -------
    chunks : list of list of int
        Row numbers, each in one chunk, the longest first.

    Example
    -------
    >>> chunk_by_limit([2, 9, 3, 5], limit=10)
    [[1], [3, 2], [0]]
    """
    chunks = []
    for row in longest_first(lengths):
        longest = lengths[chunks[-1][0]] if chunks else 0
        if not chunks or (len(chunks[-1]) + 1) * longest > limit:
            chunks.append([])
        chunks[-1].append(row)
    return chunks


def chunk_by_cost(lengths, start, most=math.inf):
    """Group rows so that padding and starting chunks cost the least together.

    Arguments
    ---------
    lengths : list of int
        Frames of each row.
    start : float
        What a chunk costs beside its padded frames, in frames.
    most : float
        Frames that a chunk of several rows may hold, padding and all.

    Returns
    -------
    chunks : list of list of int
        As `chunk_by_limit`; no other grouping within `most` has a smaller sum
        of ``start + rows * longest``.

    Example
    -------
    >>> chunk_by_cost([2, 9, 3, 5], start=4)
    [[1], [3, 2, 0]]
    """
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


def longest_first(lengths):
    """Row numbers in the order of their lengths, equal ones as they come.

    Arguments
    ---------
    lengths : list of int
        Of each row.

    Returns
    -------
    rows : list of int

    Example
    -------
    >>> longest_first([2, 9, 2, 5])
    [1, 3, 0, 2]
    """
    return sorted(range(len(lengths)), key=lambda row: -lengths[row])
