"""What happens to long runs: kills, full disks, damage, numbers that are none."""

import contextlib
import csv
import functools
import json
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from tests.iemocap_layout import lay_out
from tests.recipes.recipe_runs import (
    ONE_THREAD,
    ROOT,
    start,
    start_fresh,
    start_ranks,
    start_torchrun,
)
from turbo_sb.encoders import AudioEncoder, TextEncoder
from turbo_sb.training.checkpoints import DAMAGED, AtomicCheckpointer
from turbo_sb.utils.checksums import write_sums
from turbo_sb.utils.errors import InputError

EACH_TWO_STEPS = dict(ckpt_interval_steps=2, ckpt_interval_minutes=0)


def newest(folder):
    checkpointer = AtomicCheckpointer(Path(folder) / "save")
    return checkpointer.find_checkpoint().path


def left_behind(folder):
    """What a run is, apart from how long it took."""
    log = (folder / "train_log.txt").read_text()
    weights = torch.load(newest(folder) / "model.ckpt", weights_only=True)
    return {
        "log": re.sub(r"seconds: \S+", "", log),
        "weights": {k: v.numpy().tobytes() for k, v in weights.items()},
        **{
            name: (folder / name).read_bytes()
            for name in ("predictions.csv", "metrics.json", "embeddings.npz")
        },
    }


def wait_for_epochs(process, folder, n):
    deadline, log = time.monotonic() + 120, folder / "train_log.txt"
    while not log.exists() or len(log.read_text().splitlines()) < n:
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.01)


class TestKills:
    def test_twenty_at_random_points_change_nothing(self, command, tmp_path):
        """In steps, in the middle of writing, and of deleting."""
        whole, killed = tmp_path / "whole", tmp_path / "killed"
        keys = dict(number_of_epochs=12, patience=12, num_workers=0)
        keys.update(EACH_TWO_STEPS, train_noise_snr=20, modality_dropout=0.3)
        keys["contrastive.learnable_temperature"] = True
        keys["loss.ce_view"] = "random"
        keys.update(head_lr=0.002, weight_decay=0.01)
        keys["lr_scheduler"] = "NoamScheduler"
        keys["rates.options"] = "{n_warmup_steps: 5}"
        draw = random.Random(1986)
        kills = [(draw.randint(1, 40), draw.random() / 50) for _ in range(20)]
        codes = {}
        for folder, moments in ((whole, []), (killed, kills)):
            argv = command("turbo", folder, **keys)
            script = ROOT / "tests" / "recipes" / "killed_runs.py"
            process = start(
                [str(script), json.dumps(moments), *argv], env=ONE_THREAD
            )
            output, _ = process.communicate(timeout=600)
            codes[folder] = re.findall(r"\ncode (\S+)", output)
        assert codes == {whole: ["0"], killed: ["-9"] * 20 + ["0"]}, output
        assert left_behind(whole) == left_behind(killed)

    def test_half_written_checkpoint_is_removed(self, command, run, tmp_path):
        run("vanilla", tmp_path, number_of_epochs=1)
        found = newest(tmp_path)
        draft = found.with_name(f"unfinished+{found.name}")
        shutil.copytree(found, draft)
        (draft / "CKPT.yaml").unlink()
        run("vanilla", tmp_path, number_of_epochs=2)
        assert not list((tmp_path / "save").glob("unfinished*"))


class TestNotice:
    KEYS = dict(number_of_epochs=8, patience=8, num_workers=2)

    @pytest.fixture(scope="class")
    def whole(self, run, tmp_path_factory):
        folder = tmp_path_factory.mktemp("whole")
        run("turbo", folder, **self.KEYS)
        return left_behind(folder)

    @pytest.mark.parametrize(
        ("number", "to_all", "code", "name"),
        [
            (signal.SIGTERM, False, 75, "SIGTERM"),
            (signal.SIGTERM, True, 75, "SIGTERM"),
            (signal.SIGINT, True, 130, "Ctrl-C"),
            (signal.SIGHUP, True, 129, "SIGHUP"),
        ],
    )
    def test_it_saves_and_says_resumable(
        self, number, to_all, code, name, command, run, whole, tmp_path
    ):
        """To a real train.py; to its group, as schedulers and terminals do."""
        begin = start if to_all else start_fresh
        argv = command("turbo", tmp_path / "ended", **self.KEYS)
        process = begin(
            ["train.py", *argv], env=ONE_THREAD, start_new_session=True
        )
        wait_for_epochs(process, tmp_path / "ended", 2)
        send = os.killpg if to_all else os.kill
        send(process.pid, number)
        output, _ = process.communicate(timeout=60)
        assert process.returncode == code, output
        assert f"ended by {name}; the same command goes on from" in output
        assert "Traceback" not in output
        epochs = len((tmp_path / "ended" / "train_log.txt").open().readlines())
        assert 2 <= epochs < 8
        run("turbo", tmp_path / "ended", **self.KEYS)
        assert whole == left_behind(tmp_path / "ended")

    def test_two_ranks_save_together(self, command, tmp_path):
        keys = dict(number_of_epochs=8, patience=8)
        keys["distributed_backend"] = "gloo"
        folders = tmp_path / "whole", tmp_path / "ended"
        for folder in folders:
            argv = command("turbo", folder, **keys)
            if folder == folders[1]:  # by a real torchrun
                process = start_torchrun(2, ["train.py", *argv])
                wait_for_epochs(process, folder, 2)
                process.send_signal(signal.SIGTERM)
                output, _ = process.communicate(timeout=90)
                assert output.count("the same command goes on from") == 1
                assert process.returncode != 0
                assert not (folder / "metrics.json").exists()
            process = start_ranks(2, ["train.py", *argv])
            output, _ = process.communicate(timeout=120)
            assert process.returncode == 0, output
        assert left_behind(folders[0]) == left_behind(folders[1])


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_readers_that_are_not_forked_read_the_same(
    method, command, run, tmp_path
):
    """The default on a Mac, on Windows, and of Python 3.14 on Linux."""
    keys = dict(number_of_epochs=1, train_noise_snr=20, num_workers=1)
    run("turbo", tmp_path / "forked", **{**keys, "num_workers": 0})
    argv = command("turbo", tmp_path / method, **keys)
    set_method = functools.partial(
        multiprocessing.set_start_method, method, force=True
    )
    process = start(["train.py", *argv], env=ONE_THREAD, before=set_method)
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0, output
    assert left_behind(tmp_path / method) == left_behind(tmp_path / "forked")


def test_reader_that_is_killed_is_told_in_one_message(command, tmp_path):
    """As by a host whose memory is full."""
    keys = dict(number_of_epochs=500, patience=500, num_workers=1)
    argv = command("turbo", tmp_path, **keys)
    process = start(["train.py", *argv], env=ONE_THREAD)
    wait_for_epochs(process, tmp_path, 1)
    while process.poll() is None:
        found = subprocess.run(
            ["ps", "--ppid", str(process.pid), "-o", "pid="],
            capture_output=True,
            text=True,
        )
        for pid in found.stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.05)
    output, _ = process.communicate()
    assert process.returncode == 2, output
    assert "error: a process that reads audio is gone (" in output
    assert "Traceback" not in output


class TestDamage:
    def test_newest_is_reported_and_the_one_before_used(self, run, tmp_path):
        keys = dict(number_of_epochs=4, patience=4)
        run("turbo", tmp_path / "whole", **keys)
        folder = tmp_path / "damaged"
        run("turbo", folder, **{**keys, "number_of_epochs": 3})
        spoilt = newest(folder)
        contents = bytearray((spoilt / "model.ckpt").read_bytes())
        contents[len(contents) // 2] ^= 1
        (spoilt / "model.ckpt").write_bytes(contents)
        run("turbo", folder, **keys)
        log = (folder / "log.txt").read_text()
        assert f"{spoilt}: damaged: model.ckpt is not as it was" in log
        assert (folder / "save" / f"{DAMAGED}{spoilt.name}").is_dir()
        assert left_behind(tmp_path / "whole") == left_behind(folder)

    def test_best_that_is_damaged_is_not_replaced(self, run, tmp_path):
        """The test of another epoch is not this training's."""
        keys = dict(number_of_epochs=3, lr=0.0)  # the first stays the best
        run("vanilla", tmp_path, **keys)
        checkpointer = AtomicCheckpointer(tmp_path / "save")
        first = checkpointer.find_checkpoint(min_key="epoch").path
        (first / "model.ckpt").unlink()
        with pytest.raises(InputError, match="best epoch, 1, is damaged or"):
            run("vanilla", tmp_path, flags=("--test_only",), **keys)

    def test_end_that_is_damaged_is_not_tested_without(self, run, tmp_path):
        """The last epoch was the best; what is left would name another."""
        run("vanilla", tmp_path, number_of_epochs=2)
        before = (tmp_path / "metrics.json").read_bytes()
        (newest(tmp_path) / "model.ckpt").write_bytes(b"")
        for _ in range(2):  # also when it has been set aside already
            with pytest.raises(InputError, match="the end of the training"):
                run("vanilla", tmp_path, flags=("--test_only",))
        run("vanilla", tmp_path, number_of_epochs=2)
        assert (tmp_path / "metrics.json").read_bytes() == before


class Payload:
    """What a pickle can do."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.mark.parametrize("asked_for", ["0", "1"])
def test_planted_pickle_is_refused(asked_for, run, tmp_path, monkeypatch):
    """Also where the environment asks torch to run what it loads."""
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", asked_for)
    run("vanilla", tmp_path / "run", number_of_epochs=1)
    checkpoint = newest(tmp_path / "run")
    for name in ("model.ckpt", "optimizer.ckpt"):
        kept = (checkpoint / name).read_bytes()
        torch.save(Payload(tmp_path / "came in"), checkpoint / name)
        write_sums(checkpoint)  # whoever plants one sees to that
        with pytest.raises(InputError, match="more than weights.*delete it"):
            run("vanilla", tmp_path / "run", number_of_epochs=2)
        (checkpoint / name).write_bytes(kept)
    assert not (tmp_path / "came in").exists()


@pytest.mark.parametrize("kind", [AudioEncoder, TextEncoder])
@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.ckpt"])
def test_planted_pickle_of_an_encoder_is_refused(
    name, kind, encoder_folders, tmp_path, monkeypatch
):
    """Hugging Face's own weights, and those that SpeechBrain looks for."""
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    source = encoder_folders["small"][kind is TextEncoder]
    folder = shutil.copytree(source, tmp_path / "encoder")
    (folder / "model.safetensors").unlink()
    torch.save(Payload(tmp_path / "came in"), folder / name)
    with pytest.raises(InputError, match="encoder cannot be loaded"):
        kind(str(folder))
    assert not (tmp_path / "came in").exists()


def test_full_disk_leaves_what_was_saved(command, run, tmp_path):
    """A limit on the size of files is met as a full disk is."""
    keys = dict(number_of_epochs=3, patience=3)
    run("vanilla", tmp_path / "whole", **keys)
    folder = tmp_path / "full"
    run("vanilla", folder, **{**keys, "number_of_epochs": 1})
    before, size = newest(folder), (newest(folder) / "model.ckpt").stat()
    half = size.st_size // 2
    limit = functools.partial(
        resource.setrlimit, resource.RLIMIT_FSIZE, (half, half)
    )
    argv = command("vanilla", folder, **keys)
    process = start(["train.py", *argv], env=ONE_THREAD, before=limit)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 2, output
    message = output[output.index("error: ") :]
    assert re.match(
        r"error: .*/save: a checkpoint could not be written \(.*\); \d+ MB "
        "were free. The checkpoints before it are whole",
        message,
    )
    assert "Traceback" not in message
    left = sorted(path.name for path in (folder / "save").iterdir())
    assert left[:-1] == [before.name] and left[-1].startswith("frozen+")
    run("vanilla", folder, **keys)
    assert left_behind(tmp_path / "whole") == left_behind(folder)


class TestNoNumber:
    @pytest.fixture
    def spoilt(self, tmp_path):
        """A corpus, prepared, of which one recording then lost a sample."""
        return lay_out(tmp_path / "corpus")

    def spoil(self, corpus, manifest):
        name, entry = next(iter(json.loads(manifest.read_text()).items()))
        path = entry["wav"].replace("{data_root}", str(corpus))
        signal_, rate = soundfile.read(path)
        signal_[10] = np.nan
        soundfile.write(path, signal_, rate, subtype="FLOAT")
        return name

    def run_spoilt(self, run, corpus, folder, **keys):
        with pytest.raises(InputError, match="no checkpoint"):
            run("turbo", folder, data_folder=corpus, flags=["--test_only"])
        name = self.spoil(corpus, folder / "train.json")
        return name, lambda: run(
            "turbo", folder, data_folder=corpus, skip_prep=True, **keys
        )

    def rows(self, folder):
        with open(folder / "nonfinite.csv", newline="") as file:
            return list(csv.DictReader(file))

    def test_stops_and_names_who(self, run, spoilt, tmp_path):
        folder = tmp_path / "run"
        name, train = self.run_spoilt(run, spoilt, folder)
        expected = (
            rf"epoch 1, step \d: the loss is nan.*no step was taken. 1 of 8 "
            rf"utterances have such outputs, the first is {name}: .*"
            r"nonfinite.csv.*--nonfinite_loss=skip"
        )
        with pytest.raises(InputError, match=expected):
            train()
        rows = self.rows(folder)
        assert len(rows) == 8
        assert [row["ID"] for row in rows if row["finite"] == "no"] == [name]

    def test_skips_that_batch_alone(self, run, spoilt, tmp_path):
        folder = tmp_path / "run"
        name, train = self.run_spoilt(
            run, spoilt, folder, nonfinite_loss="skip"
        )
        train()
        rows = self.rows(folder)
        assert [row["epoch"] for row in rows] == ["1"] * 8 + ["2"] * 8
        assert {row["ID"] for row in rows if row["finite"] == "no"} == {name}
        log = (folder / "train_log.txt").read_text()
        assert "nan" not in log
        logged = [
            dict(re.findall(r"train (\S+): ([-.\de]+)", line))
            for line in log.splitlines()[:2]
        ]
        for epoch in logged:  # all terms are of the same batches
            terms = [float(epoch[key]) for key in epoch if "/" in key]
            expected = (float(epoch["ce"]) + sum(terms)) / 2
            assert float(epoch["loss"]) == pytest.approx(expected, rel=2e-3)
        assert (folder / "metrics.json").exists()

    def test_gives_up_on_many(self, run, spoilt, tmp_path):
        _, train = self.run_spoilt(
            run,
            spoilt,
            tmp_path / "run",
            nonfinite_loss="skip",
            nonfinite_patience=0,
        )
        with pytest.raises(InputError, match="more than --nonfinite_patience"):
            train()

    def test_of_several_processes_is_told_once(
        self, command, run, spoilt, tmp_path
    ):
        folder = tmp_path / "run"
        name, _ = self.run_spoilt(run, spoilt, folder)
        keys = dict(data_folder=spoilt, skip_prep=True)
        argv = command("turbo", folder, distributed_backend="gloo", **keys)
        process = start_ranks(2, ["train.py", *argv])
        output, _ = process.communicate(timeout=120)
        assert process.returncode != 0
        errors = re.findall(r"^error: .*", output, flags=re.MULTILINE)
        assert len(errors) == 1, output
        assert (
            f"1 of 8 utterances have such outputs, the first is {name}"
            in (errors[0])
        )
        odd = [r["ID"] for r in self.rows(folder) if r["finite"] == "no"]
        assert (len(self.rows(folder)), odd) == (8, [name])


def child_of(parent, **environment):
    """The process that torchrun started with these variables."""
    wanted = {f"{key}={value}" for key, value in environment.items()}
    listed = subprocess.check_output(
        ["ps", "--ppid", str(parent), "-o", "pid="]
    )
    for pid in listed.split():
        found = Path(f"/proc/{int(pid)}/environ").read_bytes().decode()
        if wanted <= set(found.split("\0")):
            return int(pid)
    raise AssertionError(f"no child with {wanted}")


def test_others_end_when_a_rank_dies(command, tmp_path):
    keys = dict(number_of_epochs=500, patience=500, distributed_backend="gloo")
    argv = command("turbo", tmp_path, batch_size=9, **keys)
    process = start_torchrun(3, ["train.py", *argv])
    wait_for_epochs(process, tmp_path, 2)
    os.kill(child_of(process.pid, RANK=1), signal.SIGKILL)
    killed = time.monotonic()
    output, _ = process.communicate(timeout=120)
    assert time.monotonic() - killed < 60
    assert process.returncode != 0
    assert re.search(r"error: process [02]: another process is gone", output)
    assert "The same command goes on from the last checkpoint" in output


def test_error_of_one_rank_is_told_once(command, tmp_path):
    """A recording that only the second process reads."""
    corpus = lay_out(tmp_path / "corpus")
    keys = dict(distributed_backend="gloo", data_folder=corpus, num_workers=1)
    folder = tmp_path / "run"
    argv = command("turbo", folder, flags=["--test_only"], **keys)
    process = start_ranks(2, ["train.py", *argv])
    process.communicate(timeout=120)
    entries = json.loads((folder / "train.json").read_text())
    path = next(iter(entries.values()))["wav"]
    path = Path(path.replace("{data_root}", str(corpus)))
    path.write_text("no audio")
    argv = command("turbo", folder, skip_prep=True, **keys)
    process = start_ranks(2, ["train.py", *argv])
    output, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    errors = re.findall(r"^error: .*", output, flags=re.MULTILINE)
    assert sum(str(path) in error for error in errors) == 1, output
    assert "Traceback" not in output.split("error: ")[0]
