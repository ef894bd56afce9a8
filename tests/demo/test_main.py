"""The whole demo, made small: the same steps on 80 utterances."""

import json

import pytest

from turbo_sb.demo import __main__ as demo
from turbo_sb.demo import runs
from turbo_sb.demo.__main__ import METHODS, PARTS
from turbo_sb.utils.errors import InputError

SMALL = ["--n_utterances=80", "--number_of_epochs=1", "--jobs=2"]


@pytest.mark.parametrize(
    ("part", "tested"), [("emotion", 16), ("directed", 16)]
)
@pytest.mark.slow
def test_demo_from_nothing_to_a_table(
    tmp_path, capsys, jobs_in_forks, part, tested
):
    demo.main([f"--output_folder={tmp_path}", f"--parts={part}", *SMALL])
    corpora = PARTS[part].corpora
    for corpus in corpora:
        for method in METHODS:
            folder = tmp_path / "runs" / f"{corpus}_{method}"
            metrics = json.loads((folder / "metrics.json").read_text())
            assert metrics["n"] == tested
    printed = capsys.readouterr().out
    summary = (tmp_path / "summary.md").read_text()
    assert summary in printed
    assert summary.count("| turbo ") == len(corpora)
    assert "80 utterances" in summary
    assert (tmp_path / "summary.png").exists()
    assert "Next: turbo-sb export" in printed


def test_all_parts_by_default_and_each_with_its_own_epochs(tmp_path):
    options = demo._parse([])
    planned = demo._runs(
        tmp_path, {p: PARTS[p] for p in options.parts}, options.number_of_epochs
    )
    found = [
        (run.method, run.corpus, run.recipe, run.epochs) for run in planned
    ]
    assert found[:3] == [
        ("turbo", "complementary", "IEMOCAP", 30),
        ("turbo", "redundant", "IEMOCAP", 30),
        ("turbo", "directed", "DSD", 16),
    ]
    assert len(planned) == 9 and len({run.folder for run in planned}) == 9


def test_parts_are_told_apart_by_name(capsys):
    assert demo._parse(["--parts=directed,emotion"]).parts == list(PARTS)
    assert demo._parse(["--parts=directed"]).parts == ["directed"]
    with pytest.raises(SystemExit):
        demo._parse(["--parts=directed,speech"])
    message = capsys.readouterr().err
    assert "no part 'speech'; choose from emotion, directed" in message


def test_installed_without_the_recipes_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(runs, "RECIPES", tmp_path)
    with pytest.raises(InputError, match="from a clone of the repository"):
        demo.main([f"--output_folder={tmp_path}"])
