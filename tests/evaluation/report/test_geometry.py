"""Alignment and uniformity over runs, and paired by fold."""

import pytest

from tests.evaluation.report.report_runs import read, rows, write_fold
from turbo_sb.evaluation.report.geometry import geometry
from turbo_sb.evaluation.report.pooled_predictions import gather
from turbo_sb.utils.errors import InputError


def write(folder, method, values):
    """A run for each (fold, seed), with an alignment of its own."""
    for (fold, seed), value in values.items():
        tested = rows(f"a{fold} x ang ang; b{fold} y ang hap")
        write_fold(folder, method, fold, tested, seed, alignment=value)


def geometry_of(folder):
    return geometry(gather(read(folder))["speaker10"], n_resamples=500)


def test_mean_and_spread_are_over_runs(tmp_path):
    write(tmp_path, "turbo", {(1, 1): 2.0, (2, 1): 3.0})
    found = geometry_of(tmp_path)["turbo"]
    assert found["alignment"]["mean"] == 2.5
    assert found["alignment"]["sd"] == pytest.approx(0.5**0.5)
    assert found["alignment"]["n"] == 2
    assert "difference" not in found["alignment"]
    assert found["uniformity_text"] is None


def test_difference_is_paired_by_fold(tmp_path):
    """Folds differ by 10, methods by 1, in each of them."""
    vanilla = {(k, s): 10.0 * k for k in range(1, 9) for s in (1, 2)}
    write(tmp_path, "vanilla", vanilla)
    turbo = {key: value - 1 for key, value in vanilla.items()}
    write(tmp_path, "turbo", {**turbo, (9, 1): 1000.0})
    found = geometry_of(tmp_path)["turbo"]["alignment"]
    assert found["difference"] == pytest.approx(-1)
    assert found["difference_interval"] == pytest.approx((-1, -1))
    assert found["p_bootstrap"] == 2 / 2**8
    assert found["n"] == 17


def test_difference_is_of_the_seeds_mean(tmp_path):
    write(tmp_path, "vanilla", {(1, 1): 1.0, (1, 2): 3.0, (2, 1): 2.0})
    write(tmp_path, "turbo", {(1, 1): 4.0, (2, 1): 2.0})
    found = geometry_of(tmp_path)["turbo"]["alignment"]
    assert found["difference"] == 1  # 4 - 2 and 2 - 2
    low, high = found["difference_interval"]
    assert (low, high) == (0, 2)


def test_no_fold_in_common(tmp_path):
    write(tmp_path, "vanilla", {(1, 1): 1.0})
    write(tmp_path, "turbo", {(2, 1): 4.0})
    assert "difference" not in geometry_of(tmp_path)["turbo"]["alignment"]


def test_two_kinds_are_refused(tmp_path):
    tested = rows("a x ang ang")
    write_fold(tmp_path, "turbo", 1, tested, on_sphere=False)
    write_fold(tmp_path, "vanilla", 1, tested, on_sphere=True)
    with pytest.raises(InputError, match="in some runs and not in others"):
        geometry_of(tmp_path)
