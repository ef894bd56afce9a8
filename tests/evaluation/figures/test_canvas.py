"""Figures appear whole or not at all, and leave no trace elsewhere."""

import sys

import matplotlib
import pytest

from turbo_sb.demo.figure import COLOURS
from turbo_sb.evaluation.figures.canvas import drawing, grid_size, looks, wrap


class TestDrawing:
    def test_both_files_at_a_print_resolution(self, tmp_path):
        with drawing(tmp_path / "new" / "t-0.07", (2, 1)) as figure:
            figure.add_subplot().set_title(r"$\no maths$")
        folder = tmp_path / "new"
        names = sorted(path.name for path in folder.iterdir())
        assert names == ["t-0.07.pdf", "t-0.07.png"]
        shape = matplotlib.image.imread(folder / names[1]).shape
        assert shape[:2] == (200, 400)
        assert (folder / names[0]).read_bytes().startswith(b"%PDF")

    def test_a_failure_leaves_nothing(self, tmp_path):
        with pytest.raises(KeyError):
            with drawing(tmp_path / "a", (2, 1)):
                raise KeyError("while drawing")
        assert not list(tmp_path.iterdir())

    def test_the_users_state_is_untouched(self, tmp_path):
        before = dict(matplotlib.rcParams)
        pyplot = sys.modules.pop("matplotlib.pyplot", None)
        try:
            with drawing(tmp_path / "a", (2, 1)) as figure:
                figure.add_subplot()
            assert "matplotlib.pyplot" not in sys.modules
        finally:
            if pyplot is not None:
                sys.modules["matplotlib.pyplot"] = pyplot
        assert dict(matplotlib.rcParams) == before


def test_the_papers_methods_look_as_in_the_demo():
    assert {m: looks([])[m].colour for m in COLOURS} == COLOURS


def test_twenty_methods_differ_and_neighbours_differ_in_grey():
    names = [f"m{n:02}" for n in range(17)]
    found = looks([*names, *COLOURS])
    assert len(set(found.values())) == 20
    others = [found[name] for name in names]
    for one, other in zip(others, others[1:]):
        assert one.marker != other.marker and one.dashes != other.dashes


def test_the_order_of_the_runs_does_not_matter():
    assert looks(["b", "a", "turbo"]) == looks(["turbo", "a", "b", "a"])


def test_one_folder_around_all_changes_no_look():
    known = looks([])
    found = looks(["cv/turbo", "cv/vanilla"])
    assert found["cv/turbo"] == known["turbo"]
    found = looks(["asr/turbo", "turbo"])
    assert found["turbo"] == known["turbo"] != found["asr/turbo"]


def test_long_names_are_broken_and_short_ones_are_not():
    assert wrap("turbo") == "turbo"
    assert wrap("asr/turbo_x", width=5) == "asr/\nturbo_\nx"


def test_rows_are_even():
    assert grid_size(3, 4) == (1, 3)
    assert grid_size(5, 4) == (2, 3)
    assert grid_size(7, 4) == (2, 4)
