"""Finished runs are found, named, ordered and read back."""

import json
import re

import numpy as np
import pytest

from turbo_sb.training.run_folder import find_runs, write_predictions
from turbo_sb.utils.errors import InputError

FACTS = {"labels": ["ang", "hap"], "protocol": "speaker10"}
FACTS["confusion"] = [[1, 0], [0, 1]]


def write(folder, fold=1, seed=1, **facts):
    folder.mkdir(parents=True)
    found = {**FACTS, "fold": fold, "seed": seed, **facts}
    (folder / "metrics.json").write_text(json.dumps(found))
    return folder


def predictions(folder, text):
    header = "ID,label,prediction,p_ang,p_hap\n"
    (folder / "predictions.csv").write_text(header + text)


def test_method_is_the_folder_around(tmp_path):
    write(tmp_path / "asr" / "turbo" / "run")
    write(tmp_path / "turbo" / "run")
    assert [run.method for run in find_runs(tmp_path)] == ["turbo", "asr/turbo"]
    (run,) = find_runs(tmp_path / "turbo")
    assert run.method == "turbo"


def test_order_is_the_papers_and_numbers_count_as_numbers(tmp_path):
    for method in ("audio_only", "turbo", "vanilla"):
        for fold in (10, 2):
            write(tmp_path / method / f"fold{fold}", fold)
    write(tmp_path / "turbo" / "none", 2, None)
    found = [run.key for run in find_runs(tmp_path)]
    turbo = [
        ("turbo", "speaker10", *rest) for rest in [(2, None), (2, 1), (10, 1)]
    ]
    vanilla = [("vanilla", "speaker10", *rest) for rest in [(2, 1), (10, 1)]]
    audio = [("audio_only", "speaker10", *rest) for rest in [(2, 1), (10, 1)]]
    assert found == [*vanilla, *turbo, *audio]


def test_results_of_debug_are_none(tmp_path):
    write(tmp_path / "turbo" / "run" / "debug")
    with pytest.raises(InputError, match="no finished run"):
        find_runs(tmp_path)


def test_same_run_twice_is_refused(tmp_path):
    write(tmp_path / "turbo" / "a")
    write(tmp_path / "turbo" / "b")
    with pytest.raises(InputError, match="a and .*b are two runs of turbo"):
        find_runs(tmp_path)


def test_metrics_of_another_program_are_named(tmp_path):
    (tmp_path / "run").mkdir()
    path = tmp_path / "run" / "metrics.json"
    for text in ('{"loss": 1}', "[]", "{"):
        path.write_text(text)
        with pytest.raises(InputError, match="run/metrics.json: not what a"):
            find_runs(tmp_path)
    path.write_text(json.dumps({**FACTS, "fold": 1, "seed": 1}))
    assert len(find_runs(tmp_path)) == 1


def test_predictions_are_read(tmp_path):
    predictions(write(tmp_path / "run"), "a,ang,hap,0.25,0.75\nb,hap,hap,0,1\n")
    (run,) = find_runs(tmp_path)
    found = run.predictions()
    assert found["ids"] == ["a", "b"]
    assert found["targets"].tolist() == [0, 1]
    assert found["predictions"].tolist() == [1, 1]
    assert found["probabilities"].tolist() == [[0.25, 0.75], [0, 1]]


def test_predictions_come_back_to_the_letter(tmp_path):
    folder = write(tmp_path / "run")
    names = ["=1+1", " -x", "@b", "-1.5", 'a, "b"', "c"]
    rows = np.full((6, 2), 0.5)
    path = folder / "predictions.csv"
    write_predictions(path, names, ["ang", "hap"], [0] * 6, rows)
    assert not re.search(r"^[=@]", path.read_text(), flags=re.MULTILINE)
    (run,) = find_runs(tmp_path)
    assert run.predictions()["ids"] == names


@pytest.mark.parametrize(
    "text",
    ["", "a,neu,hap,0.25,0.75\n", "a,ang,hap,x,0.75\n", "a,ang,hap,0.25\n"],
)
def test_predictions_that_do_not_fit_are_named(tmp_path, text):
    predictions(write(tmp_path / "run"), text)
    (run,) = find_runs(tmp_path)
    with pytest.raises(InputError, match="run/predictions.csv"):
        run.predictions()


def test_embeddings_come_back_and_a_damaged_file_is_named(tmp_path):
    path = write(tmp_path / "run") / "embeddings.npz"
    (run,) = find_runs(tmp_path)
    np.savez(path, audio=np.eye(2))
    assert run.embeddings()["audio"].tolist() == np.eye(2).tolist()
    path.write_bytes(b"PK")
    with pytest.raises(InputError, match="embeddings.npz: cannot be read"):
        run.embeddings()


def test_what_a_run_did_not_leave_is_empty(tmp_path):
    write(tmp_path / "run")
    (run,) = find_runs(tmp_path)
    assert run.cost() == run.curves() == run.manifest("test") == {}
