"""What is checked before anything is built."""

import pytest

from turbo_sb.training.settings import (
    check_resume,
    check_types,
    check_values,
    read_yaml,
)
from turbo_sb.utils.errors import InputError

BASE = read_yaml(
    "a: True\nb: 1\nc: 0.5\nd: [x]\ne: {}\nf: word\ng: null\nce_view: 1\n"
    "h: !new:torch.nn.Linear {in_features: 1}",
    "a.yaml",
)


@pytest.mark.parametrize(
    "given",
    [
        *("a: False", "b: 2", "c: 2", "c: 1e-4", "d: [y]", "e: {in: 1}"),
        *("f: 1", "g: 1", "g: x", "ce_view: both", "h: {in_features: 2}"),
    ],
)
def test_value_of_the_yamls_kind_passes(given):
    check_types(read_yaml(given, ""), BASE, "a.yaml")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a: no", "True or False"),
        ("a: 1", "True or False"),
        ("b: 1.5", "a whole number"),
        ("b: True", "a whole number"),
        ("c: 0,05", "a number"),
        ("c: False", "a number"),
        ("d: y", "a list"),
        ("e: 1", "a mapping"),
    ],
)
def test_value_of_another_kind_is_refused(given, expected):
    with pytest.raises(InputError, match=f"expected {expected}.*a.yaml has"):
        check_types(read_yaml(given, ""), BASE, "a.yaml")


def test_number_out_of_its_range_is_refused():
    check_values({"lr": 0, "batch_size": 1})
    with pytest.raises(InputError, match="batch_size=0: expected at least 1"):
        check_values({"batch_size": 0})
    for rate in (0, 0.0, 0.5):
        check_values({"modality_dropout": rate})
    for rate in (-0.1, 1, 1.5):
        with pytest.raises(InputError, match=f"{rate}: expected a share in"):
            check_values({"modality_dropout": rate})


@pytest.fixture
def settings(tmp_path):
    """Of a training that left a checkpoint."""
    text = f"output_folder: {tmp_path}\nsave_folder: {tmp_path}/save\n"
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
