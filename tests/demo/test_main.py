"""The whole demo, made small: the same steps on 80 utterances."""

import json

import pytest

from turbo_sb.demo import __main__ as demo
from turbo_sb.demo.process import PROCESSES
from turbo_sb.demo.runs import METHODS
from turbo_sb.errors import InputError


def test_demo_from_nothing_to_a_table(tmp_path, capsys):
    arguments = ["--n_utterances=80", "--number_of_epochs=1", "--jobs=2"]
    demo.main([f"--output_folder={tmp_path}", *arguments])
    for corpus in PROCESSES:
        for method in METHODS:
            folder = tmp_path / "runs" / f"{corpus}_{method}"
            metrics = json.loads((folder / "metrics.json").read_text())
            assert metrics["n"] == 16
    printed = capsys.readouterr().out
    summary = (tmp_path / "summary.md").read_text()
    assert summary in printed
    assert summary.count("| turbo ") == len(PROCESSES)
    assert (tmp_path / "summary.png").exists()


def test_installed_without_the_recipes_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(demo, "RECIPE", tmp_path)
    with pytest.raises(InputError, match="from a clone of the repository"):
        demo.main([f"--output_folder={tmp_path}"])
