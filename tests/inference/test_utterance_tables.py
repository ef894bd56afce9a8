"""Rows to predict: a bad one is listed, and the others are predicted."""

import json

import pytest

from turbo_sb.inference.utterances import read_utterances
from turbo_sb.utils.errors import InputError


def read(folder, content, name="t.csv"):
    (folder / name).write_text(content, encoding="utf-8")
    return read_utterances(folder / name)


def problems(utterances):
    assert all(u.wav is u.text is None for u in utterances if u.problem)
    return {u.name: u.problem for u in utterances if u.problem is not None}


def usable(utterances):
    return [u.name for u in utterances if u.problem is None]


@pytest.mark.parametrize(
    ("row", "name", "problem"),
    [
        ("a,c.wav,,,", None, "a stands in line 2"),
        (",c.wav,,,", None, "no ID"),
        ("a\x1b[2J,c.wav,,,", None, "has a control character"),
        ("c,,,,", "c", "it has neither wav nor text"),
        ("c,c.wav,,soon,", "c", "start is 'soon', expected seconds"),
        ("c,c.wav,,1_5,", "c", "start is '1_5', expected seconds"),
        ("c,c.wav,,nan,", "c", "start nan s, expected 0 or more"),
        ("c,c.wav,,,inf", "c", "stop is inf, expected seconds"),
        ("c,c.wav,,-1,", "c", "start -1.0 s, expected 0 or more"),
        ("c,c.wav,,2,1", "c", "stop 1.0 s, expected more than start, 2.0 s"),
        ("c,c.wav,so, yes,,", None, "6 cells, the header has 5"),
        ('c,c.wav,"so,,', None, "Is a double quote not closed?"),
    ],
)
def test_a_bad_row_of_a_table(tmp_path, row, name, problem):
    lines = ["ID,wav,text,start,stop", "a,a.wav,,,", row, "b,b.wav,yes,0,1"]
    found = read(tmp_path, "\n".join(lines))
    assert usable(found) == ["a", "b"]
    path = tmp_path / "t.csv"
    ((label, why),) = problems(found).items()
    assert label == (name or f"{path}:3")
    assert why.startswith(f"{path}: line 3: ") and problem in why
    assert found[1].name == label  # in the table's order


def test_a_stray_quote_costs_its_row(tmp_path):
    content = 'ID,text\nu1,yes\nu2,"so\nu3,no\nu4,well"\nu5,ja\n'
    found = read(tmp_path, content)
    assert usable(found) == ["u1", "u3", "u4", "u5"]
    assert list(problems(found)) == [f"{tmp_path / 't.csv'}:3"]


def test_tables_whose_rows_are_all_bad_do_not_clash(tmp_path):
    (tmp_path / "x").mkdir()
    one = read(tmp_path, "ID,wav\n,a.wav\n")
    other = read(tmp_path / "x", "ID,wav\n,a.wav\n")
    assert len({*problems(one), *problems(other)}) == 2


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"wav": "c.wav", "text": 3}, "text is 3, expected text"),
        ({"wav": "c.wav", "text": ["a"]}, "text is ['a'], expected text"),
        ({"wav": "c.wav", "text": "\ud800"}, "no file in UTF-8 can hold"),
        ({"wav": "c.wav", "text": "a\0"}, "no file in UTF-8 can hold"),
        ({"wav": "c.wav", "start": "0.5"}, "start is '0.5', expected seconds"),
        ({"wav": "c.wav", "start": True}, "start is True, expected seconds"),
        ({"wav": "c.wav", "start": {}}, "start is {}, expected seconds"),
        ({"wav": "c.wav", "stop": 10**400}, "expected seconds"),
        ({"wav": "c.wav", "stop": float("inf")}, "stop is inf"),
        ({"wav": "c.wav", "start": float("nan")}, "start nan s"),
        ({"wav": ["c.wav"]}, "wav is ['c.wav'], expected text"),
        ({"wav": {"path": "c.wav"}}, "wav is {'path': 'c.wav'}, expected"),
        ({"wav": True}, "wav is True, expected text"),
        ({"wav": " "}, "wav is ' ', expected text that is not blank"),
        ({"wav": "c\0.wav"}, "which is no path"),
        ({"wav": "\ud800.wav"}, "which is no path"),
        ({"wav": None}, "it has neither wav nor text"),
        ({}, "it has neither wav nor text"),
        (None, "expected an object of fields, it is None"),
        ([["c.wav"]], "expected an object of fields, it is [['c.wav']]"),
        (3, "expected an object of fields, it is 3"),
    ],
)
def test_a_bad_entry_of_a_manifest(tmp_path, entry, problem):
    entries = {"a": {"wav": "a.wav"}, "c": entry, "b": {"text": "yes"}}
    found = read(tmp_path, json.dumps(entries), "test.json")
    assert usable(found) == ["a", "b"]
    ((name, why),) = problems(found).items()
    assert name == "c" and why.startswith(f"{tmp_path / 'test.json'}: 'c': ")
    assert problem in why


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ('"c": {"wav": "c.wav"}, "c": {"wav": "d.wav"}', "there 2 times"),
        ('"c": {"wav": "c.wav", "wav": "d.wav"}', "wav is there 2 times"),
        ('"c": {"wav": "c.wav", "stop": 1e999}', "stop is inf"),
        ('"c": {"wav": "c.wav", "stop": 1' + 5000 * "0" + "}", "stop is inf"),
    ],
)
def test_what_only_text_can_say(tmp_path, entry, problem):
    content = f'{{"a": {{"wav": "a.wav"}}, {entry}}}'
    found = read(tmp_path, content, "test.json")
    assert usable(found) == ["a"]
    assert problem in problems(found)["c"]


@pytest.mark.parametrize("name", ["", "\ud800", "a\nb", "\x1b[2J"])
def test_an_id_that_cannot_be_printed(tmp_path, name):
    entries = {name: {"wav": "c.wav"}, "a": {"wav": "a.wav"}}
    found = read(tmp_path, json.dumps(entries), "test.json")
    assert usable(found) == ["a"]
    ((label, why),) = problems(found).items()
    assert label.isprintable() and why.isprintable()
    assert "control character" in why or "no ID" in why


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"a":['])
def test_what_is_no_manifest_is_refused(tmp_path, opening):
    with pytest.raises(InputError, match="test.json: JSON within JSON"):
        read(tmp_path, opening * 100_000, "test.json")
    with pytest.raises(InputError, match="expected a JSON object"):
        read(tmp_path, '[{"wav": "a.wav"}]', "test.json")


@pytest.mark.parametrize("wav", ["x\\a.wav", "{data_root}\\x\\a.wav"])
def test_backslashes_of_windows(tmp_path, wav):
    expected = str(tmp_path / "x" / "a.wav")
    content = json.dumps({"a": {"wav": wav}})
    assert read(tmp_path, content, "test.json")[0].wav == expected
    if not wav.startswith("{"):
        assert read(tmp_path, f"ID,wav\na,{wav}\n")[0].wav == expected
