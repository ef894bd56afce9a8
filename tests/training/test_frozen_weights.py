"""Frozen weights are written once, whole, and found again."""

import pytest
import torch

from turbo_sb.training import AtomicCheckpointer
from turbo_sb.utils.errors import InputError


def build(seed=0, frozen=True):
    """A frozen part and a trained one."""
    torch.manual_seed(seed)
    parts = [torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2)]
    model = torch.nn.Sequential(*parts)
    model[0].requires_grad_(not frozen)
    return model


def checkpointer_of(folder, model):
    folder.mkdir(exist_ok=True)
    return AtomicCheckpointer(folder, {"model": model})


def save(folder, model, score=0.0, times=1):
    """Save as the epochs of a run do."""
    checkpointer = checkpointer_of(folder, model)
    for epoch in range(times):
        checkpointer.save_and_keep({"score": score, "epoch": epoch})
    return checkpointer


def frozen_folder(folder):
    (found,) = folder.glob("frozen+*")
    return found


def test_they_are_written_once(tmp_path):
    save(tmp_path / "save", build(), times=1)
    file = frozen_folder(tmp_path / "save") / "model.ckpt"
    before = file.stat().st_mtime_ns
    checkpointer = save(tmp_path / "save", build(), times=3)
    assert file.stat().st_mtime_ns == before
    assert set(torch.load(file)) == {"0.weight", "0.bias"}
    for found in checkpointer.list_checkpoints():
        held = torch.load(found.path / "model.ckpt")
        assert "1.weight" in held and "1.running_mean" in held
        assert not [name for name in held if name.startswith("0.")]


def test_a_model_of_other_weights_gets_them(tmp_path):
    model = build()
    save(tmp_path / "save", model)
    other = build(seed=1)
    assert not torch.equal(other[0].weight, model[0].weight)
    checkpointer_of(tmp_path / "save", other).recover_if_possible()
    for name, value in model.state_dict().items():
        assert torch.equal(other.state_dict()[name], value), name


def test_checkpoints_of_all_weights_still_load(tmp_path):
    model = build(frozen=False)
    save(tmp_path / "save", model)
    assert not list((tmp_path / "save").glob("frozen+*"))
    other = build(seed=1)
    checkpointer_of(tmp_path / "save", other).recover_if_possible()
    assert torch.equal(other[0].weight, model[0].weight)


def flip(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def delete(path):
    path.unlink()
    for other in path.parent.iterdir():
        other.unlink()
    path.parent.rmdir()


@pytest.mark.parametrize("damage", [flip, delete])
def test_damaged_they_are_named(tmp_path, damage, caplog):
    """Or those of the encoders' sources are used, if they are the same."""
    save(tmp_path / "save", build())
    damage(frozen_folder(tmp_path / "save") / "model.ckpt")
    other = checkpointer_of(tmp_path / "save", build(seed=1))
    with pytest.raises(InputError, match="frozen\\+.*Put it back"):
        other.recover_if_possible()
    same = checkpointer_of(tmp_path / "save", build())
    assert same.recover_if_possible() is not None
    assert "have the same weights" in caplog.text
    same.save_and_keep({"score": 1.0, "epoch": 2})
    assert len(list(frozen_folder(tmp_path / "save").iterdir())) == 2
    assert checkpointer_of(
        tmp_path / "save", build(seed=1)
    ).recover_if_possible()


def test_those_of_no_checkpoint_are_deleted(tmp_path):
    """A start that was killed before its first checkpoint leaves them."""
    (tmp_path / "save" / "frozen+0").mkdir(parents=True)
    (tmp_path / "save" / "frozen+0" / "model.ckpt").touch()
    save(tmp_path / "save", build())
    assert frozen_folder(tmp_path / "save").name != "frozen+0"
