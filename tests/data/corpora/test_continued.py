"""A build is whole, or known not to be; its folder keeps to one build."""

import pytest

from tests.data.corpora.layouts import contents
from turbo_sb.data.corpora import build_corpus, cutter
from turbo_sb.utils.errors import InputError


def stop_after(number, monkeypatch, error=KeyboardInterrupt):
    """Let the writing of the audio fail after some files."""
    replacing, left = cutter.replacing, [number]

    def failing(path):
        left[0] -= 1
        if left[0] < 0:
            raise error
        return replacing(path)

    monkeypatch.setattr(cutter, "replacing", failing)


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
