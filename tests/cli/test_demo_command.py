"""turbo-sb demo: the options of `python -m turbo_sb.demo`, and its extra."""

import importlib.util

import pytest

from turbo_sb.cli import main
from turbo_sb.cli.main import make_parser
from turbo_sb.demo.__main__ import _parse


def test_options_are_those_of_the_module():
    own = vars(make_parser().parse_args(["demo"]))
    module = vars(_parse([]))
    assert own.items() >= {
        (name, value) for name, value in module.items() if name != "parts"
    }
    assert set(own) - {"command", "run", "print_completion"} == set(module)


def test_runs_the_module(monkeypatch):
    found = []
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(
        "turbo_sb.demo.__main__.main", lambda given: found.append(_parse(given))
    )
    main(["demo", "--output_folder=x", "--parts=directed", "--jobs", "1"])
    (options,) = found
    assert (options.output_folder, options.parts) == ("x", ["directed"])
    assert (options.jobs, options.n_utterances) == (1, 600)


def test_without_its_extra(monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit) as end:
        main(["demo"])
    assert end.value.code == 2
    assert 'pip install -e ".[demo]"' in capsys.readouterr().err
