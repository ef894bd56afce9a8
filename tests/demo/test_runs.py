"""The demo's trainings are watched, and a failure is named."""

import pytest

from turbo_sb.demo import runs
from turbo_sb.demo.runs import Run, progress_line, train_all
from turbo_sb.errors import InputError


class Scripted(Run):
    """Runs a line of Python in place of train.py."""

    def arguments(self):
        return ["-c", self.overrides["code"]]


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
    run = Run("turbo", "redundant", tmp_path / "r", {"fold": 2})
    assert run.arguments() == [
        "train.py",
        "hparams/turbo.yaml",
        "--fold=2",
        f"--output_folder={tmp_path / 'r'}",
    ]


def test_progress_counts_epochs_and_finished_runs(tmp_path):
    going = Run("turbo", "c", tmp_path / "going", {})
    done = Run("vanilla", "c", tmp_path / "done", {})
    for run in (going, done):
        run.folder.mkdir()
    log = "epoch: 1, lr: 1 - train\nepoch: 2, lr: 1 - train\n"
    (going.folder / "train_log.txt").write_text(log)
    (done.folder / "metrics.json").write_text("{}")
    line = progress_line([going, done], epochs=4, seconds=60)
    # 6 of 8 epochs took 60 s.
    assert (
        line == "  1:00  c: turbo 2/4, vanilla done  (at most about 0:20 left)"
    )


def test_all_runs_are_run_with_few_at_a_time(tmp_path):
    started = [finishing(tmp_path, f"run{k}") for k in range(3)]
    said = []
    train_all(started, epochs=1, jobs=2, say=said.append, every=0)
    assert all((run.folder / "metrics.json").exists() for run in started)
    assert "run0 done" in said[-1]


def test_failed_run_is_named_with_the_end_of_its_log(tmp_path):
    good = scripted(tmp_path, "good", "import time; time.sleep(60)")
    bad = scripted(tmp_path, "bad", "print('no luck'); raise SystemExit(3)")
    with pytest.raises(InputError, match="(?s)bad on corpus.*code 3.*no luck"):
        train_all([good, bad], epochs=1, jobs=2)


def test_recipe_is_where_the_demo_looks():
    assert (runs.RECIPE / "train.py").is_file()
