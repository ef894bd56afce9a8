"""A checkpoint is whole, or it is none."""

import math
import subprocess
from pathlib import Path

import pytest
import torch
from speechbrain.utils.checkpoints import Checkpointer

from tests import forks
from turbo_sb.training.checkpoints import AtomicCheckpointer, earliest_best
from turbo_sb.utils.checksums import find_damage
from turbo_sb.utils.errors import InputError


class Killed(BaseException):
    """Stands for the end of the process."""


def killed_while_saving(kind, folder):
    """A first checkpoint, and a second that is cut off."""
    checkpointer = kind(folder, {"model": torch.nn.Linear(1, 1)})
    checkpointer.save_checkpoint(meta={"epoch": 1})

    def die(obj, path):
        path.write_bytes(b"half")
        raise Killed

    checkpointer.add_recoverable("optimizer", object(), custom_save_hook=die)
    with pytest.raises(Killed):
        checkpointer.save_checkpoint(meta={"epoch": 2})


@pytest.mark.parametrize(
    ("kind", "epochs"), [(AtomicCheckpointer, [1]), (Checkpointer, [1, 2])]
)
def test_half_a_checkpoint_is_none(kind, epochs, tmp_path):
    """SpeechBrain's own takes it for one, which is why ours exists."""
    killed_while_saving(kind, tmp_path)
    found = kind(tmp_path, {}).list_checkpoints()
    assert sorted(checkpoint.meta["epoch"] for checkpoint in found) == epochs


def test_next_save_removes_what_the_kill_left(tmp_path):
    killed_while_saving(AtomicCheckpointer, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    model = torch.nn.Linear(1, 1)
    AtomicCheckpointer(tmp_path, {"model": model}).save_checkpoint()
    names = [sorted(p.name for p in f.iterdir()) for f in tmp_path.iterdir()]
    assert names == [["CKPT.yaml", "SHA256SUMS", "model.ckpt"]] * 2


def test_of_equal_scores_the_first_is_kept_with_the_last_two(tmp_path):
    checkpointer = AtomicCheckpointer(tmp_path, {"m": torch.nn.Linear(1, 1)})
    for epoch, score in enumerate([0.4, 0.5, 0.5, 0.3], start=1):
        checkpointer.save_and_keep({"UA": score, "epoch": epoch}, key="UA")
    found = checkpointer.list_checkpoints()
    assert {checkpoint.meta["epoch"] for checkpoint in found} == {2, 3, 4}
    best = checkpointer.find_checkpoint(importance_key=earliest_best("UA"))
    assert best.meta["epoch"] == 2


def test_within_an_epoch_they_are_kept_likewise(tmp_path):
    """Best, and the last two of any kind; the newest is the last written."""
    checkpointer = AtomicCheckpointer(tmp_path, {"m": torch.nn.Linear(1, 1)})
    for meta in ({"score": 0.5}, {"score": 0.4}, {"n": 1}, {"n": 2}):
        checkpointer.save_and_keep(meta, end_of_epoch="score" in meta)
    metas = [found.meta for found in checkpointer.list_checkpoints()]
    assert {meta.get("score") or meta["n"] for meta in metas} == {0.5, 1, 2}
    assert checkpointer.find_checkpoint().meta["n"] == 2


def test_full_disk_is_told_and_what_was_there_stays(tmp_path):
    """/dev/full is always full."""
    model = torch.nn.Linear(1, 1)
    checkpointer = AtomicCheckpointer(tmp_path, {"model": model})
    checkpointer.save_checkpoint(meta={"epoch": 1})
    before = {p: p.read_bytes() for p in tmp_path.rglob("*.*") if p.is_file()}

    def fill(obj, path):
        path.symlink_to("/dev/full")
        path.write_text("more")

    checkpointer.add_recoverable("optimizer", object(), custom_save_hook=fill)
    message = r"could not be written \(.*No space left.*\); \d+ MB were free"
    with pytest.raises(InputError, match=message):
        checkpointer.save_checkpoint(meta={"epoch": 2})
    after = {p: p.read_bytes() for p in tmp_path.rglob("*.*") if p.is_file()}
    assert after == before


@pytest.mark.parametrize("name", ["model.ckpt", "CKPT.yaml", "SHA256SUMS"])
@pytest.mark.parametrize("how", ["emptied", "removed", "one bit"])
def test_damaged_checkpoint_is_set_aside(name, how, tmp_path, caplog):
    model = torch.nn.Linear(1, 1)
    checkpointer = AtomicCheckpointer(tmp_path, {"model": model})
    for epoch in (1, 2):
        torch.nn.init.constant_(model.weight, epoch)
        last = checkpointer.save_checkpoint(meta={"epoch": epoch}).path
    contents = bytearray((last / name).read_bytes())
    contents[len(contents) // 2] ^= 1
    spoilt = {"emptied": b"", "removed": None, "one bit": contents}[how]
    if spoilt is None:
        (last / name).unlink()
    else:
        (last / name).write_bytes(spoilt)
    found = AtomicCheckpointer(tmp_path, {"model": model}).recover_if_possible()
    # Without the sums nothing is known, and here all the rest is whole.
    unknown = (name, how) == ("SHA256SUMS", "removed")
    assert found.meta["epoch"] == model.weight.item() == (2 if unknown else 1)
    assert (f"{last}: damaged: " in caplog.text) != unknown
    assert last.exists() == unknown


def test_sums_that_lack_a_file_are_damaged(tmp_path):
    """As a copy that was cut off at the end of a line."""
    checkpointer = AtomicCheckpointer(tmp_path, {"m": torch.nn.Linear(1, 1)})
    saved = checkpointer.save_checkpoint().path
    sums = (saved / "SHA256SUMS").read_text().splitlines(keepends=True)
    (saved / "SHA256SUMS").write_text(sums[0])
    assert find_damage(saved).endswith("it lacks m.ckpt")


def test_newest_is_what_was_written_last_whatever_the_clock(
    tmp_path, monkeypatch
):
    checkpointer = AtomicCheckpointer(tmp_path, {"m": torch.nn.Linear(1, 1)})
    for epoch, clock in enumerate([5000.0, 5001.0, 4000.0, 4001.0], start=1):
        monkeypatch.setattr(
            "turbo_sb.training.checkpoints.time.time", lambda c=clock: c
        )
        checkpointer.save_and_keep({"score": -epoch, "epoch": epoch})
    found = checkpointer.list_checkpoints()
    assert {checkpoint.meta["epoch"] for checkpoint in found} == {1, 3, 4}
    assert checkpointer.find_checkpoint().meta["epoch"] == 4


def test_score_that_is_no_number_is_never_the_best(tmp_path):
    checkpointer = AtomicCheckpointer(tmp_path, {"m": torch.nn.Linear(1, 1)})
    for epoch, score in enumerate([math.nan, 0.5, 0.4, 0.3], start=1):
        checkpointer.save_and_keep({"score": score, "epoch": epoch})
    best = checkpointer.find_checkpoint(importance_key=earliest_best("score"))
    assert best.meta["epoch"] == 2


def test_half_deleted_checkpoint_is_none(tmp_path, monkeypatch):
    checkpointer = AtomicCheckpointer(tmp_path, {"m": torch.nn.Linear(1, 1)})
    for epoch in (1, 2, 3):
        checkpointer.save_checkpoint(meta={"score": epoch, "epoch": epoch})

    def die(path):
        raise Killed

    monkeypatch.setattr("turbo_sb.training.checkpoints.shutil.rmtree", die)
    with pytest.raises(Killed):
        checkpointer.save_and_keep({"score": 4, "epoch": 4})
    monkeypatch.undo()
    epochs = {c.meta["epoch"] for c in checkpointer.list_checkpoints()}
    assert epochs < {1, 2, 3, 4} and {3, 4} <= epochs
    checkpointer.remove_drafts()
    assert len(list(tmp_path.iterdir())) == len(epochs)


def test_all_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr("turbo_sb.utils.checksums.flush", flushed.append)
    monkeypatch.setattr("turbo_sb.training.checkpoints.flush", flushed.append)
    model = torch.nn.Linear(1, 1)
    saved = AtomicCheckpointer(tmp_path, {"m": model}).save_checkpoint().path
    names = [path.name.removeprefix("unfinished+") for path in flushed]
    files = {"CKPT.yaml", "SHA256SUMS", "m.ckpt"}
    assert set(names[:3]) == files
    assert names[3:] == [saved.name, tmp_path.name]


def test_checkpoint_that_does_not_fit_is_one_message(tmp_path):
    small, large = torch.nn.Linear(1, 1), torch.nn.Linear(2, 1)
    AtomicCheckpointer(tmp_path, {"m": small}).save_checkpoint()
    for recoverables in ({"m": large}, {"m": small, "more": small}):
        with pytest.raises(InputError, match="it cannot be loaded: "):
            AtomicCheckpointer(tmp_path, recoverables).recover_if_possible()


def test_sums_are_those_of_sha256sum(tmp_path):
    model = torch.nn.Linear(1, 1)
    saved = AtomicCheckpointer(tmp_path, {"model": model}).save_checkpoint()
    command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    result = subprocess.run(
        command, cwd=saved.path, capture_output=True, text=True
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.split() == ["CKPT.yaml:", "OK", "model.ckpt:", "OK"]


@pytest.mark.slow
def test_ranks_agree_on_what_is_there(tmp_path):
    """Else one waits for a deletion that the other does not make, forever."""
    script = Path(__file__).with_name("checkpoint_ranks.py")
    result = forks.run([script, tmp_path], ranks=2, timeout=60)
    assert result.returncode == 0, result.stdout
    assert result.stdout.count("kept [3, 4]") == 2


def test_damaged_end_is_seen_whatever_the_clock(tmp_path, monkeypatch):
    """Names are in local time: one written later may sort before."""
    checkpointer = AtomicCheckpointer(tmp_path, {"m": torch.nn.Linear(1, 1)})
    first = checkpointer.save_checkpoint({"epoch": 1}, name="2026-10-25+02-59")
    last = checkpointer.save_checkpoint({"epoch": 2}, name="2026-10-25+02-01")
    assert last.path.name < first.path.name
    (last.path / "m.ckpt").write_bytes(b"x")
    again = AtomicCheckpointer(tmp_path, {"m": torch.nn.Linear(1, 1)})
    again.recover_if_possible()
    assert again.lost_end() == tmp_path / f"damaged+{last.path.name}"
    # Once the training has gone on, even with a clock set back, it is no end.
    monkeypatch.setattr("time.time", lambda: 1.0)
    again.save_checkpoint({"epoch": 2})
    assert again.lost_end() is None


def test_damage_that_hides_when_it_was_written(tmp_path):
    checkpointer = AtomicCheckpointer(tmp_path, {"m": torch.nn.Linear(1, 1)})
    for number in (2, 1):
        last = checkpointer.save_checkpoint(name=str(number)).path
    (last / "CKPT.yaml").write_bytes(b"\xff")
    again = AtomicCheckpointer(tmp_path, {"m": torch.nn.Linear(1, 1)})
    again.recover_if_possible()
    assert again.lost_end() == tmp_path / f"damaged+{last.name}"
