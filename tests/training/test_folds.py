"""Folds that share a training: what is each one's own."""

import pytest

from turbo_sb.training.folds import _overrides_of, check_also_folds
from turbo_sb.training.yaml_files import read_yaml
from turbo_sb.utils.errors import InputError

FIRST = {"fold": 1, "output_folder": "results/1"}


@pytest.mark.parametrize(
    ("also_folds", "message"),
    [
        ({1: "results/2"}, "needs a number and a folder of its own"),
        ({2: "results/1/"}, "needs a number and a folder of its own"),
        ({2: "results/2", "2": "results/3"}, "a number and a folder"),
        ({2: "results/x", 3: "results/../results/x"}, "a number and a folder"),
        ({"two": "results/2"}, "expected a fold's number"),
        ({2: None}, "expected a fold's number and its output folder"),
        ({-2: "results/2"}, "expected a fold's number"),
    ],
)
def test_folds_that_cannot_share_are_refused(also_folds, message):
    with pytest.raises(InputError, match=message):
        check_also_folds(also_folds, FIRST)


@pytest.mark.parametrize(
    "keys", [{"logger": "wandb"}, {"lr_scheduler": "NewBobScheduler"}]
)
def test_what_is_of_one_fold(keys):
    with pytest.raises(InputError, match="also_folds: .*Train each fold alone"):
        check_also_folds({2: "b"}, {**FIRST, **keys})
    assert check_also_folds({}, {**FIRST, **keys}) == {}


def test_numbers_may_be_json_keys():
    assert check_also_folds({"2": "a", 3: "b"}, FIRST) == {2: "a", 3: "b"}


def test_overrides_are_those_of_the_fold_alone():
    given = 'fold: 1\nlr: 0.1\nalso_folds: {"2": "b"}\nloss: !new:a.B\n  x: 2'
    folder = "results/" + "with spaces " * 20 + "#"
    found = read_yaml(_overrides_of(given, 2, folder), "")
    assert (found["fold"], found["output_folder"]) == (2, folder)
    assert "also_folds" not in found and found["lr"] == 0.1
    assert found["loss"]["x"] == 2 and found["loss"].tag.value == "!new:a.B"
