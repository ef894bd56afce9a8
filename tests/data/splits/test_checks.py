"""A planted leak is caught, at run time."""

import pytest

from turbo_sb.data.manifest import write_json
from turbo_sb.data.splits.checks import (
    check_manifests,
    check_split,
    check_tested_once,
)
from turbo_sb.utils.errors import InputError

A = {"a": {"spk_id": "x", "session": "1"}}
B = {"b": {"spk_id": "x", "session": "2"}}
C = {"c": {"spk_id": "", "session": "1"}}
D = {"d": {"spk_id": "", "session": "2"}}


def test_utterance_in_two_sets():
    with pytest.raises(RuntimeError, match="a is in both train and test"):
        check_split({"train": A, "test": A})


def test_speaker_in_two_sets_where_that_is_forbidden():
    sets = {"train": A, "test": B}
    check_split(sets)
    with pytest.raises(RuntimeError, match="spk_id x is in both train"):
        check_split(sets, ("spk_id",))


def test_speaker_who_is_not_known_is_nobody():
    check_split({"train": C, "test": D}, ("spk_id",))


def test_lost_utterance():
    sets = {"train": A, "test": {}}
    check_split(sets)
    with pytest.raises(RuntimeError, match="utterance b is in no set"):
        check_split(sets, (), {**A, **B})


@pytest.mark.parametrize(
    ("tests", "message"),
    [
        ({1: ["a"], 2: ["b", "a"]}, "a is tested 2 times over the folds 1, 2"),
        ({1: ["b"]}, "a is tested 0 times over the folds 1"),
    ],
)
def test_utterance_tested_twice_or_never(tests, message):
    with pytest.raises(RuntimeError, match=message):
        check_tested_once(tests, {**A, **B})


def written(folder, train, valid, test):
    sets = {"train": train, "valid": valid, "test": test}
    files = {name: folder / f"{name}.json" for name in sets}
    write_json({files[name]: entries for name, entries in sets.items()})
    return files


def test_manifests_that_share_a_speaker(tmp_path):
    files = written(tmp_path, A, C, B)
    check_manifests(files, "random10")
    check_manifests(files, "given")
    for protocol in ("speaker10", "manifest", "corpus"):
        with pytest.raises(InputError, match="train.json.*spk_id x is in"):
            check_manifests(files, protocol)


def test_manifests_that_share_a_session(tmp_path):
    files = written(tmp_path, A, D, C)
    check_manifests(files, "speaker10")
    with pytest.raises(InputError, match="session 1 is in both train and test"):
        check_manifests(files, "session5")


def test_manifests_that_share_an_utterance(tmp_path):
    files = written(tmp_path, A, B, A)
    with pytest.raises(InputError, match="utterance a is in both"):
        check_manifests(files, "given")


def test_manifests_without_the_field_that_a_protocol_needs(tmp_path):
    files = written(tmp_path, A, B, C)
    with pytest.raises(InputError, match="train: scenario"):
        check_manifests(files, "scenario")
