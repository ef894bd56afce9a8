"""Which trainings become one."""

import copy
from pathlib import Path

import pytest

from turbo_sb.evaluation.cross_validation.plan import Training
from turbo_sb.evaluation.cross_validation.sharing import share
from turbo_sb.evaluation.progress import Progress


def training(fold, members="ab", method="turbo", **settings):
    folder = Path(f"/out/{method}/speaker10_fold{fold}_seed1")
    own = {"fold": fold, "output_folder": str(folder), "seed": 1}
    return Training(
        name=f"{method} speaker10 fold {fold} seed 1",
        folder=folder,
        arguments=["train.py", f"--fold={fold}"],
        place=Path("."),
        epochs=9,
        kind=f"{method} speaker10",
        sets={"train": {name: {"text": name} for name in members}},
        settings={"also_folds": {}, "lr": 0.1, **own, **settings},
    )


def test_folds_of_one_training_set_are_one_job():
    found = share([training(1), training(3, "bc"), training(2)])
    one, other = found
    assert one.name == "turbo speaker10 folds 1, 2 seed 1"
    assert one.arguments[:2] == ["train.py", "--fold=1"]
    assert one.arguments[2:] == [
        '--also_folds={"2": "/out/turbo/speaker10_fold2_seed1"}'
    ]
    assert [run.settings["fold"] for run in one.runs] == [1, 2]
    assert other.runs == [other] and other.settings["fold"] == 3


def changed_text():
    other = training(2)
    other.sets = copy.deepcopy(other.sets)
    other.sets["train"]["a"]["text"] = "b"
    return other


@pytest.mark.parametrize(
    "other",
    [
        training(2, "abc"),
        training(2, "ba"),  # in another order: other batches
        changed_text(),
        training(2, method="vanilla"),
        training(2, lr=0.2),  # as lr: !ref <fold>
        training(2, seed=2),
    ],
)
def test_others_are_trained_alone(other):
    assert len(share([training(1), other])) == 2


@pytest.mark.parametrize(
    "keys", [{"logger": "wandb"}, {"lr_scheduler": "NewBobScheduler"}]
)
def test_what_is_of_one_fold(keys):
    assert len(share([training(1, **keys), training(2, **keys)])) == 2


def test_recipe_that_cannot_share_does_not():
    first, second = training(1), training(2)
    del first.settings["also_folds"], second.settings["also_folds"]
    assert share([first, second]) == [first, second]


def test_progress_counts_runs(tmp_path):
    jobs = share([training(1), training(2), training(3, "bc")])
    assert "0 of 3 done" in Progress(jobs, slots=1).line()


def test_it_is_finished_when_all_are(tmp_path):
    trainings = [training(1), training(2)]
    for each in trainings:
        each.folder = tmp_path / str(each.settings["fold"])
        each.folder.mkdir()
    (job,) = share(trainings)
    (tmp_path / "1" / "metrics.json").write_text("{}")
    assert not job.is_finished()
    (tmp_path / "2" / "metrics.json").write_text("{}")
    assert job.is_finished()
    (tmp_path / "2" / "history.jsonl").write_text('{"epoch": 1}\n')
    assert job.epochs_done() == 1


def test_each_log_says_where_it_is_logged(tmp_path):
    trainings = [training(1), training(2)]
    for each in trainings:
        each.folder = tmp_path / str(each.settings["fold"])
    (job,) = share(trainings)
    job.prepare()
    assert (tmp_path / "2" / "train.json").exists()
    assert str(tmp_path / "1.log") in (tmp_path / "2.log").read_text()
    assert not (tmp_path / "1.log").exists()
