"""p-values by hand, and by simulation."""

import math

import numpy as np
import pytest

from turbo_sb.metrics.significance import bootstrap_p, combine, mcnemar
from turbo_sb.utils.errors import InputError


def exact(lost, won):
    """McNemar's exact test, typed from the binomial distribution."""
    n = lost + won
    tail = sum(math.comb(n, k) for k in range(min(lost, won) + 1)) / 2**n
    return min(1.0, 2 * tail)


@pytest.mark.parametrize(("lost", "won"), [(0, 5), (3, 5), (7, 7), (10, 25)])
def test_mcnemar_is_the_binomial_of_what_differs(lost, won):
    first = np.array([True] * lost + [False] * won + [True, False] * 20)
    second = np.array([False] * lost + [True] * won + [True, False] * 20)
    assert mcnemar(first, second) == pytest.approx(exact(lost, won))
    assert mcnemar(first, second) == mcnemar(second, first)


def test_mcnemar_of_equal_classifiers():
    right = np.array([True, False])
    assert mcnemar(right, right) == 1


def test_mcnemar_needs_the_same_utterances():
    with pytest.raises(InputError, match=r"\(2,\) and \(3,\)"):
        mcnemar(np.ones(2, bool), np.ones(3, bool))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.2], 0.2),
        ([0.1, 0.3], 0.3),
        ([0.5, 0.01, 0.02], 0.03),
        ([0.01, 0.02, 0.03, 0.9], 0.04),
        ([0.9, 0.8, 0.9], 1.0),
    ],
)
def test_combine_by_hand(values, expected):
    assert combine(values) == pytest.approx(expected)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_combined_p_is_not_too_small_whatever_the_dependence(n):
    """Of p-values that are uniform, at most 5 % end below 0.05."""
    rng = np.random.default_rng(1)
    for shared in (0.0, 0.5, 1.0):  # from independent to all the same
        common = rng.random(4000)
        own = rng.random((n, 4000))
        # Each is uniform: all of one, or none.
        take = rng.random((n, 4000)) < shared
        values = np.where(take, common, own)
        found = [combine(column) for column in values.T]
        assert np.mean(np.array(found) < 0.05) < 0.06


def test_bootstrap_p_counts_both_sides():
    differences = np.array([-1.0] * 5 + [1.0] * 94)
    assert bootstrap_p(differences, 50) == pytest.approx(2 * 6 / 100)
    assert bootstrap_p(-differences, 50) == pytest.approx(2 * 6 / 100)
    assert bootstrap_p(np.zeros(99), 50) == 1


def test_bootstrap_p_of_few_groups_proves_nothing():
    always = np.ones(999)
    assert bootstrap_p(always, n_groups=2) == 0.5
    assert bootstrap_p(always, n_groups=5) == 2 / 2**5
    assert bootstrap_p(always, n_groups=100) == pytest.approx(2 / 1000)


def test_bootstrap_p_of_nothing():
    assert bootstrap_p(np.full(9, np.nan), 10) is None
    assert bootstrap_p(np.array([np.nan, np.nan, 1.0]), 10) is None


class TestOddNumbers:
    def test_mcnemar_takes_ones_and_zeros(self):
        kinds = ([1] * 5, [0] * 5), (np.ones(5), np.zeros(5))
        assert [mcnemar(*pair) for pair in kinds] == [0.0625] * 2

    @pytest.mark.parametrize("value", [2, -1, math.nan, None, "x"])
    def test_mcnemar_takes_no_others(self, value):
        with pytest.raises(InputError):
            mcnemar([value, 1], [0, 1])

    @pytest.mark.parametrize("p_values", [[], [math.nan, 0.1], [-0.1], [1.5]])
    def test_no_p_values(self, p_values):
        with pytest.raises(InputError, match="p_values: "):
            combine(p_values)

    def test_differences_may_be_a_list(self):
        assert bootstrap_p([1.0, -1.0], 5) == 1
