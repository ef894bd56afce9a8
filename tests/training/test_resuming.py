"""A folder keeps to one training."""

import pytest

from turbo_sb.training.resuming import (
    EXTENT,
    RESUMABLE,
    check_resume,
    check_same,
    checkpoints_folder,
)
from turbo_sb.training.yaml_files import read_yaml
from turbo_sb.utils.errors import InputError


@pytest.fixture
def settings(tmp_path):
    """Of a training that left a checkpoint."""
    text = f"output_folder: {tmp_path}\n"
    text += "patience: 3\nlr: 0.1\nopt: !name:torch.optim.Adam\n  lr: 0.1\n"
    (tmp_path / "save" / "CKPT+1").mkdir(parents=True)
    (tmp_path / "hyperparams.yaml").write_text(text)
    return read_yaml(text, "")


def test_same_training_goes_on_with_more_patience(settings):
    check_resume({**settings, "patience": 5, "new": 1})


def test_other_training_is_refused(settings):
    with pytest.raises(InputError, match="with lr: 0.1, not 0.2"):
        check_resume({**settings, "lr": 0.2})


def test_without_a_checkpoint_there_is_nothing_to_go_on_with(
    settings, tmp_path
):
    (tmp_path / "save" / "CKPT+1").rmdir()
    check_resume({**settings, "lr": 0.2})


def test_a_setting_within_an_object_counts(settings):
    text = "opt: !name:torch.optim.Adam\n  lr: 0.2\n"
    with pytest.raises(InputError, match="with opt.lr: 0.1, not 0.2"):
        check_resume({**settings, **read_yaml(text, "")})


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("null", "!new:a.B\n  lr: 1", "schedule: None, not !new:a.B"),
        ("!new:a.B\n  lr: 1", "null", "schedule: !new:a.B, not None"),
        ("!new:a.B\n  lr: 1", "!new:a.C\n  n: 1", "!new:a.B, not !new:a.C"),
    ],
)
def test_another_object_counts(before, now, expected, settings, tmp_path):
    with open(tmp_path / "hyperparams.yaml", "a") as file:
        file.write(f"schedule: {before}\n")
    check_resume({**settings, **read_yaml(f"schedule: {before}", "")})
    with pytest.raises(InputError, match=expected):
        check_resume({**settings, **read_yaml(f"schedule: {now}", "")})


def test_the_checkpointers_own_folder_counts(tmp_path):
    assert checkpoints_folder({"output_folder": "a"}).as_posix() == "a/save"
    text = "checkpointer: !new:a.B\n    checkpoints_dir: elsewhere"
    assert checkpoints_folder(read_yaml(text, "")).name == "elsewhere"


EPOCHS = "epoch_counter: !new:a.B\n  limit: {}\n  patience: 3\n"


@pytest.fixture
def counted(settings, tmp_path):
    """Of a training of two epochs; the same with more of them."""
    with open(tmp_path / "hyperparams.yaml", "a") as file:
        file.write("number_of_epochs: 2\n" + EPOCHS.format(2))
    more = read_yaml("number_of_epochs: 9\n" + EPOCHS.format(9), "")
    return {**settings, **more}


def test_a_finished_training_keeps_its_number_of_epochs(counted):
    check_resume(counted)
    for gone in ((), ("number_of_epochs",)):
        left = {k: v for k, v in counted.items() if k not in gone}
        with pytest.raises(InputError, match="number_of_epochs|limit: 2, not"):
            check_same(left, RESUMABLE - EXTENT)


def test_a_keyword_counts_whatever_its_name(settings, tmp_path):
    """Also one that is called as what may change elsewhere."""
    loss = "loss: !new:a.B\n  kind: {}\n"
    with open(tmp_path / "hyperparams.yaml", "a") as file:
        file.write(loss.format("one"))
    with pytest.raises(InputError, match="loss.kind: one, not two"):
        check_resume({**settings, **read_yaml(loss.format("two"), "")})
