"""A planted leak is caught, at run time."""

import pytest

from turbo_sb.data.manifest import write_json
from turbo_sb.data.splits.checks import (
    check_classes,
    check_labels,
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


def test_manifests_of_an_earlier_version_are_checked_too(tmp_path):
    """They had `speaker`; a report still reads them."""
    old = [{ID: {"speaker": s}} for ID, s in (("a", "x"), ("b", "y"))]
    files = written(tmp_path, *old, {"c": {"speaker": "x"}})
    with pytest.raises(InputError, match="spk_id x is in both train and test"):
        check_manifests(files, "speaker10")


def labelled(*labels, **fields):
    return {
        f"{label}{k}": {"spk_id": "", "label": label, **fields}
        for k, label in enumerate(labels)
    }


def test_class_that_nothing_trains():
    sets = {"train": labelled("hap"), "test": labelled("hap", "sad", "fea")}
    with pytest.raises(InputError, match="here: labels: sad, fea: train has"):
        check_classes(sets, ["hap", "sad", "fea"], "here: ")
    assert check_classes(sets, ["hap"]) == {}


def test_sets_without_a_class_are_said(tmp_path, caplog):
    """What chooses the epoch, and what is reported, is of fewer classes."""
    files = written(
        tmp_path,
        {f"t{k}": e for k, e in labelled("hap", "sad", "fea").items()},
        {f"v{k}": e for k, e in labelled("hap", "fea").items()},
        labelled("hap"),
    )
    facts = check_manifests(files, "given", ["hap", "sad", "fea"])
    absent = {"valid": ["sad"], "test": ["sad", "fea"]}
    assert facts == {"absent_classes": absent}
    assert (
        "valid: no utterance of sad. The best epoch is chosen by the other 2 "
        "of 3 classes alone." in caplog.text
    )
    assert "test: no utterance of sad, fea. The results are of" in caplog.text


def test_manifests_that_share_a_recording(tmp_path):
    """Also those that no preparation has seen: by the path."""
    wav = {"wav": "{data_root}/a.wav", "duration": 1.0}
    files = written(
        tmp_path,
        labelled("hap", **wav),
        {"b": {"wav": "b.wav", "duration": 1.0}},
        {"c": {"spk_id": "", **wav}},
    )
    for protocol in ("given", "random10"):
        check_manifests(files, protocol)  # as a report does
        with pytest.raises(InputError, match=r"hap0 \(train: a.wav\) and c"):
            check_manifests(files, protocol, None, "stop")
    facts = check_manifests(files, "given", None, "warn")
    assert facts == {"n_same_recording": 2}


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["ang", "hap", "ang"], "ang is there 2 times"),
        (["ang", "ang "], "ang is there 2 times"),
        ([True, False], "True is not text. In a YAML, yes"),
        ([1, 2], "1 is not text"),
        (["ang", " "], "' ' is not text"),
        (["ang"], "expected two or more"),
        ([], "expected two or more"),
    ],
)
def test_labels_that_are_not_different_texts(labels, message):
    with pytest.raises(InputError, match=message):
        check_labels(labels)
