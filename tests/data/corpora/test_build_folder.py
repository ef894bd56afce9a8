"""Folders of corpora are complete, or known not to be, and not overwritten."""

import json

import pytest

from tests.data.corpora.layouts import contents
from turbo_sb.data.corpora import audio_writer, build_corpus
from turbo_sb.data.corpora.build_folder import make_once
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


def stop_after(number, monkeypatch, error=KeyboardInterrupt):
    """Let the writing of the audio fail after some files."""
    replacing, left = audio_writer.replacing, [number]

    def failing(path):
        left[0] -= 1
        if left[0] < 0:
            raise error
        return replacing(path)

    monkeypatch.setattr(audio_writer, "replacing", failing)


def test_an_interrupted_build_is_continued(laid_out, tmp_path, monkeypatch):
    build_corpus(tmp_path / "whole", laid_out, cap=2)
    with monkeypatch.context() as patch:
        stop_after(3, patch)
        with pytest.raises(KeyboardInterrupt):
            build_corpus(tmp_path / "dsd", laid_out, cap=2)
    assert not (tmp_path / "dsd/manifest.csv").exists()
    audio = tmp_path / "dsd/audio"
    times = {p.name: p.stat().st_mtime_ns for p in audio.iterdir()}
    assert len(times) == 3
    (audio / ".x.flac.1.tmp").write_bytes(b"half")
    emptied = times.popitem()[0]
    (audio / emptied).write_bytes(b"")  # a power cut does this
    build_corpus(tmp_path / "dsd", laid_out, cap=2)
    assert contents(tmp_path / "dsd") == contents(tmp_path / "whole")
    for name, time in times.items():
        assert (audio / name).stat().st_mtime_ns == time


def test_a_whole_build_is_not_done_again(laid_out, tmp_path, monkeypatch):
    counts = build_corpus(tmp_path, laid_out, cap=2)
    with monkeypatch.context() as patch:
        stop_after(0, patch)
        assert build_corpus(tmp_path, laid_out, cap=2) == counts
    before = contents(tmp_path)
    next((tmp_path / "audio").iterdir()).unlink()
    with monkeypatch.context() as patch:
        stop_after(0, patch)
        with pytest.raises(KeyboardInterrupt):
            build_corpus(tmp_path, laid_out, cap=2)
    assert not (tmp_path / "manifest.csv").exists()
    build_corpus(tmp_path, laid_out, cap=2)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 2}, "seed: 1986, now 2"),
        ({"cap": 3}, "cap: 2, now 3"),
        ({"max_seconds": 9.0}, "max_seconds: 15.0, now 9.0"),
        ({"transform": lambda s, k: -s}, "transform: None, now "),
    ],
)
def test_another_build_is_not_mixed_in(laid_out, tmp_path, change, named):
    settings = {"cap": 2, **change}
    build_corpus(tmp_path, laid_out, cap=2)
    before = contents(tmp_path)
    with pytest.raises(InputError, match=named):
        build_corpus(tmp_path, laid_out, **settings)
    assert contents(tmp_path) == before


def test_two_transforms_are_told_apart(laid_out, tmp_path):
    settings = {"cap": 1, "transform": lambda signal, key: signal / 2}
    build_corpus(tmp_path, laid_out, **settings)
    settings["transform"] = lambda signal, key: signal * 0.5  # the same
    build_corpus(tmp_path, laid_out, **settings)
    settings["transform"] = lambda signal, key: signal / 4
    with pytest.raises(InputError, match="transform: .*, now "):
        build_corpus(tmp_path, laid_out, **settings)


def test_other_corpora_are_not_mixed_in(laid_out, tmp_path):
    build_corpus(tmp_path, laid_out, cap=1)
    fewer = {k: laid_out[k] for k in ("fluent", "ami")}
    with pytest.raises(InputError, match="corpora.slurp: .*, now None"):
        build_corpus(tmp_path, fewer, cap=1)


def test_a_folder_with_something_else_is_refused(laid_out, tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(InputError, match="(?s)an empty one.*thesis.tex"):
        build_corpus(tmp_path, laid_out)
    with pytest.raises(InputError, match="thesis.tex: a file"):
        build_corpus(tmp_path / "thesis.tex", laid_out)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_full_disk_is_named(laid_out, tmp_path, monkeypatch):
    error = OSError(28, "No space left on device")
    stop_after(1, monkeypatch, error)
    with pytest.raises(InputError, match=r"flac: cannot be written \(No space"):
        build_corpus(tmp_path / "dsd", laid_out)
