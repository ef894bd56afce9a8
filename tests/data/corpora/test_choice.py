"""Which utterances are taken: in hash order, evenly, balanced."""

import itertools
from hashlib import sha256

import pytest

from turbo_sb.data.corpora.choice import hash_order, plan, water_fill


def pour(total, available):
    """Give one at a time to the first of those that have least."""
    shares = dict.fromkeys(available, 0)
    for _ in range(total):
        open_ = [name for name in available if shares[name] < available[name]]
        shares[min(open_, key=shares.get)] += 1
    return shares


@pytest.mark.parametrize("numbers", itertools.product(range(5), repeat=3))
def test_water_fill_pours(numbers):
    available = dict(zip("abc", numbers))
    for total in range(sum(numbers) + 1):
        assert water_fill(total, available) == pour(total, available)


def test_water_fill_by_hand():
    assert water_fill(10, {"a": 2, "b": 9, "c": 9}) == {"a": 2, "b": 4, "c": 4}
    assert water_fill(11, {"a": 2, "b": 9, "c": 9}) == {"a": 2, "b": 5, "c": 4}


def test_plan_cuts_the_larger_class():
    labels = dict(fluent="directed", slurp="directed", ami="other")
    quotas = plan({"fluent": 100, "slurp": 3, "ami": 10}, labels)
    assert quotas == {"fluent": 7, "slurp": 3, "ami": 10}
    quotas = plan({"fluent": 2, "slurp": 3, "ami": 10}, labels)
    assert quotas == {"fluent": 2, "slurp": 3, "ami": 5}


def test_hash_order_is_that_of_sha256_and_the_seed():
    ids = [f"ami_{k}" for k in range(20)]
    by_hand = sorted(ids, key=lambda i: sha256(f"7:{i}".encode()).hexdigest())
    assert hash_order(ids[::-1], seed=7) == by_hand
    assert hash_order(ids, seed=8) != by_hand
    part = [i for i in by_hand if i in ids[:10]]
    assert hash_order(ids[:10], seed=7) == part
