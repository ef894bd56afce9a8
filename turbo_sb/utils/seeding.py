"""Random draws by name.

What a step draws depends on the seed, the epoch, the step and the process, not
on what was drawn before. A resumed run thus draws the same, and the number of
workers or processes changes nothing.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import hashlib
import random
from collections.abc import Iterator

import numpy as np
import torch


def seed_of(*parts: int | str) -> int:
    """A seed from 0 to 2 ** 32 - 1, by the values in `parts`."""
    found = hashlib.blake2b(repr(parts).encode(), digest_size=4)
    return int.from_bytes(found.digest(), "big")


def generator_of(*parts: int | str) -> torch.Generator:
    """A generator on the host, seeded by `seed_of`."""
    return torch.Generator().manual_seed(seed_of(*parts))


def seed_all(*parts: int | str) -> None:
    """Seed torch (host and devices), NumPy and Python by `seed_of`."""
    seed = seed_of(*parts)
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


@contextlib.contextmanager
def forked_draws(device: str | torch.device) -> Iterator[None]:
    """Give torch, NumPy and Python back their states when the block ends."""
    device = torch.device(device)
    devices = [device] if device.type == "cuda" else []
    of_numpy, of_python = np.random.get_state(), random.getstate()
    try:
        with torch.random.fork_rng(devices):
            yield
    finally:
        np.random.set_state(of_numpy)
        random.setstate(of_python)
