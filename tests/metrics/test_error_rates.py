"""One sweep for all detection errors: weights, and whatever is given it."""

import math

import numpy as np
import pytest
import torch

from tests.scores import draw
from turbo_sb.metrics import ErrorRates, equal_error_rate, roc_auc
from turbo_sb.utils.errors import InputError

TIES = pytest.mark.parametrize("decimals", [0, 1, 9])
SEEDS = pytest.mark.parametrize("seed", range(4))


def statistics(scores, targets, weights=None):
    sweep = ErrorRates(scores, targets)
    return [
        *sweep.eer(weights),
        sweep.auc(weights),
        sweep.false_accepts_at(0.1, weights),
    ]


class TestWeights:
    @TIES
    @SEEDS
    def test_counts_are_repeated_rows(self, decimals, seed):
        scores, targets = draw(decimals=decimals, seed=seed)
        counts = np.random.default_rng(seed).poisson(1, size=len(scores))
        repeated = scores.repeat(counts), targets.repeat(counts)
        found = statistics(scores, targets, counts)
        assert found == pytest.approx(statistics(*repeated), abs=1e-12)
        ours = ErrorRates(scores, targets).rates(counts)
        for values, expected in zip(ours, ErrorRates(*repeated).rates()):
            np.testing.assert_allclose(values, expected, rtol=0, atol=1e-12)

    def test_a_score_without_weight_is_no_threshold(self):
        """Between 4 and 1 the rates meet half way; 3 and 2 are not there."""
        sweep = ErrorRates([4, 3, 2, 1, 1], [1, 0, 1, 1, 0])
        assert sweep.eer([1, 0, 0, 1, 1])[1] == pytest.approx(3)
        assert sweep.rates([1, 0, 0, 1, 1])[0].tolist() == [math.inf, 4, 1]

    def test_only_their_ratios_matter(self):
        scores, targets = draw()
        counts = np.random.default_rng(1).poisson(1, size=len(scores))
        found = statistics(scores, targets, counts / 7)
        assert found == pytest.approx(statistics(scores, targets, counts))

    @pytest.mark.parametrize(
        "weights", [[1, 2, 0, 0], [0, 0, 1, 2], [0, 0, 0, 0]]
    )
    def test_a_class_without_weight_is_undefined(self, weights):
        found = statistics([4, 3, 2, 1], [1, 1, 0, 0], weights)
        assert np.isnan(found).all()

    def test_they_leave_no_trace(self):
        sweep = ErrorRates(*draw())
        before = sweep.eer()
        sweep.eer(np.zeros(60))
        assert sweep.eer() == before

    @pytest.mark.parametrize(
        ("weights", "message"),
        [
            ([1, 2], r"shape \(2,\), expected \(3,\)"),
            (1, r"shape \(\), expected \(3,\)"),
            ([1, -1, 0], "weights go from -1.0 to 1.0"),
            ([1, math.nan, 0], "weights go from nan"),
            ([1, math.inf, 0], "weights go from 0.0 to inf"),
        ],
    )
    def test_errors(self, weights, message):
        with pytest.raises(InputError, match=message):
            ErrorRates([1, 2, 3], [0, 1, 1]).eer(weights)


class TestAnyInput:
    @TIES
    def test_order_does_not_matter(self, decimals):
        scores, targets = draw(decimals=decimals)
        order = np.random.default_rng(1).permutation(len(scores))
        shuffled = scores[order], targets[order]
        assert statistics(*shuffled) == statistics(scores, targets)

    @pytest.mark.parametrize(
        "transform", [np.exp, np.arctan, lambda s: 3 * s - 40]
    )
    def test_a_monotone_transform_changes_no_rate(self, transform):
        scores, targets = draw(decimals=1)
        found = statistics(transform(scores), targets)
        expected = statistics(scores, targets)
        del found[1], expected[1]  # the threshold is a score
        assert found == pytest.approx(expected, abs=1e-12)

    @pytest.mark.parametrize(
        "convert",
        [
            list,
            lambda x: torch.tensor(x, requires_grad=x.dtype == np.float64),
            lambda x: torch.tensor(x).to(torch.bfloat16),
            lambda x: x.astype("float32"),
            lambda x: np.repeat(x, 2)[::-2][::-1],  # a view, running backwards
        ],
    )
    def test_lists_arrays_and_tensors_are_as_good(self, convert):
        scores, targets = draw(decimals=0)  # exact in every number format
        found = statistics(convert(scores), convert(targets))
        assert found == statistics(scores, targets)

    def test_truth_values_are_targets(self):
        scores, targets = draw()
        found = statistics(scores, targets.astype(bool))
        assert found == statistics(scores, targets)

    @pytest.mark.parametrize("metric", [ErrorRates, equal_error_rate, roc_auc])
    @pytest.mark.parametrize(
        ("scores", "targets", "message"),
        [
            ([1, 2], [1, 1], "2 targets, 0 others"),
            ([1, 2], [0, 0], "0 targets, 2 others"),
            ([1, math.nan], [0, 1], r"1 of 2 scores .* scores\[1\]: nan"),
            ([math.inf, 1], [0, 1], r"1 of 2 scores .* scores\[0\]: inf"),
            ([1, 2], [0, 2], r"1 of 2 targets .*1 or 0.* targets\[1\]: 2.0"),
            ([1, 2], ["no", "yes"], "targets: expected numbers"),
            ([[1], [2, 3]], [0, 1], "scores: expected numbers"),
            ([], [], "length >= 1"),
            ([1, 2, 3], [0, 1], "one length"),
            ([[1, 2]], [[0, 1]], "one length"),
        ],
    )
    def test_errors(self, metric, scores, targets, message):
        with pytest.raises(InputError, match=message):
            metric(scores, targets)


class TestExtremeNumbers:
    @pytest.mark.parametrize("scale", [5e-324, 1e-300, 1e300, 4e307])
    def test_of_scores(self, scale):
        scores = np.array([1, 2, 3, 4]) * scale
        eer, threshold = ErrorRates(scores, [0, 1, 0, 1]).eer()
        assert (eer, threshold) == (0.5, 3 * scale)

    @pytest.mark.parametrize("weight", [5e-324, 1e-300, 1e300, 1.7e308])
    def test_of_weights(self, weight):
        rates = ErrorRates([4, 3, 2, 1], [1, 0, 1, 0])
        assert rates.eer([weight] * 4) == rates.eer()
        assert rates.auc([weight] * 4) == rates.auc()

    @pytest.mark.parametrize(
        "kind", [np.int8, np.uint8, np.uint64, np.float16, bool]
    )
    def test_of_other_kinds(self, kind):
        scores = np.array([0, 1, 0, 1]).astype(kind)
        assert ErrorRates(scores, [0, 1, 0, 1]).eer() == (0, 1)

    @pytest.mark.parametrize(
        "scores",
        [[2**53, 2**53 + 1], [10**400, 1], [1j, 2], torch.tensor([1j, 2])],
    )
    def test_that_float64_cannot_tell_apart(self, scores):
        with pytest.raises(InputError, match="scores: "):
            ErrorRates(scores, [0, 1])
