"""Figures appear whole or not at all, and leave no trace elsewhere."""

import sys

import matplotlib
import pytest

from turbo_sb.evaluation.figures.canvas import drawing


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
