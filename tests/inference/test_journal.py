"""A stop loses no prediction, and another model's are not taken."""

import csv
import errno
import os

import pytest

from turbo_sb.data.transcripts import read_texts
from turbo_sb.inference.journal import Journal, written
from turbo_sb.inference.prediction import Prediction
from turbo_sb.inference.utterances import Utterance
from turbo_sb.utils.errors import InputError
from turbo_sb.utils.spreadsheets import as_given

A, B = Utterance("a", "a.wav", "so, yes"), Utterance("b", "b.wav")
FOUND = Prediction("a", "yes", 0.75, {"no": 0.25, "yes": 0.75}, ["audio"], "ö")
BAD = Prediction("b", error="b.wav: empty")


@pytest.fixture
def out(tmp_path):
    return tmp_path / "new" / "out.csv"


def add(out, *pairs, key="model"):
    with Journal(out, key) as journal:
        for pair in pairs:
            journal.add(*pair)


def done(out, utterances, key="model"):
    with Journal(out, key) as journal:
        return journal.done(utterances)


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_is_read_back(out):
    add(out, (A, FOUND))
    assert done(out, [A, B]) == {"a": FOUND}
    assert done(out, [A, B]) == {"a": FOUND}  # and is there again


def test_bad_ones_are_tried_again(out):
    add(out, (A, FOUND), (B, BAD))
    assert done(out, [A, B]) == {"a": FOUND}


def test_of_another_model(out):
    add(out, (A, FOUND))
    assert done(out, [A], key="other") == {}


@pytest.mark.parametrize("changed", [{"text": "no"}, {"stop": 1.0}])
def test_of_an_utterance_that_changed(out, changed):
    add(out, (A, FOUND))
    assert done(out, [Utterance("a", "a.wav", **changed)]) == {}


def test_of_a_recording_that_changed(out, tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"one")
    utterance = Utterance("a", str(path))
    add(out, (utterance, FOUND))
    assert done(out, [utterance]) == {"a": FOUND}
    path.write_bytes(b"other")
    assert done(out, [utterance]) == {}


def test_of_a_relative_path_elsewhere(out, tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "one")
    add(out, (B, FOUND))
    monkeypatch.chdir(tmp_path / "two")
    assert done(out, [B]) == {}


def test_killed_in_the_middle_of_a_line(out):
    add(out, (A, FOUND), (Utterance("c", "c.wav"), Prediction("c", "no", 1.0)))
    path = out.with_name("out.csv.partial")
    path.write_bytes(path.read_bytes()[:-20])
    assert done(out, [A]) == {"a": FOUND}


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_what_follows_a_broken_line_is_read_back(out, cut):
    second = Prediction("c", "no", 1.0)
    add(out, (A, FOUND), (Utterance("c", "c.wav"), second))
    path = out.with_name("out.csv.partial")
    path.write_bytes(path.read_bytes()[:-cut])
    add(out, (B, second))
    assert set(done(out, [A, B])) == {"a", "b"}


def lines_of(out, *names):
    """A journal of one prediction for each name; its path and lines."""
    pairs = [
        (Utterance(n, f"{n}.wav"), Prediction(n, "no", 0.875, {"no": 0.875}))
        for n in names
    ]
    add(out, *pairs)
    path = out.with_name("out.csv.partial")
    return path, path.read_bytes().splitlines(keepends=True)


CHANGES = [
    (b"0.875", b"0.975"),
    (b'"no"', b'"on"'),
    (b"b.wav", b"x.wav"),
    (b"{", b"[{"),
    (b'"name": "b"', b'"name": "c"'),
    (b'["', b'["0'),
    (b"[", b"\x00"),
    (b"[", b"[" * 9999),
    (b"error", b"fault"),
]


def warnings_in(caplog):
    """Not what locks say where another test has lowered the level."""
    return [record for record in caplog.records if record.levelname != "DEBUG"]


@pytest.mark.parametrize(("old", "new"), CHANGES, ids=range(len(CHANGES)))
def test_changed_line_ends_the_journal(out, caplog, old, new):
    path, (key, a, b, c) = lines_of(out, "a", "b", "c")
    assert old in b
    path.write_bytes(key + a + b.replace(old, new) + c)
    utterances = [Utterance(n, f"{n}.wav") for n in "abc"]
    assert list(done(out, utterances)) == ["a"]
    assert f"{path}: line 3 is not as it was written" in caplog.text
    caplog.clear()
    assert list(done(out, utterances)) == ["a"]  # and that one is as it was
    assert not warnings_in(caplog)


@pytest.mark.parametrize(
    "first", [b"", b'{"key": "model"}\n', b"[]\n", b"null\n", b'["x", {}]\n']
)
def test_journal_without_its_first_line(out, caplog, first):
    """Also one of a version that wrote no sums."""
    path, (_, a, b) = lines_of(out, "a", "b")
    path.write_bytes(first + a + b)
    assert done(out, [Utterance("a", "a.wav")]) == {}
    assert "line 1 is not as it was written" in caplog.text


def test_line_of_another_models_journal(out, caplog):
    path, (_, theirs) = lines_of(out, "a")
    add(out, key="other")
    assert not warnings_in(caplog)  # a change of model is no damage
    path.write_bytes(path.read_bytes() + theirs)
    assert done(out, [Utterance("a", "a.wav")], key="other") == {}
    assert "line 2 is not as it was written" in caplog.text


def test_name_that_is_no_utf8(out):
    name = b"caf\xe9".decode("utf-8", "surrogateescape")
    utterance = Utterance(name, text="so")
    found = Prediction(name, "no", 1.0, {"no": 1.0}, ["text"], "so")
    add(out, (utterance, found))
    assert done(out, [utterance]) == {name: found}
    with Journal(out, "model") as journal:
        journal.end([found], ["no"])
    assert rows(out)[0]["ID"] == "caf\\udce9"


def test_one_process_at_a_time(out):
    with Journal(out, "model") as journal:
        journal.add(A, FOUND)
        with pytest.raises(InputError, match="another process writes it"):
            add(out, (B, FOUND))
    assert done(out, [A]) == {"a": FOUND}


def test_table(out):
    with Journal(out, "model") as journal:
        journal.add(A, FOUND)
        journal.end([FOUND], ["no", "yes"])
    (row,) = rows(out)
    assert row == {
        "ID": "a",
        "prediction": "yes",
        "score": "0.75",
        "used": "audio",
        "text": "ö",
        "p_no": "0.25",
        "p_yes": "0.75",
    }
    assert [path.name for path in out.parent.iterdir()] == ["out.csv"]


def test_errors_are_listed_until_they_are_mended(out):
    with Journal(out, "model") as journal:
        journal.add(A, FOUND)
        journal.end([FOUND, BAD], ["no", "yes"])
    errors = out.with_name("out.errors.csv")
    assert rows(errors) == [{"ID": "b", "error": "b.wav: empty"}]
    assert done(out, [A, B]) == {"a": FOUND}
    good = Prediction("b", "no", 1.0, {"no": 1.0, "yes": 0.0}, ["audio"])
    with Journal(out, "model") as journal:
        journal.add(B, good)
        journal.end([FOUND, good], ["no", "yes"])
    assert [row["ID"] for row in rows(out)] == ["a", "b"]
    assert [path.name for path in out.parent.iterdir()] == ["out.csv"]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("x.csv", "x.tsv"),
        ("x.csv", "x"),
        ("a.b.csv", "a.csv"),
        ("a.b.csv", "a.b"),
        ("x.tsv", "x"),
        ("x.csv", "x.CSV"),
    ],
)
def test_two_tables_share_no_list(tmp_path, one, two):
    for name in (one, two):
        with Journal(tmp_path / name, "model") as journal:
            journal.end([Prediction("b", error=f"of {name}")], ["no", "yes"])
    for name in (one, two):
        errors = written(tmp_path / name)[2]
        assert rows(errors) == [{"ID": "b", "error": f"of {name}"}]
    with Journal(tmp_path / one, "model") as journal:
        journal.end([], ["no", "yes"])
    assert not written(tmp_path / one)[2].exists()
    assert written(tmp_path / two)[2].exists()
    assert not {*written(tmp_path / one)} & {*written(tmp_path / two)}


def test_a_name_that_is_not_utf8(out, tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/m\xfcller.wav")
    open(path, "w").close()
    found = Prediction("m\\xfcller.wav", "no", 1.0)
    utterance = Utterance("m\\xfcller.wav", path)
    add(out, (utterance, found))
    assert done(out, [utterance]) == {utterance.name: found}


def test_without_locks(out, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def flock(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    add(out, (A, FOUND))
    assert done(out, [A]) == {"a": FOUND}


def test_names_and_texts_of_strangers_are_no_formulas(out):
    names = ["=1+1.wav", "@b.wav", "-c.wav", "\x00\udcff"]
    texts = ["=cmd|' /C calc'!A0", "- yes\nu9,no", "+so\rno", "\ud800"]
    found = [
        Prediction(n, "yes", 1.0, {"yes": 1.0}, ["text"], text)
        for n, text in zip(names, texts)
    ]
    bad = Prediction("=d.wav", error="=d.wav: empty")
    with Journal(out, "model") as journal:
        journal.end([*found, bad], ["yes"])
    written = rows(out) + rows(out.with_name("out.errors.csv"))
    cells = [cell for row in written for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(tuple("=@+-"))]
    assert [as_given(row["ID"]) for row in rows(out)][:3] == names[:3]
    assert [as_given(row["text"]) for row in rows(out)][:3] == texts[:3]
    assert rows(out)[3]["text"] == "\\ud800"


def test_a_table_of_ours_is_read_again(out):
    texts = {"=a": "- yes\nu9,no", "b": "+so, yes", "c": "=1"}
    found = [
        Prediction(n, "yes", 1.0, {"yes": 1.0}, ["text"], text)
        for n, text in texts.items()
    ]
    with Journal(out, "model") as journal:
        journal.end(found, ["yes"])
    assert read_texts(out) == texts


def test_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        with Journal(tmp_path / "file" / "out.csv", "model"):
            pass
