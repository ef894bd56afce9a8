"""Folders that are made once, whole, and never overwritten."""

import json

import pytest

from turbo_sb.demo.once import make_once
from turbo_sb.utils.errors import InputError


def write_a(root):
    (root / "a.txt").write_text("a")
    return {"sizes": {"files": 1}}


def test_made_and_stated(tmp_path):
    made_with = {"seed": 1, "pair": (1, 2)}
    found = make_once(tmp_path / "new" / "corpus", made_with, write_a)
    assert found == {
        "made_with": {"seed": 1, "pair": [1, 2]},
        "sizes": {"files": 1},
    }
    folder = tmp_path / "new" / "corpus"
    assert json.loads((folder / "process.json").read_text()) == found
    assert (folder / "a.txt").read_text() == "a"


def test_not_made_again(tmp_path):
    def fail(_):
        raise AssertionError("made again")

    first = make_once(tmp_path / "corpus", {"pair": (1, 2)}, write_a)
    again = make_once(tmp_path / "corpus", {"pair": (1, 2)}, fail)
    assert again == first


def test_nothing_is_left_of_a_failure(tmp_path):
    def fail(root):
        write_a(root)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_once(tmp_path / "corpus", {}, fail)
    assert not list(tmp_path.iterdir())


def test_another_is_named_and_left_alone(tmp_path):
    make_once(tmp_path / "corpus", {"seed": 1, "n": 2}, write_a)
    with pytest.raises(InputError, match="made with another seed"):
        make_once(tmp_path / "corpus", {"seed": 2, "n": 2}, write_a)
    stated = json.loads((tmp_path / "corpus" / "process.json").read_text())
    assert stated["made_with"]["seed"] == 1


@pytest.mark.parametrize("text", ["[1]", '{"made_with": [1]}', "{", ""])
def test_no_process_is_refused(tmp_path, text):
    (tmp_path / "process.json").write_text(text)
    with pytest.raises(InputError, match="not a synthesised corpus"):
        make_once(tmp_path, {"seed": 1}, write_a)
    assert [path.name for path in tmp_path.iterdir()] == ["process.json"]
