"""Two folds of one training set, trained together, are as two trainings."""

import json
import random
import re
import signal
import time
from pathlib import Path

import pytest
import torch

from tests.recipes.recipe_runs import ONE_THREAD, ROOT, start, start_ranks
from turbo_sb.training.checkpoints import AtomicCheckpointer
from turbo_sb.utils.errors import InputError

# The first fold stops after five epochs, the second after three.
KEYS = {
    "protocol": "speaker10",
    "number_of_epochs": 6,
    "patience": 2,
}
EPOCHS = {1: 5, 2: 3}
FILES = (
    *("predictions.csv", "predictions_audio_only.csv", "metrics.json"),
    *("predictions_text_only.csv", "embeddings.npz", "preparation.json"),
    *("train.json", "valid.json", "test.json", "skipped.csv"),
)


def left_behind(folder):
    """All that a run is, but for what it cost and when it was written."""
    found = {name: (folder / name).read_bytes() for name in FILES}
    for name in ("train_log.txt", "history.jsonl"):
        text = (folder / name).read_text()
        found[name] = re.sub(r'seconds"?: [^,}]+', "", text)
    for path in (folder / "encoders").rglob("*.json"):
        found[path.relative_to(folder)] = path.read_bytes()
    for kept in AtomicCheckpointer(folder / "save").list_checkpoints():
        if "score" in kept.meta:
            meta = {k: v for k, v in kept.meta.items() if k != "unixtime"}
            weights = torch.load(kept.path / "model.ckpt", weights_only=True)
            weights = {k: v.numpy().tobytes() for k, v in weights.items()}
            own = (kept.path / "epoch_counter.ckpt").read_text()
            found[f"checkpoint {kept.meta['epoch']}"] = meta, weights, own
    return found


def epochs_of(folder):
    return (folder / "history.jsonl").read_text().count('"epoch"')


@pytest.fixture(scope="module")
def alone(run, tmp_path_factory):
    """Fold to its folder, each from a training of its own."""
    folder = tmp_path_factory.mktemp("alone")
    for fold in EPOCHS:
        run("turbo", folder / str(fold), fold=fold, **KEYS)
    found = {fold: epochs_of(folder / str(fold)) for fold in EPOCHS}
    assert found == EPOCHS
    return {fold: left_behind(folder / str(fold)) for fold in EPOCHS}


def together(folder, first=1, **keys):
    """Keys of a training of both folds."""
    other = {3 - first: str(folder / str(3 - first))}
    return {**KEYS, "fold": first, "also_folds": json.dumps(other), **keys}


def check(folder, alone, whole=True):
    """Without `whole`, a checkpoint within an epoch may have displaced one."""
    for fold, expected in alone.items():
        found = left_behind(folder / str(fold))
        assert set(found) <= set(expected)
        assert set(found) == set(expected) or not whole
        different = [k for k, v in found.items() if expected[k] != v]
        assert not different, fold


@pytest.mark.parametrize("first", EPOCHS)
def test_each_is_as_if_trained_alone(first, run, alone, tmp_path):
    """Whichever is first, and whichever of them stops first."""
    run("turbo", tmp_path / str(first), **together(tmp_path, first))
    check(tmp_path, alone)
    for fold in EPOCHS:
        cost = json.loads((tmp_path / str(fold) / "cost.json").read_text())
        assert cost["folds"] == [1, 2]
    log = (tmp_path / str(3 - first) / "log.txt").read_text()
    assert f"folds [1, 2]: it is logged in {tmp_path / str(first)}" in log


def test_a_finished_one_can_be_run_alone(run, alone, tmp_path):
    """And still says how it was trained."""
    run("turbo", tmp_path / "1", **together(tmp_path))
    (tmp_path / "2" / "metrics.json").unlink()
    run("turbo", tmp_path / "2", fold=2, **KEYS)
    check(tmp_path, alone)
    cost = json.loads((tmp_path / "2" / "cost.json").read_text())
    assert cost["folds"] == [1, 2]


@pytest.mark.parametrize("ahead", EPOCHS)
def test_one_that_is_ahead_waits_for_the_other(ahead, run, alone, tmp_path):
    """Its two epochs were trained before the other began."""
    keys = {**KEYS, "fold": ahead, "number_of_epochs": 2}
    run("turbo", tmp_path / str(ahead), **keys)
    (tmp_path / str(ahead) / "metrics.json").unlink()
    run("turbo", tmp_path / "1", **together(tmp_path))
    check(tmp_path, alone)


def test_kills_at_random_points_change_nothing(command, alone, tmp_path):
    """In steps, in the middle of writing, between the two folds' saves."""
    draw = random.Random(1986)
    kills = [(draw.randint(1, 60), draw.random() / 50) for _ in range(20)]
    steps = dict(ckpt_interval_steps=2, ckpt_interval_minutes=0)
    argv = command("turbo", tmp_path / "1", **together(tmp_path), **steps)
    script = str(ROOT / "tests" / "recipes" / "killed_runs.py")
    process = start([script, json.dumps(kills), *argv], env=ONE_THREAD)
    output, _ = process.communicate(timeout=600)
    codes = re.findall(r"\ncode (\S+)", output)
    assert codes[-1] == "0" and codes.count("-9") > 5, output
    check(tmp_path, alone, whole=False)


def test_told_to_end_both_save_the_same_epoch(command, run, tmp_path):
    keys = dict(number_of_epochs=8, patience=8)
    for fold in EPOCHS:
        folder = tmp_path / "alone" / str(fold)
        run("vanilla", folder, **{**KEYS, "fold": fold, **keys})
    argv = command("vanilla", tmp_path / "1", **together(tmp_path, **keys))
    process = start(["train.py", *argv], env=ONE_THREAD)
    log, deadline = tmp_path / "2" / "train_log.txt", time.monotonic() + 120
    while not log.exists() or len(log.read_text().splitlines()) < 2:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 75, output
    assert epochs_of(tmp_path / "1") == epochs_of(tmp_path / "2") < 8
    run("vanilla", tmp_path / "1", **together(tmp_path, **keys))
    check(
        tmp_path, {k: left_behind(tmp_path / "alone" / str(k)) for k in EPOCHS}
    )


def test_two_processes_share_it_too(command, tmp_path):
    keys = {"distributed_backend": "gloo", "number_of_epochs": 3}
    calls = [together(tmp_path, **keys)]
    calls += [{**KEYS, "fold": fold, **keys} for fold in EPOCHS]
    folders = tmp_path / "1", tmp_path / "alone1", tmp_path / "alone2"
    for folder, own in zip(folders, calls):
        process = start_ranks(2, ["train.py", *command("turbo", folder, **own)])
        output, _ = process.communicate(timeout=240)
        assert process.returncode == 0, output
    check(tmp_path, {k: left_behind(tmp_path / f"alone{k}") for k in EPOCHS})


def test_another_training_set_is_refused(run, tmp_path):
    keys = together(tmp_path, protocol="session5")
    with pytest.raises(InputError, match="fold 2 has another training set"):
        run("vanilla", tmp_path / "1", **keys)
    assert not list(Path(tmp_path).rglob("CKPT*"))
