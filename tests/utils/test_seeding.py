"""Draws depend on their names alone."""

import random

import numpy as np
import torch

from turbo_sb.utils.seeding import generator_of, seed_all, seed_of


def test_seeds_by_name():
    assert seed_of(1, "order", 2) == seed_of(1, "order", 2)
    assert seed_of(1, "order", 2) != seed_of(12, "order", "")


def test_generators_of_one_name_draw_the_same():
    first, second = (
        torch.rand(3, generator=generator_of(7, "a")) for _ in range(2)
    )
    assert torch.equal(first, second)


def test_all_generators_are_seeded():
    draws = []
    for step in (1, 2, 1):
        seed_all(7, "step", step)
        draws.append((random.random(), np.random.rand(), torch.rand(()).item()))
    assert draws[0] == draws[2] != draws[1]
