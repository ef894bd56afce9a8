"""Pooled metrics, weighted, next to scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, recall_score

from tests.evaluation.report.report_runs import read, rows, write_fold
from turbo_sb.evaluation.report.pooled_predictions import gather
from turbo_sb.metrics import equal_error_rate
from turbo_sb.utils.errors import InputError

FIRST = rows("a x ang ang; b x ang ang; c x ang hap")
SECOND = rows("d y hap hap; e y ang hap; f y hap ang; g y hap hap")


def pool_of(folder, method="turbo"):
    methods = gather(read(folder))["speaker10"]
    (found,) = [m for m in methods if m.name == method]
    (pool,) = found.pools.values()
    return pool


def test_folds_are_pooled(tmp_path):
    write_fold(tmp_path, "turbo", 1, FIRST)
    write_fold(tmp_path, "turbo", 2, SECOND)
    pool = pool_of(tmp_path)
    assert pool.keys == [*((1, k) for k in "abc"), *((2, k) for k in "defg")]
    found = pool.statistics(("WA", "UA"))
    weights = np.ones(7)
    assert found["WA"](weights) == pytest.approx(4 / 7)
    # ang: a b right of a b c e; hap: d g of d f g. Not the folds' mean.
    assert found["UA"](weights) == pytest.approx((2 / 4 + 2 / 3) / 2)


def test_weights_are_repeated_rows(tmp_path):
    write_fold(tmp_path, "turbo", 1, FIRST + SECOND)
    pool = pool_of(tmp_path)
    weights = np.array([0, 2, 1, 3, 0, 1, 1])
    targets = np.repeat(pool.targets, weights)
    predictions = np.repeat(pool.predictions, weights)
    found = pool.statistics(("WA", "UA"))
    assert found["WA"](weights) == accuracy_score(targets, predictions)
    assert found["UA"](weights) == pytest.approx(
        recall_score(targets, predictions, average="macro")
    )


def test_class_without_weight_is_left_out(tmp_path):
    write_fold(tmp_path, "turbo", 1, FIRST + SECOND)
    found = pool_of(tmp_path).statistics(("WA", "UA"))
    assert found["UA"](np.array([1, 1, 1, 0, 0, 0, 0])) == pytest.approx(2 / 3)
    assert np.isnan(found["UA"](np.zeros(7)))
    assert np.isnan(found["WA"](np.zeros(7)))


def test_eer_is_of_the_second_class(tmp_path):
    labels = ["non_directed", "directed"]
    names = {"n": "non_directed", "d": "directed"}
    table = [
        (str(k), "x", names[a], names[b])
        for k, (a, b) in enumerate(["nn", "nn", "nd", "dd", "dn", "dd", "dd"])
    ]
    write_fold(tmp_path, "turbo", 1, table, labels=labels)
    pool = pool_of(tmp_path)
    expected = equal_error_rate(pool.probabilities[:, 1], pool.targets)[0]
    found = pool.statistics(("ACC", "EER"))
    assert found["EER"](np.ones(7)) == pytest.approx(expected)
    assert 0 < expected < 1
    assert np.isnan(found["EER"](np.array([1, 1, 1, 0, 0, 0, 0])))


def test_runs_of_two_tasks_are_refused(tmp_path):
    write_fold(tmp_path, "turbo", 1, FIRST)
    write_fold(
        tmp_path,
        "other",
        1,
        rows("a x directed directed"),
        labels=["non_directed", "directed"],
    )
    with pytest.raises(InputError, match="different tasks"):
        gather(read(tmp_path))
