"""The demo's trainings are watched, and a failure is named."""

import pytest

from turbo_sb.demo import runs
from turbo_sb.demo.__main__ import METHODS, PARTS
from turbo_sb.demo.runs import Run, train_all
from turbo_sb.utils.errors import InputError


class Scripted(Run):
    """Runs a line of Python in place of train.py."""

    def job(self):
        job = super().job()
        job.arguments = ["-c", self.overrides["code"]]
        return job


def scripted(folder, name, code):
    return Scripted(name, "corpus", folder / name, {"code": code})


def finishing(folder, name):
    path = folder / name
    code = (
        f"import pathlib; p = pathlib.Path({str(path)!r}); p.mkdir(); "
        "(p / 'metrics.json').write_text('1')"
    )
    return scripted(folder, name, code)


def test_command_line_of_a_run(tmp_path):
    run = Run("turbo", "redundant", tmp_path / "r", {"fold": 2}, epochs=7)
    assert run.arguments() == [
        "train.py",
        "hparams/turbo.yaml",
        "--fold=2",
        "--number_of_epochs=7",
        f"--output_folder={tmp_path / 'r'}",
    ]


def test_all_runs_are_run_with_few_at_a_time(tmp_path):
    started = [finishing(tmp_path, f"run{k}") for k in range(3)]
    said = []
    train_all(started, jobs=2, say=said.append, every=0)
    assert all((run.folder / "metrics.json").exists() for run in started)
    assert "3 of 3 done" in said[-1]


def test_failed_run_is_named_with_the_end_of_its_log(tmp_path):
    good = scripted(tmp_path, "good", "import time; time.sleep(60)")
    bad = scripted(tmp_path, "bad", "print('no luck'); raise SystemExit(3)")
    with pytest.raises(InputError, match="(?s)corpus bad.*code 3.*no luck"):
        train_all([good, bad], jobs=2)


def test_a_run_starts_in_its_recipe(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "RECIPES", tmp_path)
    (tmp_path / "Other" / "turbo").mkdir(parents=True)
    code = "import os; print('in', os.getcwd())"
    run = scripted(tmp_path / "out", "run", code)
    run.recipe = "Other"
    train_all([run], jobs=1)
    assert run.job().log.read_text().split() == ["in", str(run.place)]
    assert run.place == tmp_path / "Other" / "turbo"


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_recipes_and_their_methods_are_where_the_demo_looks(part, tmp_path):
    for method in METHODS:
        run = Run(method, "corpus", tmp_path, {}, recipe=part.recipe)
        for name in run.arguments()[:2]:
            assert (run.place / name).is_file()


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_a_recipe_has_every_key_that_the_demo_sets(part, tmp_path):
    run = Run("turbo", "corpus", tmp_path, {}, recipe=part.recipe)
    yaml = (run.place / run.arguments()[1]).read_text()
    for key in part.overrides:
        assert f"\n{key}: " in yaml, key
