"""Detection errors by hand, by loops, and against other packages."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score, roc_curve
from speechbrain.utils.metric_stats import EER

from tests import references
from tests.scores import draw
from turbo_sb.metrics import (
    accuracy_at,
    equal_error_rate,
    false_accept_rate,
    roc_auc,
)
from turbo_sb.utils.errors import InputError

TIES = pytest.mark.parametrize("decimals", [0, 1, 9])
SEEDS = pytest.mark.parametrize("seed", range(4))


def crossing_by_scikit_learn(scores, targets):
    """Where the segments of the ROC curve meet miss == false accept."""
    false, true, _ = roc_curve(targets, scores, drop_intermediate=False)
    gap = (1 - true) - false  # falls from 1 to -1
    k = int(np.argmax(gap <= 0))
    part = gap[k - 1] / (gap[k - 1] - gap[k])
    return false[k - 1] + part * (false[k] - false[k - 1])


def naive_points(scores, targets):
    """(miss, false) of the loop over thresholds and utterances."""
    points = []
    for threshold in [math.inf, *sorted(set(scores), reverse=True)]:
        missed = [s < threshold for s, t in zip(scores, targets) if t]
        false = [s >= threshold for s, t in zip(scores, targets) if not t]
        points.append((sum(missed) / len(missed), sum(false) / len(false)))
    return points


def naive_false_accepts(scores, targets, miss_rate):
    """The lowest false accepts on the line segments at this miss rate."""
    points = naive_points(scores, targets)
    found = [false for miss, false in points if miss == miss_rate]
    for (miss, false), (miss_next, false_next) in zip(points, points[1:]):
        if miss > miss_rate > miss_next:
            slope = (false_next - false) / (miss - miss_next)
            found.append(false + slope * (miss - miss_rate))
    return min(found)


def naive_auc(scores, targets):
    """Over all pairs of a target and another."""
    ours = [s for s, t in zip(scores, targets) if t]
    others = [s for s, t in zip(scores, targets) if not t]
    wins = sum((a > b) + (a == b) / 2 for a in ours for b in others)
    return wins / len(ours) / len(others)


class TestEqualErrorRate:
    @pytest.mark.parametrize(
        ("scores", "targets", "eer", "threshold"),
        [
            ([1, 2, 3, 4], [0, 0, 1, 1], 0, 3),  # told apart
            ([1, 2, 3, 4], [1, 1, 0, 0], 1, 3),  # the wrong way round
            ([1, 2, 3, 4], [0, 1, 0, 1], 0.5, 3),
            ([5, 5, 5, 5], [0, 1, 0, 1], 0.5, 5),  # all tied
            # From 3 to 2, misses fall from 1/3 to 0 and false accepts rise
            # from 0 to 1/2: they meet 2/5 of the way.
            ([4, 3, 2, 2, 1], [1, 1, 1, 0, 0], 0.2, 2.6),
        ],
    )
    def test_by_hand(self, scores, targets, eer, threshold):
        found = equal_error_rate(scores, targets)
        assert found == (pytest.approx(eer), pytest.approx(threshold))

    @TIES
    @SEEDS
    def test_equals_scikit_learns_roc_and_the_loops(self, decimals, seed):
        scores, targets = draw(decimals=decimals, seed=seed)
        found, _ = equal_error_rate(scores, targets)
        expected = crossing_by_scikit_learn(scores, targets)
        assert found == pytest.approx(expected, abs=1e-12)
        naive = references.equal_error_rate(scores.tolist(), targets.tolist())
        assert found == pytest.approx(naive, abs=1e-12)

    @pytest.mark.parametrize("decimals", [2, 15], ids=["ties", "no ties"])
    def test_equals_scikit_learns_roc_at_a_million(self, decimals):
        scores, targets = draw(10**6, decimals=decimals)
        found, _ = equal_error_rate(scores, targets)
        expected = crossing_by_scikit_learn(scores, targets)
        assert found == pytest.approx(expected, abs=1e-6)

    @SEEDS
    def test_is_near_speechbrains(self, seed):
        """SpeechBrain takes the threshold at which the rates differ least.

        Without ties, one score changes one of the rates by one count, so that
        its mean of the two is less than a count of the smaller class away.
        """
        scores, targets = draw(101, seed=seed)
        scores = np.argsort(np.argsort(scores)) / 4  # exact in its float32
        found, _ = equal_error_rate(scores, targets)
        split = (torch.tensor(scores[targets == t]).float() for t in (1, 0))
        expected, _ = EER(*split)
        assert abs(found - expected) <= 1 / np.bincount(targets).min()

    def test_is_speechbrains_where_nothing_is_interpolated(self):
        ours, others = [0.9, 0.7, 0.5, 0.2], [0.6, 0.4, 0.3, 0.1]
        expected, _ = EER(torch.tensor(ours), torch.tensor(others))
        found, _ = equal_error_rate([*ours, *others], [1] * 4 + [0] * 4)
        assert found == expected == 0.25


class TestThreshold:
    """A threshold found in one set is there to be used in another."""

    @TIES
    @SEEDS
    def test_the_eer_lies_between_the_rates_at_the_threshold(
        self, decimals, seed
    ):
        scores, targets = draw(decimals=decimals, seed=seed)
        eer, threshold = equal_error_rate(scores, targets)
        accepted, own = scores >= threshold, targets == 1
        rates = 1 - accepted[own].mean(), accepted[~own].mean()
        assert min(rates) - 1e-12 <= eer <= max(rates) + 1e-12
        points = naive_points(scores.tolist(), targets.tolist())
        after = next(
            k for k, (miss, false) in enumerate(points) if false >= miss
        )
        around = points[after - 1 : after + 1]
        assert any(rates == pytest.approx(point) for point in around)

    @SEEDS
    def test_told_apart_is_an_accuracy_of_one(self, seed):
        """An ulp above the lowest target, it would reject that target."""
        scores, targets = draw(distance=20, seed=seed)
        for values in (scores, -1 / (scores + 30), scores.astype("float32")):
            eer, threshold = equal_error_rate(values, targets)
            assert eer == 0
            assert accuracy_at(values, targets, threshold) == 1

    def test_an_end_of_the_interpolation_is_hit_exactly(self):
        """0.1 + (0.3 - 0.1) is more than 0.3, and 0.3 - 0.2 less than 0.1."""
        for low, high in [(0.1, 0.3), (0.1, 0.7), (-0.3, 0.1), (1e-9, 0.3)]:
            scores = [low, high, high + 1]
            _, threshold = equal_error_rate(scores, [0, 1, 1])
            assert threshold == high
            _, threshold = equal_error_rate([low - 1, low, high], [0, 1, 1])
            assert threshold == low

    def test_above_the_highest_score_nothing_is_interpolated(self):
        """Nor is 0.4 * score + 0.6 * score always the score."""
        for score in np.arange(1, 60) / 10:
            scores = [score, score, score, score - 1]
            _, threshold = equal_error_rate(scores, [0, 1, 1, 1])
            assert threshold == score

    @pytest.mark.parametrize(
        ("scores", "targets"),
        [
            ([5, 5, 5, 5], [0, 1, 0, 1]),
            ([4, 3, 3, 3], [0, 1, 0, 1]),
            ([4, 4, 3, 3], [1, 0, 1, 0]),
            ([-1e308, 1e308, 1e308], [0, 0, 1]),
            ([1e308, -1e308, -1e308], [1, 0, 1]),
        ],
    )
    def test_is_finite_and_accepts_something(self, scores, targets):
        _, threshold = equal_error_rate(scores, targets)
        assert min(scores) <= threshold <= max(scores)


class TestAuc:
    def test_by_hand(self):
        """Of the four pairs one is won, one lost, two are ties."""
        assert roc_auc([2, 1, 2, 1], [1, 1, 0, 0]) == 0.5
        assert roc_auc([3, 1, 2, 0], [1, 1, 0, 0]) == 0.75

    @TIES
    @SEEDS
    def test_equals_scikit_learn_and_the_pairs(self, decimals, seed):
        scores, targets = draw(decimals=decimals, seed=seed)
        found = roc_auc(scores, targets)
        expected = roc_auc_score(targets, scores)
        assert found == pytest.approx(expected, abs=1e-12)
        naive = naive_auc(scores.tolist(), targets.tolist())
        assert found == pytest.approx(naive, abs=1e-12)


class TestFalseAcceptRate:
    @pytest.mark.parametrize(
        ("miss_rate", "expected"),
        [(1, 0), (0.75, 0.25), (0.5, 0.5), (0.3, 0.9), (0.25, 1), (0, 1)],
    )
    def test_by_hand(self, miss_rate, expected):
        """To (0.5, 0.5) and to (1, 0.25) go ties, straight lines."""
        scores, targets = [3, 3, 3, 2, 2, 1], [1, 1, 0, 1, 0, 1]
        found = false_accept_rate(scores, targets, miss_rate)
        assert found == pytest.approx(expected)

    def test_is_the_lowest_where_several_have_the_miss_rate(self):
        """Of ten targets seven come first: 3 in 10 are missed, as 0.3 says."""
        targets = [1] * 7 + [0] * 5 + [1] * 3
        scores = -np.arange(15)
        assert false_accept_rate(scores, targets, miss_rate=0.3) == 0
        assert false_accept_rate(scores, targets, miss_rate=0.29) == 1

    @TIES
    @SEEDS
    @pytest.mark.parametrize("miss_rate", [0, 0.05, 0.1, 0.5, 1])
    def test_equals_the_loops(self, decimals, seed, miss_rate):
        scores, targets = draw(decimals=decimals, seed=seed)
        found = false_accept_rate(scores, targets, miss_rate)
        naive = naive_false_accepts(
            scores.tolist(), targets.tolist(), miss_rate
        )
        assert found == pytest.approx(naive, abs=1e-12)

    @pytest.mark.parametrize("miss_rate", [-0.1, 10, math.nan])
    def test_error(self, miss_rate):
        with pytest.raises(InputError, match="miss_rate is .*expected 0 to 1"):
            false_accept_rate([1, 2], [0, 1], miss_rate)


class TestAccuracyAt:
    @pytest.mark.parametrize(
        ("threshold", "expected"),
        [(-math.inf, 0.5), (2, 0.75), (2.1, 0.5), (3, 0.5), (math.inf, 0.5)],
    )
    def test_a_score_at_the_threshold_is_accepted(self, threshold, expected):
        scores, targets = [1, 2, 3, 4], [0, 1, 0, 1]
        assert accuracy_at(scores, targets, threshold) == expected

    def test_one_class_is_enough(self):
        assert accuracy_at([1, 2], [1, 1], threshold=2) == 0.5

    def test_error(self):
        with pytest.raises(InputError, match="threshold is None"):
            accuracy_at([1, 2], [0, 1], None)
        with pytest.raises(InputError, match="threshold is nan"):
            accuracy_at([1, 2], [0, 1], math.nan)
