"""turbo-sb demo: the options of `python -m turbo_sb.demo`, and its extra."""

import importlib.util

import pytest

from turbo_sb.cli import main


def test_runs_the_module_with_its_options(monkeypatch):
    found = []
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr("turbo_sb.demo.__main__.run", found.append)
    main(["demo", "--output_folder=x", "--parts=directed", "--jobs", "1"])
    (options,) = found
    assert (options.output_folder, options.parts) == ("x", ["directed"])
    assert (options.jobs, options.n_utterances) == (1, 600)
    assert options.number_of_epochs is None


def test_without_its_extra(monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit) as end:
        main(["demo"])
    assert end.value.code == 2
    assert 'pip install -e ".[demo]"' in capsys.readouterr().err
