"""What a report refuses to sum up."""

import json

import pytest

from tests.evaluation.report.report_runs import read, rows, write_fold
from turbo_sb.data.manifest import read_json, write_json
from turbo_sb.evaluation.report import checks
from turbo_sb.evaluation.report.pooled_predictions import gather
from turbo_sb.utils.errors import InputError

FIRST = rows("a x ang ang; b x ang hap")
SECOND = rows("c y hap hap; d y ang ang")


def check(folder, protocol="speaker10"):
    checks.check_runs(protocol, gather(read(folder))[protocol][0])


def test_sound_runs_pass(tmp_path):
    write_fold(tmp_path, "turbo", 1, FIRST)
    write_fold(tmp_path, "turbo", 2, SECOND)
    check(tmp_path)


def test_utterance_tested_in_two_folds(tmp_path):
    write_fold(tmp_path, "turbo", 1, FIRST)
    write_fold(tmp_path, "turbo", 2, [*SECOND, ("a", "x", "ang", "ang")])
    with pytest.raises(InputError, match="turbo, .*: utterance a is tested 2"):
        check(tmp_path)


def test_protocol_that_tests_some_twice_passes(tmp_path):
    for fold in (1, 2):
        write_fold(tmp_path, "turbo", fold, FIRST, protocol="corpus")
    check(tmp_path, "corpus")


def test_utterance_that_was_also_trained_on(tmp_path):
    leak = {"a": {"spk_id": "z", "text": "ja"}}
    write_fold(tmp_path, "turbo", 1, FIRST, train=leak)
    with pytest.raises(InputError, match="utterance a is in both train and"):
        check(tmp_path)


def test_speaker_that_was_also_trained_on(tmp_path):
    leak = {"e": {"spk_id": "x", "text": "ja"}}
    write_fold(tmp_path, "turbo", 1, FIRST, train=leak)
    with pytest.raises(InputError, match="spk_id x is in both train and"):
        check(tmp_path)
    write_fold(
        tmp_path / "b", "turbo", 1, FIRST, train=leak, protocol="random10"
    )
    check(tmp_path / "b", "random10")


@pytest.mark.parametrize("name", ["train", "test"])
def test_run_without_its_sets_cannot_be_checked(tmp_path, name):
    run = write_fold(tmp_path, "turbo", 1, FIRST)
    (run / f"{name}.json").unlink()
    with pytest.raises(InputError, match=f"{name}.json is missing"):
        check(tmp_path)


def test_runs_that_were_cut_in_two_ways(tmp_path):
    write_fold(tmp_path, "vanilla", 1, FIRST)
    write_fold(tmp_path, "turbo", 1, FIRST)
    methods = gather(read(tmp_path))["speaker10"]
    checks.check_alike(methods)
    write_fold(tmp_path, "turbo", 1, [*FIRST, *SECOND], seed=2)
    methods = gather(read(tmp_path))["speaker10"]
    with pytest.raises(InputError, match="fold 1, and test different .* is c"):
        checks.check_alike(methods)


def test_predictions_of_another_test_set(tmp_path):
    run = write_fold(tmp_path, "turbo", 1, FIRST)
    test = read_json(run / "test.json")
    write_json({run / "test.json": {"a": test["a"]}})
    with pytest.raises(InputError, match="b is in predictions.csv or in test"):
        check(tmp_path)


def test_metrics_that_the_predictions_do_not_give(tmp_path):
    run = write_fold(tmp_path, "turbo", 1, FIRST)
    found = json.loads((run / "metrics.json").read_text())
    (run / "metrics.json").write_text(json.dumps({**found, "WA": 0.75}))
    with pytest.raises(InputError, match="has 0.5000 .* says 0.75"):
        check(tmp_path)


def test_confusion_that_the_predictions_do_not_give(tmp_path):
    """A changed digit does not go into the report's table."""
    run = write_fold(tmp_path, "turbo", 1, FIRST)
    found = json.loads((run / "metrics.json").read_text())
    found["confusion"][0][0] += 1
    (run / "metrics.json").write_text(json.dumps(found))
    with pytest.raises(InputError, match="another confusion than predictions"):
        check(tmp_path)
