"""Run the preparation of the DSD recipe, in this process.

Authors
 * The turbo_sb developers 2026
"""

import importlib.util
import json
from pathlib import Path

import pytest

from tests.dsd_layout import COLUMNS, rows
from turbo_sb.utils.errors import InputError

REPOSITORY = Path(__file__).parents[2]
SCRIPT = REPOSITORY / "recipes/DSD/turbo/dsd_prepare.py"
TIMED = (*COLUMNS, "start", "stop")
CORPUS = (*COLUMNS, "corpus")
SPLIT = (*COLUMNS, "split")


def load_script():
    spec = importlib.util.spec_from_file_location("dsd_prepare", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


recipe = load_script()


def prepare(data_folder, output_folder, **options):
    recipe.prepare_dsd(data_folder, output_folder, **options)
    return {
        name: json.loads((output_folder / f"{name}.json").read_text("utf-8"))
        for name in ("train", "valid", "test")
    }


def prepare_all(data_folder, output_folder, **options):
    sets = prepare(data_folder, output_folder, **options)
    return {n: e for part in sets.values() for n, e in part.items()}


def refuse(data_folder, tmp_path, **options):
    """Return the message; whatever the fault, nothing may be written."""
    with pytest.raises(InputError) as caught:
        recipe.prepare_dsd(data_folder, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()
    return str(caught.value)


def split_rows(n_speakers=10):
    """Give each row its split: two speakers each for valid and test."""
    names = {0: "valid", 1: "valid", 2: "test", 3: "test"}
    return [
        {**row, "split": names.get(int(row["spk_id"][1:]), "train")}
        for row in rows(n_speakers)
    ]
