"""YAMLs of before the package had rooms are read as they are today."""

import pydoc

import pytest

from tests.recipes.recipe_runs import FOLDER
from turbo_sb.training.old_names import OLD, renamed


@pytest.mark.parametrize("name", OLD.values())
def test_new_name_is_there(name):
    assert pydoc.locate(name).__name__ == name.rpartition(".")[2]


def test_of_a_recipe():
    text = (FOLDER / "hparams" / "turbo.yaml").read_text()
    before = text
    for old, new in OLD.items():
        before = before.replace(new, old)
    assert before != text
    assert renamed(before) == text == renamed(text)
