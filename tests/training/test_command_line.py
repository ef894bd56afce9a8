"""The command line of train.py, as a person types it."""

from pathlib import Path

import pytest

from tests.recipes.recipe_runs import DSD, FOLDER
from turbo_sb.training.command_line import (
    check_arguments,
    check_command,
    explain,
    normalise,
)
from turbo_sb.training.yaml_files import read_yaml
from turbo_sb.utils.errors import InputError

YAML = str(FOLDER / "hparams" / "turbo.yaml")
SCRIPT = str(FOLDER / "train.py")


def test_keys_within_objects_become_one_override(tmp_path):
    given = ["--loss.ce-view=both", "--loss.mask_equal=text", "--lr=1"]
    assert normalise(given) == [
        "--lr=1",
        '--loss={"ce_view": "both", "mask_equal": "text"}',
    ]
    settings = check_arguments(
        [YAML, f"--data-folder={tmp_path}", *given], SCRIPT
    )
    assert settings["loss"]["ce_view"] == "both"
    assert settings["loss"]["mask_equal"] == "text"
    assert settings["lr"] == 1


def test_a_value_may_have_dots_and_commas():
    given = ["--data_folder=/a.b/c-d", "--x.weights={in: 0.5, out: 1}"]
    assert normalise(given) == [
        "--data_folder=/a.b/c-d",
        '--x={"weights": {"in": 0.5, "out": 1}}',
    ]


@pytest.mark.parametrize("value", ["a,b", "a: b", "it's", "x # y", "{a, b}"])
def test_a_nested_value_is_one_value(value):
    """No part of it is another key of the object."""
    (found,) = normalise([f"--loss.path='{value}'".replace("it's", "its")])
    assert read_yaml(found[len("--loss=") :], "") == {
        "path": value.replace("it's", "its")
    }
    assert normalise(["--loss.path=a,b"]) == ['--loss={"path": "a,b"}']


def test_a_nested_key_and_its_value_may_be_two_words():
    assert normalise(["--loss.ce_view", "2", "--lr", "1"]) == [
        *("--lr", "1", '--loss={"ce_view": 2}'),
    ]
    with pytest.raises(InputError, match="--loss.ce_view: expected .*=<value>"):
        normalise(["--loss.ce_view"])


def test_home_folder_on_the_command_line(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "four").mkdir()
    given = ["--data_folder=~/four", "--output_folder=~/out"]
    given += ["--audio_encoder_source=~/w2v", "--x.path=~/y"]
    home = [a.replace("~", str(tmp_path)) for a in given[:3]]
    assert normalise(given) == [*home, f'--x={{"path": "{tmp_path}/y"}}']
    settings = check_arguments([YAML, *given[:3]], SCRIPT)
    assert settings["data_folder"] == f"{tmp_path}/four"
    assert settings["output_folder"] == f"{tmp_path}/out"


@pytest.mark.parametrize("own", ["", "--text_encoder_source=bert"])
def test_home_folder_in_the_yaml(tmp_path, monkeypatch, own):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "four").mkdir()
    text = Path(YAML).read_text(encoding="utf-8")
    text = text.replace("data_folder: !PLACEHOLDER", "data_folder: ~/four")
    text = text.replace("google-bert/bert-base-uncased", '"~/bert"')
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    given = [str(tmp_path / "mine.yaml"), *([own] if own else [])]
    settings = check_arguments(given, SCRIPT)
    assert settings["data_folder"] == f"{tmp_path}/four"
    source = "bert" if own else f"{tmp_path}/bert"
    assert settings["text_encoder_source"] == source
    assert normalise(normalise(given)) == normalise(given)


@pytest.mark.parametrize("folder", [FOLDER, DSD])
def test_help_has_every_key_with_its_comment(folder):
    text = explain(["--help"], str(folder / "train.py"))
    assert "--key=value" in text and "hparams/turbo.yaml" in text
    assert "--lambda_ce=0.5  # Eq. 6" in text
    assert "--loss.ce_view=1  # pass that feeds the classifier" in text
    assert "--output_folder=results/turbo/<protocol>_fold" in text
    assert "--data_folder=(required)  # " in text
    assert "precision" in text  # of SpeechBrain
    assert "__set_seed" not in text
    assert text.count("max_grad_norm") == 1 and "param_file" not in text


def test_help_is_printed_and_ends(capsys):
    with pytest.raises(SystemExit) as ended:
        check_command([YAML, "--help"], SCRIPT)
    assert not ended.value.code
    assert "usage: python train.py" in capsys.readouterr().out


def test_a_fold_that_is_not_there_is_reported(tmp_path):
    def check_fold(protocol, fold):
        raise InputError(f"--fold={fold}: {protocol} has less.")

    given = [YAML, f"--data_folder={tmp_path}", "--fold=99"]
    with pytest.raises(InputError, match="--fold=99: speaker10"):
        check_arguments(given, SCRIPT, check_fold)
    check_arguments([*given, "--skip_prep=True"], SCRIPT, check_fold)


@pytest.mark.parametrize("value", ["!new:a.B", "2020-01-01", "2020-99-99"])
def test_a_nested_value_is_plain(value):
    with pytest.raises(InputError, match="^--loss.x=.*: "):
        normalise([f"--loss.x={value}"])
