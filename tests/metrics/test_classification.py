"""Accuracies and the confusion matrix, by hand and by scikit-learn."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score
from sklearn.metrics import confusion_matrix as sklearn_confusion

from tests import references
from turbo_sb.metrics import (
    confusion_matrix,
    unweighted_accuracy,
    weighted_accuracy,
)
from turbo_sb.utils.errors import InputError

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


class TestOddNumbers:
    @pytest.mark.parametrize(
        "predictions",
        [[math.nan, 1], [math.inf, 1], [0.5, 1], [-1, 1], [None, 1], ["a", 1]],
    )
    @pytest.mark.parametrize(
        "metric",
        [
            weighted_accuracy,
            lambda p, t: unweighted_accuracy(p, t, 2),
            lambda p, t: confusion_matrix(p, t, 2),
        ],
    )
    def test_no_class_indices(self, metric, predictions):
        for given in ((predictions, [0, 1]), ([0, 1], predictions)):
            with pytest.raises(InputError):
                metric(*given)

    @pytest.mark.parametrize("value", [10**400, 2**64, 1 + 1j])
    def test_beyond_all_numbers(self, value):
        with pytest.raises(InputError):
            weighted_accuracy([value, 1], [0, 1])

    @pytest.mark.parametrize("n_classes", [0, -1])
    def test_no_classes(self, n_classes):
        with pytest.raises(InputError, match=f"n_classes: {n_classes} is"):
            unweighted_accuracy([0, 1], [0, 1], n_classes)

    def test_bools_are_indices(self):
        assert weighted_accuracy([True, False], [1, 1]) == 0.5

    def test_a_single_class_is_scored(self):
        assert unweighted_accuracy([1, 0], [1, 1], 2) == 0.5
