"""What a report states beside the scores."""

import pytest

from tests.evaluation.report.report_runs import read, rows, write_fold
from turbo_sb.data.manifest import write_json
from turbo_sb.evaluation.report import build
from turbo_sb.evaluation.report.pooled_predictions import gather

FIRST = rows("a x ang ang; b x ang hap")
SECOND = rows("c y hap hap; d y ang ang")


def method_of(folder, protocol="speaker10"):
    return gather(read(folder))[protocol][0]


def test_coverage_counts_each_utterance_once(tmp_path):
    for seed in (1, 2):
        write_fold(tmp_path, "turbo", 1, FIRST, seed, n_left_out=3)
        write_fold(tmp_path, "turbo", 2, SECOND, seed, n_left_out=5)
    found = build.coverage(method_of(tmp_path))
    assert found["n_tested"] == 4
    assert found["n_known"] == 6  # with "other" and "third"
    assert (found["n_speakers"], found["n_unknown"]) == (2, 0)
    assert found["n_left_out"] == 4


def test_overlap_is_of_all_test_texts(tmp_path):
    """Training has "text of a": fold 1 tests a and b, fold 2 c."""
    write_fold(tmp_path, "turbo", 1, FIRST)
    write_fold(tmp_path, "turbo", 2, SECOND[:1])
    assert build.text_overlap(method_of(tmp_path)) == pytest.approx(1 / 3)


def test_confusion_is_summed_over_folds_and_seeds(tmp_path):
    for seed in (1, 2):
        write_fold(tmp_path, "turbo", 1, FIRST, seed)
        write_fold(tmp_path, "turbo", 2, SECOND, seed)
    assert build.confusion(method_of(tmp_path)) == [[4, 2], [0, 2]]


def test_unknown_speakers_are_counted_apart(tmp_path):
    tested = [("a", "", "ang", "ang"), ("b", "", "ang", "ang"), *SECOND]
    write_fold(tmp_path, "turbo", 1, tested)
    found = build.coverage(method_of(tmp_path))
    assert (found["n_speakers"], found["n_unknown"]) == (1, 2)


def test_majority_is_of_the_labels(tmp_path):
    write_fold(tmp_path, "turbo", 1, FIRST)  # ang ang
    write_fold(tmp_path, "turbo", 2, SECOND)  # hap ang
    found = build.baselines(method_of(tmp_path))
    assert found == {"majority class": {"WA": 0.75, "UA": 0.5}}


def test_shortcut_stands_beside(tmp_path):
    for fold, tested in ((1, FIRST), (2, SECOND)):
        tested = [
            (ID, who, *("directed" if x == "ang" else "non" for x in pair))
            for ID, who, *pair in tested
        ]
        write_fold(
            tmp_path,
            "turbo",
            fold,
            tested,
            labels=["non", "directed"],
            shortcut_ACC=0.5 + fold / 10,
            shortcut_EER=None,
        )
    found = build.baselines(method_of(tmp_path))
    assert found["majority class"] == {"ACC": 0.75}
    (shortcut,) = [v for k, v in found.items() if k.startswith("shortcut")]
    assert shortcut == {"ACC": pytest.approx(0.65)}


def test_cost_of_runs(tmp_path):
    for fold, tested in ((1, FIRST), (2, SECOND)):
        run = write_fold(tmp_path, "turbo", fold, tested)
        seconds = [2.0 * fold, 4.0 * fold, 3.0 * fold]
        (run / "history.jsonl").write_text(
            "".join(
                f'{{"epoch": {k}, "train": {{"seconds": {s}}}}}\n'
                for k, s in enumerate(seconds, start=1)
            )
        )
        write_json({run / "cost.json": {"peak_memory_mb": 100 * fold}})
    found = build.cost(method_of(tmp_path))
    assert found["seconds_per_epoch"] == 4.5  # medians 3 and 6
    assert (found["epochs"], found["best_epoch"]) == (3, 3)
    assert found["peak_memory_mb"] == 200
    assert found["parameters"] is None
