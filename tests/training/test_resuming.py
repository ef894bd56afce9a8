"""A folder keeps to one training."""

import pytest

from turbo_sb.training.resuming import check_resume, checkpoints_folder
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


def test_the_checkpointers_own_folder_counts(tmp_path):
    assert checkpoints_folder({"output_folder": "a"}).as_posix() == "a/save"
    text = "checkpointer: !new:a.B\n    checkpoints_dir: elsewhere"
    assert checkpoints_folder(read_yaml(text, "")).name == "elsewhere"
