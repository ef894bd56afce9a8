"""The shortcut: planted ones are found, absent ones are not."""

import numpy as np
import pytest

from turbo_sb.evaluation.baselines.shortcut import (
    FEATURES,
    report_line,
    shortcut_report,
)
from turbo_sb.utils.errors import InputError

N = 200


def table(seed=0, n=N, n_features=3):
    """Exchangeable classes: noise of two speakers' utterances in turn."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(n, n_features))
    targets = np.arange(n) // 2 % 2
    groups = [f"speaker{k // 2}" for k in range(n)]
    return features, targets, groups


def report(features, targets, groups, **options):
    names = [f"x{k} (dB)" for k in range(features.shape[1])]
    return shortcut_report(features, targets, groups, names=names, **options)


def test_planted_level_is_found():
    features, targets, groups = table()
    features[:, 1] = -30 + 8 * targets + features[:, 1]
    found = report(features, targets, groups)
    assert found["shortcut_ACC"] > 0.95 and found["shortcut_EER"] < 0.05
    assert found["shortcut_ACC_quadratic"] > 0.95
    assert found["weights"][0][0] == "x1 (dB)"
    assert found["weights"][0][1] > 5 * abs(found["weights"][1][1])
    assert found["reason"] is None


def test_nothing_is_found_in_exchangeable_classes():
    reports = [report(*table(seed)) for seed in range(5)]
    for key in ("ACC", "EER", "ACC_quadratic", "EER_quadratic"):
        values = [found[f"shortcut_{key}"] for found in reports]
        assert np.mean(values) == pytest.approx(0.5, abs=0.06)


def test_middle_durations_are_found_by_squares_alone():
    features, targets, groups = table()
    features[:, 0] = np.where(targets, 0, 3 * np.sign(features[:, 0]))
    features[:, 0] += 0.3 * features[:, 1]
    found = report(features, targets, groups)
    assert found["shortcut_ACC"] < 0.65
    assert found["shortcut_ACC_quadratic"] > 0.95


def speakers():
    """Ten to a class, each with ten utterances alike but in no class's way."""
    random = np.random.default_rng(0)
    groups = np.arange(20).repeat(10)
    features = np.eye(20)[groups] + 0.01 * random.normal(size=(200, 20))
    return features, groups % 2, groups


def test_speakers_are_not_split():
    features, targets, groups = speakers()
    known = report(features, targets, np.arange(200))
    assert known["shortcut_ACC"] == 1
    apart = [report(features, targets, groups, seed=seed) for seed in range(4)]
    for key in ("shortcut_ACC", "shortcut_ACC_quadratic"):
        assert np.mean([found[key] for found in apart]) < 0.65


def test_order_of_the_rows_has_no_effect():
    features, targets, groups = table()
    first = report(features, targets, groups)
    order = np.random.default_rng(1).permutation(N)
    other = report(features[order], targets[order], [groups[k] for k in order])
    assert np.array_equal(other.pop("scores"), first.pop("scores")[order])
    assert other == first


def test_seed_draws_the_folds():
    first, same, other = (report(*table(), seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first["scores"], same["scores"])
    assert not np.array_equal(first["scores"], other["scores"])


def test_scores_accuracy_and_rates_agree():
    features, targets, groups = table()
    features[:, 0] += targets
    found = report(features, targets, groups)
    assert found["scores"].shape == (N,)
    right = [(s > 0.5) == t for s, t in zip(found["scores"], targets)]
    assert found["shortcut_ACC"] == sum(right) / N
    best = min(
        max(
            (found["scores"][targets == 1] < at).mean(),
            (found["scores"][targets == 0] >= at).mean(),
        )
        for at in found["scores"]
    )
    assert found["shortcut_EER"] == pytest.approx(best, abs=0.011)


@pytest.mark.parametrize("swap", [False, True])
def test_majority_is_the_larger_class(swap):
    features, targets, groups = table(n=40)
    targets[:] = np.arange(40) % 4 == 0
    found = report(features, 1 - targets if swap else targets, groups)
    assert found["shortcut_majority"] == 0.75
    assert (found["n"], found["n_groups"]) == (40, 20)


@pytest.mark.parametrize(("n_speakers", "n_folds"), [(40, 10), (6, 3), (4, 2)])
def test_few_speakers_make_fewer_folds(n_speakers, n_folds):
    features, _, _ = table(n=40)
    groups = np.arange(40) % n_speakers
    found = report(features, groups % 2, groups)
    assert found["n_folds"] == n_folds and found["shortcut_ACC"] is not None


@pytest.mark.parametrize(
    ("groups", "targets"),
    [
        ("aabb", [0, 0, 1, 1]),
        ("abcd", [1, 1, 1, 1]),
        ("aaaa", [0, 1, 0, 1]),
        ("abcc", [1, 0, 0, 1]),
    ],
    ids=["one of each", "one class", "one speaker", "one in both classes"],
)
def test_too_few_speakers_is_a_reason(groups, targets):
    found = report(np.eye(4), targets, groups)
    assert found["shortcut_ACC"] is found["shortcut_EER"] is None
    assert found["scores"] is None and found["weights"] == []
    line = report_line(found)
    assert line.startswith("shortcut: not measured, too few speakers")
    assert "n 4)" in line


def test_folds_that_leave_one_class_are_not_used():
    """Of three folds, some would train on targets alone."""
    targets = [0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1]
    found = report(np.eye(11), targets, list("aabbcccddee"))
    assert found["n_folds"] == 2 and np.isfinite(found["scores"]).all()


def test_constant_feature_does_no_harm():
    features, targets, groups = table()
    features[:, 2] = -100
    assert report(features, targets, groups)["weights"][-1][1] == 0


def test_line_says_it_all():
    features, targets, groups = table()
    features[:, 1] += 20 * targets
    found = report(features, targets, groups)
    line = report_line(found, top=1)
    assert "\n" not in line
    assert "of 3 signal features linear model ACC 1.000 EER 0.000" in line
    assert "(majority 0.500, n 200, 10 folds by speaker)" in line
    assert line.split("most telling: ")[1].startswith("x1 +")
    assert "x0" not in line


def test_names_are_those_of_the_signal_features_unless_given():
    features, targets, groups = table(n_features=len(FEATURES))
    found = shortcut_report(features, targets, groups)
    assert {name for name, _ in found["weights"]} == set(FEATURES)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f, t, g: (f[:-1], t, g), r"\(n, 3\), n targets"),
        (lambda f, t, g: (f, t[:-1], g), "n targets and n groups"),
        (lambda f, t, g: (f, t, g[:-1]), "and 199"),
        (lambda f, t, g: (f, t + 1, g), r"targets of 1 and 0.*\[1, 2\]"),
        (lambda f, t, g: (np.where(f > 2, np.nan, f), t, g), "not finite"),
        (lambda f, t, g: (f[:0], t[:0], []), "n >= 1"),
    ],
)
def test_arguments_that_do_not_fit_are_named(change, message):
    with pytest.raises(InputError, match=message):
        report(*change(*table()))


@pytest.mark.parametrize("n_folds", [1, 2.5, None])
def test_folds_are_at_least_two(n_folds):
    with pytest.raises(InputError, match="n_folds: .* whole number >= 2"):
        report(*table(), n_folds=n_folds)
