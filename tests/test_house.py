"""What SpeechBrain asks of recipes and of documentation holds."""

import ast
import csv
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import dsd_layout, iemocap_layout
from turbo_sb.demo.encoders import build_encoders

ROOT = Path(__file__).parents[1]
CODE = sorted(
    path
    for folder in ("turbo_sb", "recipes")
    for path in (ROOT / folder).rglob("*.py")
)
ROWS = [
    row
    for path in sorted((ROOT / "tests" / "recipes").glob("*.csv"))
    for row in csv.DictReader(path.read_text().splitlines())
]


def public(tree):
    """Yield the definitions a user sees: not nested, not underscored."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node
        if isinstance(node, ast.ClassDef):
            yield from (n for n in node.body if isinstance(n, ast.FunctionDef))


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_docstrings_are_complete(path):
    """Each public thing has one, which names each of its arguments."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree) or not tree.body, f"{path}: no docstring"
    for node in public(tree):
        if node.name.startswith("_"):
            continue
        text = ast.get_docstring(node)
        assert text, f"{path}:{node.lineno} {node.name} has no docstring"
        if isinstance(node, ast.FunctionDef):
            given = [a.arg for a in (*node.args.args, *node.args.kwonlyargs)]
            for name in given:
                known = name in ("self", "cls") or re.search(
                    rf"^{name} :", text, flags=re.MULTILINE
                )
                assert known, f"{path}:{node.lineno} {node.name}: {name}"


def test_every_yaml_has_a_row():
    listed = {row["Hparam_file"] for row in ROWS}
    there = {
        str(path.relative_to(ROOT)) for path in ROOT.glob("recipes/**/*.yaml")
    }
    assert listed == there


@pytest.fixture(scope="module")
def samples():
    """What the rows' flags refer to, from the root of the repository."""
    folder = ROOT / "tests" / "tmp"
    shutil.rmtree(folder, ignore_errors=True)
    iemocap_layout.lay_out(folder / "corpus")
    dsd_layout.lay_out(folder / "dsd")
    build_encoders(folder / "encoders")
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["Hparam_file"])
def test_row_runs_as_speechbrain_runs_it(row, samples, tmp_path):
    for key in ("Script_file", "Hparam_file", "Data_prep_file", "Readme_file"):
        assert (ROOT / row[key]).is_file()
    script = row["Script_file"]
    result = subprocess.run(
        [
            *(sys.executable, script, row["Hparam_file"]),
            *shlex.split(row["test_debug_flags"]),
            *(f"--output_folder={tmp_path}", "--device=cpu"),
            *("--debug", "--debug_persistently"),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(Path(script).parent)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    wanted = re.search(r"file_exists=\[(.*)\]", row["test_debug_checks"])[1]
    missing = [f for f in wanted.split(",") if not (tmp_path / f).exists()]
    assert not missing
