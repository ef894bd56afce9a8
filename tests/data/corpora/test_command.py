"""The command line of a build."""

import argparse

import pytest

from turbo_sb.data.corpora.command import add_build


def parse(*arguments):
    parser = argparse.ArgumentParser()
    add_build(parser.add_subparsers())
    return parser.parse_args(["build", "--output_folder=dsd", *arguments])


def test_values_are_those_of_a_yaml():
    options = parse("--equalize_band=[300,3400]", "--equalize_trim=True")
    assert (options.equalize_band, options.equalize_trim) == ([300, 3400], True)


def test_an_invalid_value_is_named(capsys):
    with pytest.raises(SystemExit):
        parse("--equalize_band=[300")
    assert "invalid YAML: [300" in capsys.readouterr().err
