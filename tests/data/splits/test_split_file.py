"""Sets come back from a file as they were, or not at all."""

import pytest

from turbo_sb.data.splits.split_file import read_split_file, write_split_file
from turbo_sb.utils.errors import InputError

ENTRIES = {
    name: {"spk_id": speaker, "session": "1"}
    for name, speaker in [("a", "x"), ("b", "x"), ("c", "y"), ("d", "z")]
}


def sets(train, valid, test):
    names = {"train": train, "valid": valid, "test": test}
    return {k: {name: ENTRIES[name] for name in v} for k, v in names.items()}


def read(tmp_path, text, protocol="given"):
    path = tmp_path / "split.csv"
    path.write_text(text)
    return read_split_file(path, ENTRIES, protocol)


def test_round_trip(tmp_path):
    folds = {1: sets("ab", "c", "d"), 2: sets("d", "c", "ab")}
    folds[3] = sets("ab", "d", "c")
    write_split_file(tmp_path / "split.csv", folds)
    for protocol in ("given", "speaker10"):
        found = read_split_file(tmp_path / "split.csv", ENTRIES, protocol)
        assert found == folds


def test_file_of_a_spreadsheet_with_blanks(tmp_path):
    text = "\ufeffID;fold1;notes\r\na;train;x\r\nb;;\r\nc;valid;\r\nd;test;\r\n"
    assert read(tmp_path, text) == {1: sets("a", "c", "d")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "ID,fold1\na,train\nb,train\nc,valid\nd,test\ne,test\n",
            "line 6: 'e'",
        ),
        (
            "ID,fold1\na,train\na,test\nb,test\nc,valid\nd,test\n",
            "line 3: a is",
        ),
        ("ID,fold1\na,dev\nb,train\nc,valid\nd,test\n", "fold1 is 'dev'"),
        ("ID,fold1\na,train\nb,train\nc,train\nd,test\n", "in valid of fold1"),
        (
            "ID,x\na,train\nb,train\nc,valid\nd,test\n",
            "the column fold1 is missing",
        ),
    ],
)
def test_file_that_does_not_fit(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_line_that_is_missing(tmp_path):
    """A file of one's own may leave some out; a protocol's may not."""
    text = "ID,fold1\na,train\nc,valid\nd,test\n"
    assert read(tmp_path, text) == {1: sets("a", "c", "d")}
    with pytest.raises(InputError, match="no line of b"):
        read(tmp_path, text, "random10")


def test_file_that_leaves_some_out_comes_back(tmp_path):
    folds = {1: sets("a", "c", "d")}
    path = tmp_path / "split.csv"
    write_split_file(path, folds)
    assert read_split_file(path, ENTRIES) == folds


SHARED = "ID,fold1\na,train\nb,test\nc,valid\nd,train\n"
TWICE = (
    "ID,fold1,fold2\na,train,train\nb,train,train\nc,valid,valid\nd,test,test\n"
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SHARED, "spk_id x is in both train and test.*protocol=given"),
        (TWICE, "a is tested 0 times over the folds 1, 2"),
    ],
)
def test_leak_that_is_planted_in_a_file(tmp_path, text, message):
    assert read(tmp_path, text, "given")
    with pytest.raises(InputError, match=message):
        read(tmp_path, text, "speaker10")


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match="nowhere.csv"):
        read_split_file(tmp_path / "nowhere.csv", ENTRIES)
