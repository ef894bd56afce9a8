"""Names of options are understood with dashes and with underscores."""

import sys

import pytest

from turbo_sb.cli import main
from turbo_sb.evaluation.cross_validation.options import parse
from turbo_sb.utils.options import spell


@pytest.mark.parametrize("mark", "-_")
@pytest.mark.parametrize("name", ["data-folder", "data_folder"])
def test_names_change_and_values_stay(name, mark):
    value = "a-b_c=d-e_f"
    found = spell([f"--{name}={value}", f"--{name}", value, "-x_y"], mark)
    wanted = f"--data{mark}folder"
    assert found == [f"{wanted}={value}", wanted, value, "-x_y"]


@pytest.mark.parametrize("value", ["~/four", "~", "~/a b/c.csv"])
def test_the_home_folder_is_spelt_out(monkeypatch, value):
    """A shell leaves --key=~/x as it is."""
    monkeypatch.setenv("HOME", "/home/me")
    home = value.replace("~", "/home/me")
    given = [f"--data-folder={value}", "--out", value, value]
    expected = [f"--data-folder={home}", "--out", home, home]
    assert spell(given, "-") == expected


@pytest.mark.parametrize(
    "value", ["~5 of them/us", "about ~/x", "~~", "~nobody-is-called-this/x"]
)
def test_other_values_stay(value):
    assert spell([f"--text={value}", value], "-") == [f"--text={value}", value]


def test_of_this_process(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["train.py", "--lr-of=1"])
    assert spell(None, "_") == ["--lr_of=1"]


def test_cross_validation_hands_them_on():
    found = parse(["a.yaml", "--output-folder=x-y", "--data-folder=/my-data"])
    assert found.output_folder == "x-y"
    assert found.passed == ["--data_folder=/my-data"]


def test_turbo_sb_takes_both(tmp_path, capsys):
    for name in ("data-folder", "data_folder"):
        with pytest.raises(SystemExit) as end:
            main(["predict", str(tmp_path), f"--{name}={tmp_path}"])
        assert end.value.code == 2
        assert "nothing to predict" in capsys.readouterr().err
