"""The same training and the same test on one process and on several."""

import csv
import json
import re

import numpy as np
import pytest
import torch

from tests.recipes.recipe_runs import ROOT, start_ranks
from turbo_sb.utils.errors import InputError

RANKS = (1, 2, 3)
# No draw in the model; all else that could depend on the number of processes.
KEYS = {
    "number_of_epochs": 3,
    "dropout": 0,
    "head_dropout": 0,
    "attention_dropout": 0,
    "audio_encoder.feature_dropout": 0,
    "contrastive.learnable_temperature": True,
    "loss.ce_view": "random",
    "loss.mask_equal": "text",
    "train_crop_seconds": 0.2,
    "train_noise_snr": 20,
    "num_workers": 0,
}


@pytest.fixture(scope="module")
def trained(command, tmp_path_factory):
    """Number of processes to the run's folder and its last weights.

    Three of them share a batch of 8 as 3, 3, 2.
    """
    folder, found = tmp_path_factory.mktemp("ranks"), {}
    script = str(ROOT / "tests" / "recipes" / "double_train.py")
    for ranks in RANKS:
        weights = folder / f"{ranks}.pt"
        keys = dict(KEYS)
        if ranks > 1:  # composed with recomputation, in chunks of their own
            keys.update(distributed_backend="gloo", recompute=True)
            keys["encode_chunk"] = 1
        argv = command("turbo", folder / str(ranks), **keys)
        process = start_ranks(ranks, [script, str(weights), *argv])
        output, _ = process.communicate(timeout=240)
        assert process.returncode == 0, output
        state = torch.load(weights, weights_only=True)
        state = {k.replace("module.", ""): v for k, v in state.items()}
        found[ranks] = folder / str(ranks), state
    return found


def rows(folder):
    with open(folder / "predictions.csv", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("ranks", RANKS[1:])
class TestFloat64:
    def test_weights_after_three_epochs_are_equal(self, ranks, trained):
        """Dropout off, the same batches in the same order."""
        one, several = trained[1][1], trained[ranks][1]
        assert set(one) == set(several)
        assert torch.float32 not in {weight.dtype for weight in one.values()}
        farthest = max(
            (several[name] - weight).abs().max() for name, weight in one.items()
        )
        print(f"measured: weights on {ranks} and on 1: {farthest:.1e}")
        assert farthest <= 1e-8

    def test_what_is_logged_is_of_all(self, ranks, trained):
        logs = []
        for n in (1, ranks):
            text = (trained[n][0] / "train_log.txt").read_text()
            logs.append(re.sub(r"seconds: \S+", "", text))
        assert logs[0].count("train cross/audio2-text1") == 3
        assert logs[0] == logs[1]

    def test_each_utterance_is_tested_once(self, ranks, trained):
        one, several = (rows(trained[n][0]) for n in (1, ranks))
        assert [row["ID"] for row in one] == [row["ID"] for row in several]
        for a, b in zip(one, several):
            assert (a["label"], a["prediction"]) == (
                b["label"],
                b["prediction"],
            )
            p, q = ([float(r[c]) for c in list(r)[3:]] for r in (a, b))
            np.testing.assert_allclose(p, q, rtol=0, atol=1e-8)

    def test_metrics_are_equal(self, ranks, trained):
        one, several = (
            json.loads((trained[n][0] / "metrics.json").read_text())
            for n in (1, ranks)
        )
        assert set(one) == set(several)
        for name, value in one.items():
            if isinstance(value, float):
                value = pytest.approx(value, abs=1e-6)
            assert several[name] == value, name


def test_evaluation_is_shared_out(command, tmp_path):
    """Each of two ranks runs half of the test's 16 utterances."""
    argv = command("vanilla", tmp_path, distributed_backend="gloo")
    script = str(ROOT / "tests" / "recipes" / "counting_train.py")
    process = start_ranks(2, [script, str(tmp_path), *argv])
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    counts = [
        json.loads((tmp_path / f"rows_{rank}.json").read_text())
        for rank in (0, 1)
    ]
    # Two epochs of 48, shared out; two validations of 16; one test of 16.
    assert counts == [{"TRAIN": 48, "VALID": 16, "TEST": 8}] * 2


def test_a_process_may_have_nothing_to_evaluate(command, run, tmp_path):
    """One utterance to validate on, and two processes."""
    with pytest.raises(InputError, match="no checkpoint"):
        run("vanilla", tmp_path, flags=["--test_only"])
    path = tmp_path / "valid.json"
    name, entry = next(iter(json.loads(path.read_text()).items()))
    path.write_text(json.dumps({name: entry}))
    keys = dict(distributed_backend="gloo", skip_prep=True)
    argv = command("turbo", tmp_path, **keys)
    process = start_ranks(2, ["train.py", *argv])
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert len(rows(tmp_path)) == 16


def test_a_modality_is_missing_on_each_process_apart(command, tmp_path):
    """Also where a process drops none."""
    keys = dict(distributed_backend="gloo", modality_dropout=0.1)
    process = start_ranks(2, ["train.py", *command("turbo", tmp_path, **keys)])
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    found = json.loads((tmp_path / "metrics.json").read_text())
    assert found["modality_dropout"] == 0.1
    both = rows(tmp_path)
    for name in ("audio_only", "text_only"):
        with open(tmp_path / f"predictions_{name}.csv", newline="") as file:
            alone = list(csv.DictReader(file))
        assert [r["ID"] for r in alone] == [r["ID"] for r in both]
        right = np.mean([r["label"] == r["prediction"] for r in alone])
        assert found[name]["WA"] == pytest.approx(right)


def test_a_trial_of_two_processes_runs(command, tmp_path):
    """With --debug, SpeechBrain gives each process a folder of its own."""
    argv = command(
        "vanilla", tmp_path, flags=["--debug"], distributed_backend="gloo"
    )
    process = start_ranks(2, ["train.py", *argv])
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert (tmp_path / "debug" / "metrics.json").exists()
