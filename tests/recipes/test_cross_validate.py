"""cross_validate.py through the real train.py, on tiny corpora."""

import json
import runpy
import subprocess
import sys

import pytest

from tests import dsd_layout, forks
from tests.iemocap_layout import lay_out
from tests.recipes.recipe_runs import (
    DSD,
    FOLDER,
    arguments,
    beside,
    load_train,
)
from turbo_sb.data.manifest import read_json, write_json
from turbo_sb.utils.errors import InputError


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return lay_out(tmp_path_factory.mktemp("corpus"))


def cross_validate(recipe, methods, given):
    """Call the script as a person would, and return what it printed."""
    yamls = [f"hparams/{method}.yaml" for method in methods]
    result = subprocess.run(
        [sys.executable, "cross_validate.py", *yamls, *given],
        cwd=recipe,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def cross_validate_here(recipe, methods, given, capsys, monkeypatch):
    """The same, in this process; with jobs_in_forks."""
    yamls = [str(recipe / "hparams" / f"{method}.yaml") for method in methods]
    script = str(recipe / "cross_validate.py")
    monkeypatch.setattr(sys, "argv", [script, *yamls, *given])
    with beside(recipe), pytest.raises(SystemExit) as ended:
        runpy.run_path(script, run_name="__main__")
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_iemocap_runs_are_those_of_train(corpus, encoder_folders, tmp_path):
    """The same fold, trained by train.py alone, gives the same bytes."""
    encoders = encoder_folders["small"]
    out, alone = tmp_path / "out", tmp_path / "alone"
    command = arguments("turbo", alone, corpus, encoders, number_of_epochs=1)
    given = [a for a in command[1:] if "output_folder" not in a]
    given.remove("--noprogressbar")
    printed = cross_validate(
        FOLDER,
        ["vanilla", "turbo"],
        [
            *given,
            *(f"--output_folder={out}", "--folds=3", "--jobs=2"),
            *("--seeds=5", "--text_baseline"),
        ],
    )
    assert "2 runs, 0 of them finished before, 2 at a time" in printed
    assert "## session5" in printed
    train = arguments(
        "turbo", alone, corpus, encoders, number_of_epochs=1, fold=3, seed=5
    )
    result = forks.run(["train.py", *train], cwd=FOLDER)
    assert result.returncode == 0, result.stdout
    run = out / "turbo" / "session5_fold3_seed5"
    for file in ("predictions.csv", "train.json", "test.json"):
        assert (run / file).read_bytes() == (alone / file).read_bytes(), file
    assert read_json(run / "metrics.json") == read_json(alone / "metrics.json")
    report = json.loads((out / "report.json").read_text())
    found = report["protocols"]["session5"]["methods"]
    assert list(found) == ["vanilla", "turbo", "text_baseline"]
    for method in found.values():
        assert (method["folds"], method["n_tested"]) == ([3], 16)
    cost = found["turbo"]["cost"]
    assert cost["trainable_parameters"] > 10000 and cost["epochs"] == 1
    assert cost["peak_memory_mb"] > 100 and cost["seconds_per_epoch"] > 0


def test_folds_of_one_training_set_are_trained_once(
    corpus, encoder_folders, tmp_path, jobs_in_forks, capsys, monkeypatch
):
    """To the bytes of two trainings; and the report says so."""
    given = arguments("vanilla", "", corpus, encoder_folders["small"])
    given = [a for a in given[1:-1] if "output_folder" not in a]
    given += ["--protocol=speaker10", "--folds=3,4", "--seeds=5"]
    printed = {}
    for share in ("True", "False"):
        own = [
            f"--share_training={share}",
            f"--output_folder={tmp_path / share}",
        ]
        own = [*given, *own]
        printed[share] = cross_validate_here(
            FOLDER, ["vanilla"], own, capsys, monkeypatch
        )
    assert "2 runs by 1 training: folds of the same" in printed["True"]
    assert "2 runs by" not in printed["False"]
    for fold in (3, 4):
        name = f"vanilla/speaker10_fold{fold}_seed5"
        for file in ("predictions.csv", "metrics.json", "embeddings.npz"):
            found = [(tmp_path / s / name / file).read_bytes() for s in printed]
            assert found[0] == found[1], file
    reports = [(tmp_path / s / "report.md").read_text() for s in printed]
    assert "vanilla: 2 runs by 1 training. Folds of" in reports[0]
    assert "2 runs by" not in reports[1]


def test_dsd_leaves_each_corpus_out(
    encoder_folders, tmp_path, jobs_in_forks, capsys, monkeypatch
):
    data = dsd_layout.lay_out(
        tmp_path / "data", 30, columns=(*dsd_layout.COLUMNS, "corpus")
    )
    encoders = encoder_folders["small"]
    command = arguments("turbo", "", data, encoders, recipe=DSD)
    given = [a for a in command[1:] if "output_folder" not in a]
    given = [a for a in given if "number_of_epochs" not in a]
    given.remove("--noprogressbar")
    out = tmp_path / "out"
    printed = cross_validate_here(
        DSD,
        ["vanilla"],
        [
            *given,
            *(f"--output_folder={out}", "--protocol=corpus", "--folds=1,4"),
            *("--number_of_epochs=1", "--jobs=2", "--shortcut_report=False"),
            "--modalities=[audio]",
        ],
        capsys,
        monkeypatch,
    )
    assert "## corpus" in printed
    report = json.loads((out / "report.json").read_text())
    assert report["metrics"] == ["ACC", "EER"]
    folders = [out / "vanilla" / f"corpus_fold{k}_seed1986" for k in (1, 4)]
    left_out = [read_json(f / "metrics.json")["left_out"] for f in folders]
    assert left_out == ["ami", "slurp"]


def test_train_refuses_sets_with_a_planted_leak(
    corpus, encoder_folders, tmp_path
):
    """Sets that somebody has changed by hand are read as they are."""
    main = load_train().main
    encoders = encoder_folders["small"]
    main(arguments("vanilla", tmp_path, corpus, encoders, number_of_epochs=1))
    train = read_json(tmp_path / "train.json")
    test = read_json(tmp_path / "test.json")
    entry = next(iter(test.values()))
    other = tmp_path / "other"
    write_json(
        {
            other / "train.json": {**train, "copy": entry},
            other / "valid.json": read_json(tmp_path / "valid.json"),
            other / "test.json": test,
        }
    )
    command = arguments("vanilla", other, corpus, encoders, skip_prep=True)
    with pytest.raises(InputError, match="is in both train and test"):
        main(command)
