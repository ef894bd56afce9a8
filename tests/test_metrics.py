"""Metrics by hand, by loops, and against scikit-learn and pdist."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score, roc_curve
from sklearn.metrics import confusion_matrix as sklearn_confusion

from tests import references
from turbo_sb.errors import InputError
from turbo_sb.metrics import (
    alignment,
    confusion_matrix,
    equal_error_rate,
    uniformity,
    unweighted_accuracy,
    weighted_accuracy,
)

# Six utterances of three classes: recalls 2/3, 1/2 and 1.
TARGETS = [0, 0, 0, 1, 1, 2]
PREDICTIONS = [0, 0, 2, 1, 0, 2]


class TestAccuracies:
    def test_weighted_by_hand(self):
        assert weighted_accuracy(PREDICTIONS, TARGETS) == pytest.approx(4 / 6)

    def test_unweighted_by_hand(self):
        found = unweighted_accuracy(PREDICTIONS, TARGETS, n_classes=3)
        assert found == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)

    def test_confusion_has_targets_in_rows(self):
        counts = confusion_matrix(PREDICTIONS, TARGETS, n_classes=3)
        assert counts.tolist() == [[2, 0, 1], [1, 1, 0], [0, 0, 1]]

    def test_a_class_without_targets_is_left_out_of_ua(self):
        """Class 3 is predicted once and occurs never."""
        predictions = [*PREDICTIONS[:-1], 3]
        found = unweighted_accuracy(predictions, TARGETS, n_classes=5)
        assert found == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
        recalls = references.recalls(predictions, TARGETS)
        assert found == pytest.approx(sum(recalls) / len(recalls))

    def test_equal_scikit_learn(self):
        rng = np.random.default_rng(1)
        predictions, targets = rng.integers(0, 4, size=(2, 200))
        found = unweighted_accuracy(predictions, targets, n_classes=4)
        assert found == pytest.approx(
            balanced_accuracy_score(targets, predictions)
        )
        counts = confusion_matrix(predictions, targets, n_classes=4)
        expected = sklearn_confusion(targets, predictions)
        assert counts.tolist() == expected.tolist()

    def test_tensors_are_as_good_as_lists(self):
        tensors = torch.tensor(PREDICTIONS), torch.tensor(TARGETS)
        assert weighted_accuracy(*tensors) == weighted_accuracy(
            PREDICTIONS, TARGETS
        )

    @pytest.mark.parametrize(
        "metric", [weighted_accuracy, lambda p, t: unweighted_accuracy(p, t, 2)]
    )
    @pytest.mark.parametrize(
        ("predictions", "targets"), [([], []), ([0, 1], [0]), ([[0]], [[0]])]
    )
    def test_shape_errors(self, metric, predictions, targets):
        with pytest.raises(InputError, match="two lists of one length"):
            metric(predictions, targets)

    @pytest.mark.parametrize(
        ("predictions", "targets", "named"),
        [
            ([0, 2], [0, 1], "predictions go from 0 to 2"),
            ([0], [-1], "targets"),
        ],
    )
    def test_an_index_that_is_no_class_is_an_error(
        self, predictions, targets, named
    ):
        with pytest.raises(InputError, match=f"{named}.*0 to 1"):
            unweighted_accuracy(predictions, targets, n_classes=2)


def crossing_by_scikit_learn(scores, targets):
    """Where the segments of the ROC curve meet miss == false alarm."""
    false, true, _ = roc_curve(targets, scores, drop_intermediate=False)
    gap = (1 - true) - false  # falls from 1 to -1
    k = int(np.argmax(gap <= 0))
    part = gap[k - 1] / (gap[k - 1] - gap[k])
    return false[k - 1] + part * (false[k] - false[k - 1])


class TestEqualErrorRate:
    @pytest.mark.parametrize(
        ("scores", "targets", "eer", "threshold"),
        [
            ([1, 2, 3, 4], [0, 0, 1, 1], 0, 3),  # told apart
            ([1, 2, 3, 4], [1, 1, 0, 0], 1, 3),  # the wrong way round
            ([1, 2, 3, 4], [0, 1, 0, 1], 0.5, 3),
            ([5, 5, 5, 5], [0, 1, 0, 1], 0.5, 5),  # all tied
            # From 3 to 2, misses fall from 1/3 to 0 and false alarms rise
            # from 0 to 1/2: they meet 2/5 of the way.
            ([4, 3, 2, 2, 1], [1, 1, 1, 0, 0], 0.2, 2.6),
        ],
    )
    def test_by_hand(self, scores, targets, eer, threshold):
        found = equal_error_rate(scores, targets)
        assert found == (pytest.approx(eer), pytest.approx(threshold))

    @pytest.mark.parametrize("decimals", [1, 6], ids=["ties", "no ties"])
    @pytest.mark.parametrize("seed", range(5))
    def test_equals_scikit_learns_roc_and_the_loops(self, decimals, seed):
        rng = np.random.default_rng(seed)
        targets = rng.integers(0, 2, size=60)
        scores = (rng.normal(size=60) + 0.8 * targets).round(decimals)
        found, _ = equal_error_rate(scores, targets)
        expected = crossing_by_scikit_learn(scores, targets)
        assert found == pytest.approx(expected, abs=1e-12)
        naive = references.equal_error_rate(scores.tolist(), targets.tolist())
        assert found == pytest.approx(naive, abs=1e-12)

    def test_order_does_not_matter(self):
        scores, targets = [0.1, 0.4, 0.4, 0.9, 0.3], [0, 1, 0, 1, 1]
        assert equal_error_rate(scores, targets) == equal_error_rate(
            scores[::-1], targets[::-1]
        )

    @pytest.mark.parametrize(
        ("scores", "targets", "message"),
        [
            ([1, 2], [1, 1], "2 targets, 0 others"),
            ([1, 2], [0, 0], "0 targets, 2 others"),
            ([1, math.nan], [0, 1], "1 scores not finite"),
            ([1, math.inf], [0, 1], "1 scores not finite"),
            ([], [], "length >= 1"),
            ([1, 2, 3], [0, 1], "one length"),
        ],
    )
    def test_errors(self, scores, targets, message):
        with pytest.raises(InputError, match=message):
            equal_error_rate(scores, targets)


def embeddings(n=7, dim=3, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, dim, generator=generator, dtype=torch.float64)


def on_sphere(x):
    return x / x.norm(dim=1, keepdim=True)


class TestAlignment:
    def test_by_hand(self):
        """At a right angle the squared distance is 2, opposite it is 4."""
        audio = torch.tensor([[3.0, 0], [0, 5]])
        text = torch.tensor([[0.0, 2], [0, -1]])
        assert alignment(audio, text) == pytest.approx(3)
        expected = (math.sqrt(2) + 2) / 2
        assert alignment(audio, text, alpha=1) == pytest.approx(expected)

    @pytest.mark.parametrize("alpha", [1, 2, 3])
    def test_equals_the_one_line_formula(self, alpha):
        audio, text = embeddings(seed=1), embeddings(seed=2)
        raw = references.alignment(audio, text, alpha).item()
        found = alignment(audio, text, alpha, normalize=False)
        assert found == pytest.approx(raw, rel=1e-12)
        unit = references.alignment(on_sphere(audio), on_sphere(text), alpha)
        assert alignment(audio, text, alpha) == pytest.approx(unit.item())

    @pytest.mark.parametrize(
        ("audio", "text"), [((2, 3), (2, 4)), ((3,), (3,)), ((0, 3), (0, 3))]
    )
    def test_errors(self, audio, text):
        with pytest.raises(InputError, match="alignment takes two tensors"):
            alignment(torch.ones(audio), torch.ones(text))


class TestUniformity:
    def test_by_hand(self):
        """Pairs at squared distances 4, 2 and 2."""
        x = torch.tensor([[1.0, 0], [-1, 0], [0, 9]])
        expected = math.log((math.exp(-8) + 2 * math.exp(-4)) / 3)
        assert uniformity(x) == pytest.approx(expected)

    def test_is_zero_when_all_coincide(self):
        assert uniformity(torch.ones(5, 3)) == pytest.approx(0, abs=1e-12)

    @pytest.mark.parametrize("t", [0.5, 2])
    def test_equals_the_one_line_formula(self, t):
        x = embeddings()
        raw = references.uniformity(x, t).item()
        found = uniformity(x, t, normalize=False)
        assert found == pytest.approx(raw, rel=1e-10)
        unit = references.uniformity(on_sphere(x), t).item()
        assert uniformity(x, t) == pytest.approx(unit, rel=1e-10)

    @pytest.mark.parametrize("block", [1, 2, 3, 7, 100])
    def test_the_size_of_a_block_does_not_matter(self, block):
        x = embeddings()
        assert uniformity(x, block=block) == pytest.approx(
            uniformity(x), rel=1e-12
        )

    def test_far_points_do_not_become_minus_infinity(self):
        """exp(-t d ** 2) underflows; its logarithm is -2 * 200 ** 2."""
        x = torch.tensor([[100.0], [-100.0]])
        assert uniformity(x, normalize=False) == pytest.approx(-80000)

    @pytest.mark.parametrize("shape", [(1, 3), (0, 3), (4,)])
    def test_errors(self, shape):
        with pytest.raises(InputError, match="n >= 2"):
            uniformity(torch.ones(shape))


def test_geometry_leaves_no_graph():
    x = embeddings().requires_grad_()
    assert isinstance(alignment(x, x), float)
    assert isinstance(uniformity(x), float)
