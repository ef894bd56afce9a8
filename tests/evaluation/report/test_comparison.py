"""The report's figures, next to naive loops and to figures by hand."""

import statistics

import numpy as np
import pytest

from tests.evaluation.report.report_runs import read, rows, write_fold
from turbo_sb.evaluation.report.comparison import Comparison
from turbo_sb.evaluation.report.pooled_predictions import gather

SPEAKERS = [f"s{k}" for k in range(6)]
CLASSES = ("ang", "hap")


def table(seed, share_right, n=12, kind=True):
    """n utterances a speaker, of which some are right."""
    rng = np.random.default_rng(seed)
    found = []
    for speaker in SPEAKERS:
        for k in range(n):
            label = CLASSES[k % 2]
            other = CLASSES[1 - k % 2]
            guess = label if rng.random() < share_right else other
            part = ("impro", "script")[k % 3 == 0] if kind else ""
            found.append((f"{speaker}_{k}", speaker, label, guess, part))
    return found


def write(folder, method, found, seed=1):
    """A fold a speaker."""
    for fold, speaker in enumerate(SPEAKERS, start=1):
        mine = [row for row in found if row[1] == speaker]
        write_fold(folder, method, fold, mine, seed)


def score(folder, **options):
    methods = gather(read(folder))["speaker10"]
    return Comparison(methods, **options).score()


def accuracy(found):
    return np.mean([row[2] == row[3] for row in found])


@pytest.fixture
def two_methods(tmp_path):
    tables = {
        ("vanilla", 1): table(1, 0.6),
        ("vanilla", 2): table(2, 0.6),
        ("turbo", 1): table(3, 0.9),
        ("turbo", 2): table(4, 0.9),
    }
    for (method, seed), found in tables.items():
        write(tmp_path, method, found, seed)
    return tmp_path, tables


def test_value_is_the_mean_over_seeds_of_the_pooled_metric(two_methods):
    folder, tables = two_methods
    found = score(folder, n_resamples=10)["all"]["turbo"]
    pooled = [accuracy(tables["turbo", seed]) for seed in (1, 2)]
    assert found["WA"]["value"] == pytest.approx(np.mean(pooled))
    assert found["WA"]["seed_sd"] == pytest.approx(statistics.stdev(pooled))
    assert (found["WA"]["n_seeds"], found["n"]) == (2, 72)


def test_spread_over_folds(two_methods):
    folder, tables = two_methods
    found = score(folder, n_resamples=10)["all"]["turbo"]["WA"]
    folds = [
        np.mean(
            [
                accuracy([r for r in tables["turbo", seed] if r[1] == speaker])
                for seed in (1, 2)
            ]
        )
        for speaker in SPEAKERS
    ]
    assert found["fold_mean"] == pytest.approx(np.mean(folds))
    assert found["fold_sd"] == pytest.approx(statistics.stdev(folds))
    assert found["n_folds"] == 6


def test_interval_is_of_whole_speakers(two_methods):
    """The naive bootstrap: draw speakers, repeat their rows."""
    folder, tables = two_methods
    found = score(folder, n_resamples=400)["all"]
    rng = np.random.default_rng(0)
    values, differences = [], []
    for _ in range(4000):
        drawn = rng.choice(SPEAKERS, size=len(SPEAKERS))
        mean = {}
        for method in ("vanilla", "turbo"):
            mean[method] = np.mean(
                [
                    accuracy(
                        [
                            r
                            for s in drawn
                            for r in tables[method, seed]
                            if r[1] == s
                        ]
                    )
                    for seed in (1, 2)
                ]
            )
        values.append(mean["turbo"])
        differences.append(mean["turbo"] - mean["vanilla"])
    expected = np.quantile(values, [0.025, 0.975])
    assert found["turbo"]["WA"]["interval"] == pytest.approx(expected, abs=0.02)
    expected = np.quantile(differences, [0.025, 0.975])
    interval = found["turbo"]["WA"]["difference_interval"]
    assert interval == pytest.approx(expected, abs=0.03)
    assert found["turbo"]["WA"]["p_bootstrap"] == 2 / 2**6
    assert "difference" not in found["vanilla"]["WA"]


def test_method_against_itself_differs_by_nothing(tmp_path):
    for method in ("vanilla", "turbo"):
        write(tmp_path, method, table(1, 0.7))
    found = score(tmp_path, n_resamples=50)["all"]["turbo"]
    assert found["WA"]["difference"] == 0
    assert found["WA"]["difference_interval"] == (0, 0)
    assert found["WA"]["p_bootstrap"] == 1
    assert found["p_mcnemar"] == {"combined": 1.0, "by_seed": [1.0]}


def test_mcnemar_is_of_the_same_utterances(tmp_path):
    """vanilla is right on a b c d, turbo on a and e ... i: 3 to 5."""
    IDs = "abcdefghi"
    right = {"vanilla": "abcd", "turbo": "aefghi"}
    for method, own in right.items():
        found = [
            (k, f"speaker {k}", "ang", "ang" if k in own else "hap")
            for k in IDs
        ]
        write_fold(
            tmp_path, method, 1, found[::-1] if method == "turbo" else found
        )
    p = score(tmp_path, n_resamples=10)["all"]["turbo"]["p_mcnemar"]
    # 3 of 8 or more extreme, twice: 2 * (1 + 8 + 28 + 56) / 256.
    assert p["combined"] == pytest.approx(2 * 93 / 256)


def test_difference_is_of_what_both_have(tmp_path):
    """vanilla has an easy fold that turbo does not have yet."""
    hard = rows("a x ang ang; b x ang hap")
    easy = rows("c y ang ang; d y ang ang")
    write_fold(tmp_path, "vanilla", 1, hard)
    write_fold(tmp_path, "vanilla", 2, easy)
    write_fold(tmp_path, "turbo", 1, hard)
    found = score(tmp_path, n_resamples=10)["all"]
    assert found["vanilla"]["WA"]["value"] == 0.75
    assert found["turbo"]["WA"]["value"] == 0.5
    assert found["turbo"]["WA"]["difference"] == 0


def test_kinds_apart(two_methods):
    folder, tables = two_methods
    found = score(folder, n_resamples=10)
    assert set(found) == {"all", "kind: impro", "kind: script"}
    mine = [
        accuracy([r for r in tables["turbo", seed] if r[4] == "script"])
        for seed in (1, 2)
    ]
    scripted = found["kind: script"]["turbo"]
    assert scripted["WA"]["value"] == pytest.approx(np.mean(mine))
    assert scripted["n"] == 24


def test_baseline_without_a_seed_is_compared_with_every_seed(tmp_path):
    for seed in (1, 2, 3):
        write(tmp_path, "vanilla", table(seed, 0.6), seed)
    write(tmp_path, "words", table(9, 0.9), seed=None)
    found = score(tmp_path, n_resamples=20)["all"]["words"]
    assert len(found["p_mcnemar"]["by_seed"]) == 3
    assert found["WA"]["n_seeds"] == 1
    assert found["WA"]["seed_sd"] is None


def test_part_of_one_speaker_has_no_interval(tmp_path):
    found = [
        (*r[:4], "impro" if r[1] != "s0" else "script") for r in table(1, 0.7)
    ]
    other = [
        (*r[:4], "impro" if r[1] != "s0" else "script") for r in table(2, 0.9)
    ]
    write(tmp_path, "vanilla", found)
    write(tmp_path, "turbo", other)
    scores = score(tmp_path, n_resamples=50)
    script, impro = (
        scores["kind: script"]["turbo"],
        scores["kind: impro"]["turbo"],
    )
    assert script["WA"]["interval"] == (None, None)
    assert script["WA"]["difference_interval"] == (None, None)
    assert script["WA"]["p_bootstrap"] is None
    assert None not in impro["WA"]["interval"]


def test_too_few_speakers_have_no_p(tmp_path):
    """turbo is always right and vanilla never; 5 of 7 speakers have scripts."""
    for method, guess in (("vanilla", "hap"), ("turbo", "ang")):
        for fold, speaker in enumerate([*SPEAKERS, "s6"], start=1):
            found = [
                (f"{speaker}_{k}", speaker, "ang", guess, kind)
                for k, kind in enumerate(["script", "impro"])
                if kind == "impro" or fold <= 5
            ]
            write_fold(tmp_path, method, fold, found)
    scores = score(tmp_path, n_resamples=200)
    script = scores["kind: script"]["turbo"]
    assert script["n_groups"] == 5
    assert script["WA"]["p_bootstrap"] is None
    assert script["p_mcnemar"] == {"combined": None, "by_seed": []}
    impro = scores["kind: impro"]["turbo"]
    assert impro["WA"]["p_bootstrap"] == 2 / 2**7
    assert impro["p_mcnemar"]["combined"] == pytest.approx(2 / 2**7)


def test_mcnemar_pairs_equal_seeds(tmp_path):
    """Of two seeds there are two tests, and not four."""
    for method in ("vanilla", "turbo"):
        for seed in (1, 2):
            write(tmp_path, method, table(seed, 0.7), seed)
    found = score(tmp_path, n_resamples=10)["all"]["turbo"]["p_mcnemar"]
    assert found["by_seed"] == [1, 1]  # each is the same as its partner


def test_mcnemar_of_no_common_utterance_is_none(tmp_path):
    write_fold(tmp_path, "vanilla", 1, rows("a x ang ang; b y ang hap"))
    write_fold(tmp_path, "turbo", 2, rows("c x ang ang; d y ang hap"))
    found = score(tmp_path, n_resamples=10)["all"]["turbo"]
    assert found["p_mcnemar"]["combined"] is None
    assert found["WA"]["difference"] is None


def test_one_speaker_has_no_interval(tmp_path):
    write_fold(tmp_path, "turbo", 1, rows("a x ang ang; b x ang hap"))
    found = score(tmp_path, n_resamples=10)["all"]["turbo"]["WA"]
    assert found["interval"] == (None, None)
    assert found["fold_sd"] is None
