"""Atomic JSON and the checks of a manifest."""

import json
import re

import pytest

from turbo_sb.data.manifest import (
    load_manifest,
    read_json,
    read_manifest,
    write_json,
    write_sets,
)
from turbo_sb.utils.errors import InputError

GOOD = {"wav": "{data_root}/a.wav", "duration": 1.5, "text": "ja"}


def test_json_has_the_same_bytes_in_any_order(tmp_path):
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    text = 'Käthe, "nie"'
    write_json({one: {"b": 1, "a": {"y": text, "x": 2}}})
    write_json({other: {"a": {"x": 2, "y": text}, "b": 1}})
    assert one.read_bytes() == other.read_bytes()
    expected = (
        '{\n  "a": {\n    "x": 2,\n    "y": "Käthe, \\"nie\\""\n  },\n'
        '  "b": 1\n}\n'
    )
    assert one.read_bytes() == expected.encode()


@pytest.mark.parametrize("failure", [KeyboardInterrupt, TypeError])
def test_interruption_leaves_what_was_there(tmp_path, monkeypatch, failure):
    train, test = tmp_path / "train.json", tmp_path / "test.json"
    write_json({train: {"a": 1}, test: {"b": 1}})

    def dumps(content, **options):
        if content == "fails":
            raise failure
        return "new"

    monkeypatch.setattr("turbo_sb.data.manifest.json.dumps", dumps)
    with pytest.raises(failure):
        write_json({train: "new", test: "fails"})
    assert json.loads(train.read_text()) == {"a": 1}
    assert sorted(tmp_path.iterdir()) == [test, train]


def test_others_may_read_what_was_written(tmp_path):
    (tmp_path / "plain").write_text("")
    write_json({tmp_path / "a.json": {}})
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="train.json: cannot be written"):
        write_json({tmp_path / "out" / "train.json": {}})


def test_manifest_comes_back_as_written(tmp_path):
    path = tmp_path / "train.json"
    entries = {"a": {**GOOD, "label": "neu", "turn": 3}}
    write_json({path: entries})
    assert load_manifest(path, (*GOOD, "label")) == entries


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"duration": 0}, "duration is 0, expected seconds above 0"),
        ({"duration": True}, "duration is True, expected seconds above 0"),
        ({"duration": "1.5"}, "duration is '1.5', expected seconds above 0"),
        ({"duration": float("nan")}, "duration is nan, expected seconds"),
        ({"duration": float("inf")}, "duration is inf, expected seconds"),
        ({"text": " "}, "text is ' ', expected text that is not blank"),
        ({"wav": None}, "wav is None, expected text that is not blank"),
        ({"label": 3}, "label is 3, expected text that is not blank"),
        ({"duration": 10**400}, "duration is 1000"),
        ({"start": "0.5"}, "start is '0.5', expected seconds"),
        ({"start": True}, "start is True, expected seconds"),
        ({"stop": [1]}, "stop is \\[1\\], expected seconds"),
        ({"start": float("nan")}, "start nan s, expected 0 or more"),
        ({"start": 2, "stop": 1}, "stop 1 s, expected more than start, 2 s"),
        ({"stop": float("inf")}, "stop is inf, expected seconds"),
        ({"spk_id": ["anna"]}, "spk_id is \\['anna'\\], expected text"),
        ({"session": {}}, "session is {}, expected text"),
        ({"wav": "a\0.wav"}, "which is no path"),
    ],
)
def test_wrong_field_is_named_with_file_and_id(tmp_path, change, message):
    path = tmp_path / "train.json"
    write_json({path: {"a1": {**GOOD, "label": "neu", **change}}})
    with pytest.raises(InputError, match="train.json: 1 wrong in 1") as caught:
        load_manifest(path, (*GOOD, "label"))
    assert re.search(f"a1: .*{message}", str(caught.value))


def test_missing_fields_are_all_reported(tmp_path):
    path = tmp_path / "train.json"
    write_json({path: {"a": {"text": "ja", "duration": 1}, "b": 3, "c": GOOD}})
    with pytest.raises(InputError, match="2 wrong in 3 entries") as caught:
        load_manifest(path)
    assert "a: the field wav is missing" in str(caught.value)
    assert "b: expected an object of fields, it is 3" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON in UTF-8"),
        (b'{"a": ', "not JSON in UTF-8"),
        (b'{"a": "\xff"}', "not JSON in UTF-8"),
        (b"{}", "with at least one; it holds '{}'"),
        (b"[1]", r"with at least one; it holds '\[1\]'"),
        (b'{"a": {}, "a": {}}', "a occurs 2 times"),
    ],
)
def test_file_that_is_no_manifest_is_named(tmp_path, content, message):
    path = tmp_path / "train.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"train.json: .*{message}"):
        load_manifest(path)


def test_half_of_a_surrogate_pair_is_no_text(tmp_path):
    path = tmp_path / "train.json"
    for entry in ({**GOOD, "text": "\ud800"}, {**GOOD, "spk_id": "\udfff"}):
        path.write_text(json.dumps({"a": entry}))
        with pytest.raises(InputError, match="a: .*no file in UTF-8"):
            load_manifest(path)
    path.write_text(json.dumps({"\ud800": GOOD, "x\ny": GOOD}))
    with pytest.raises(InputError, match="2 wrong in 2") as caught:
        load_manifest(path)
    assert "'x\\ny': the ID" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[" * 100_000, "JSON within JSON, too deep"),
        ('{"a":' * 100_000, "JSON within JSON, too deep"),
        ('{"a": 1' + "0" * 5000 + "}", "not JSON"),
        ('{"a\x1b": {}, "a\x1b": {}}', "not JSON"),
        ('{"a\\u001b": {}, "a\\u001b": {}}', r"'a\\x1b' occurs 2 times"),
    ],
)
def test_hostile_json_is_one_error(tmp_path, content, message):
    (tmp_path / "train.json").write_text(content)
    for read in (load_manifest, read_manifest, read_json):
        with pytest.raises(InputError, match=message):
            read(tmp_path / "train.json")


def test_groups_may_be_numbers_or_unknown(tmp_path):
    entries = {"a": {**GOOD, "spk_id": 3}, "b": {**GOOD, "spk_id": None}}
    write_json({tmp_path / "train.json": entries})
    assert load_manifest(tmp_path / "train.json") == entries


def test_missing_manifest_is_named(tmp_path):
    with pytest.raises(InputError, match="train.json: cannot be read"):
        load_manifest(tmp_path / "train.json")


class TestWriteSets:
    ENTRY = {"a": {"text": "ja"}}

    def test_without_a_training_sets_may_change(self, tmp_path):
        write_sets(tmp_path, {"test": self.ENTRY}, facts={"n": 1})
        write_sets(tmp_path, {"test": {"b": {"text": "ja"}}}, facts={"n": 2})
        assert read_json(tmp_path / "test.json") == {"b": {"text": "ja"}}
        assert read_json(tmp_path / "facts.json") == {"n": 2}

    def test_under_a_training_they_may_not(self, tmp_path):
        write_sets(tmp_path, {"test": self.ENTRY}, facts={"n": 1})
        (tmp_path / "save" / "CKPT+1").mkdir(parents=True)
        write_sets(tmp_path, {"test": self.ENTRY}, facts={"n": 2})
        with pytest.raises(InputError, match="1 utterances.*first is a"):
            write_sets(tmp_path, {"test": {"a": {"text": "nein"}}})
        assert read_json(tmp_path / "test.json") == self.ENTRY

    def test_sets_that_are_gone_are_written_again(self, tmp_path):
        (tmp_path / "save" / "CKPT+1").mkdir(parents=True)
        write_sets(tmp_path, {"test": self.ENTRY})
        assert read_json(tmp_path / "test.json") == self.ENTRY

    def test_sets_in_the_names_of_earlier_versions_are_the_same(self, tmp_path):
        old = {"a": {**GOOD, "emo": "neu", "speaker": "Ses01F"}}
        new = {"a": {**GOOD, "label": "neu", "spk_id": "Ses01F"}}
        (tmp_path / "save" / "CKPT+1").mkdir(parents=True)
        write_json({tmp_path / "test.json": old})
        write_sets(tmp_path, {"test": new})
        assert read_json(tmp_path / "test.json") == new


class TestEarlierVersions:
    OLD = {**GOOD, "emo": "neu", "speaker": "Ses01F", "session": "Session1"}
    NEW = {**GOOD, "label": "neu", "spk_id": "Ses01F", "session": "Session1"}

    def test_fields_have_the_names_of_today(self, tmp_path):
        """As version 0.1 wrote IEMOCAP's manifests."""
        path = tmp_path / "train.json"
        write_json({path: {"a": self.OLD}})
        assert read_manifest(path) == {"a": self.NEW}
        required = (*GOOD, "label", "spk_id")
        assert load_manifest(path, required) == {"a": self.NEW}

    def test_a_field_of_todays_name_stays(self, tmp_path):
        path = tmp_path / "train.json"
        entry = {**GOOD, "label": "directed", "emo": "neu", "speaker": "x"}
        write_json({path: {"a": entry}})
        found = read_manifest(path)["a"]
        assert (found["label"], found["emo"]) == ("directed", "neu")
        assert found["spk_id"] == "x"

    def test_no_file(self, tmp_path):
        assert read_manifest(tmp_path / "none.json", missing={}) == {}
