"""Random draws that depend on what they are for, and on nothing before.

What a step draws is a function of the seed, the epoch, the step and the
process: a run that is taken up again at any step draws what it would have
drawn, without a generator's state in the checkpoint; and what an utterance or
an order draws does not depend on the number of workers or processes.

Authors
 * The turbo_sb developers 2026
"""

import hashlib
import random

import numpy as np
import torch


def seed_of(*parts):
    """A seed of its own for anything that has a name.

    Arguments
    ---------
    *parts
        int or str, such as the run's seed, what is drawn, and the epoch.

    Returns
    -------
    seed : int
        From 0 to 2 ** 32 - 1.

    Example
    -------
    >>> seed_of(1, "order", 2) == seed_of(1, "order", 2)
    True
    >>> seed_of(1, "order", 2) == seed_of(12, "order", "")
    False
    """
    found = hashlib.blake2b(repr(parts).encode(), digest_size=4)
    return int.from_bytes(found.digest(), "big")


def generator_of(*parts):
    """A generator with a seed of its own.

    Arguments
    ---------
    *parts
        As in `seed_of`.

    Returns
    -------
    generator : torch.Generator
        Of the host.

    Example
    -------
    >>> draws = [torch.rand(1, generator=generator_of(7, "a")) for _ in "xy"]
    >>> bool(draws[0] == draws[1])
    True
    """
    return torch.Generator().manual_seed(seed_of(*parts))


def seed_all(*parts):
    """Seed every generator that a training step may draw from.

    torch's on the host and on all devices, NumPy's (Hugging Face masks time
    steps by it) and Python's.

    Arguments
    ---------
    *parts
        As in `seed_of`.

    Example
    -------
    >>> draws = []
    >>> for step in (1, 2, 1):
    ...     seed_all(7, "step", step)
    ...     draws.append(random.random())
    >>> draws[0] == draws[2] != draws[1]
    True
    """
    seed = seed_of(*parts)
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
