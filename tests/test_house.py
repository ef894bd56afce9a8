"""What SpeechBrain asks of recipes and of documentation holds."""

import ast
import csv
import dataclasses
import importlib
import io
import re
import shlex
import tokenize
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from hyperpyyaml import load_hyperpyyaml

from tests import dsd_layout, forks, iemocap_layout
from turbo_sb.demo.encoders import build_encoders
from turbo_sb.training.run_options import run_options

ROOT = Path(__file__).parents[1]
CODE = sorted(
    path
    for folder in ("turbo_sb", "recipes")
    for path in (ROOT / folder).rglob("*.py")
)
# What would have to be imported for its type's sake alone.
UNTYPED = ("load", "make_page")
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


def exported():
    """The functions and classes that packages export: module and name."""
    found = set()
    for path in (ROOT / "turbo_sb").rglob("__init__.py"):
        parts = path.parent.relative_to(ROOT).parts
        package = importlib.import_module(".".join(parts))
        for name in getattr(package, "__all__", ()):
            value = getattr(package, name)
            found.add((getattr(value, "__module__", None), name))
    return found


def test_docstrings_name_each_argument():
    """In SpeechBrain's form, which no linter knows; ruff finds missing ones.

    Exported functions have an Arguments section, and every such section names
    each argument.
    """
    missing, names = [], exported()
    for path in CODE:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        top = {id(node) for node in tree.body}
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = ".".join(parts)
        for node in public(tree):
            if isinstance(node, ast.ClassDef) or node.name.startswith("_"):
                continue
            text = ast.get_docstring(node) or ""
            full = "\n---------\n" in text or (
                id(node) in top and (module, node.name) in names
            )
            given = [a.arg for a in (*node.args.args, *node.args.kwonlyargs)]
            missing += [
                f"{path}:{node.lineno} {node.name}: {name}"
                for name in given
                if full
                and name not in ("self", "cls")
                and not re.search(rf"^{name} :", text, flags=re.MULTILINE)
            ]
    assert not missing


def test_every_definition_has_a_docstring():
    """Nested ones too, as SpeechBrain's own check wants it."""
    missing = []
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                continue
            if node.name.startswith("_"):
                continue
            if not ast.get_docstring(node):
                missing.append(f"{path}:{node.lineno} {node.name}")
    assert not missing


def test_public_functions_say_what_they_return():
    missing = []
    for path in (ROOT / "turbo_sb").rglob("*.py"):
        for node in public(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) or node.name.startswith("_"):
                continue
            if node.returns is None and node.name not in UNTYPED:
                missing.append(f"{path}:{node.lineno} {node.name}")
    assert not missing


def lines_of_code(path):
    """Lines of a file without its docstrings, blank lines and comments."""
    text = path.read_text(encoding="utf-8")
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in (
            *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE),
            *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
        ):
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if hasattr(node, "body") and isinstance(node.body, list):
            first = node.body[0] if node.body else None
            value = getattr(first, "value", None)
            if isinstance(first, ast.Expr) and isinstance(value, ast.Constant):
                lines -= set(range(first.lineno, first.end_lineno + 1))
    return len(lines)


def test_no_file_is_too_long_to_read():
    """300 lines of code; docstrings and comments do not count."""
    too_long = {str(p): n for p in CODE if (n := lines_of_code(p)) > 300}
    assert not too_long


YAMLS = sorted((ROOT / "recipes").rglob("hparams/*.yaml"))


@pytest.mark.parametrize("path", YAMLS, ids=lambda p: f"{p.parts[-4]}-{p.stem}")
def test_yaml_and_script_agree(path):
    """SpeechBrain's consistency rule.

    Every top-level key is used in the YAML or in its train.py (or is an option
    of SpeechBrain); every key that train.py reads is in the YAML.
    """
    text = path.read_text(encoding="utf-8")
    script = (path.parents[1] / "train.py").read_text(encoding="utf-8")
    keys = set(re.findall(r"^(\w+):", text, flags=re.MULTILINE))
    read = set(re.findall(r'hparams(?:\.|\[")(\w+)', script))
    referred = set(re.findall(r"<(\w+)", text))
    options = {field.name for field in dataclasses.fields(run_options())}
    acting = {key for key in keys if key.startswith("__")}
    assert keys - read - referred - options - acting == set()
    assert read - keys == set()


def test_recipes_have_one_brain():
    """What two train.py say of the method is the same."""
    brains = set()
    for path in (ROOT / "recipes").rglob("train.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        (brain,) = (n for n in tree.body if isinstance(n, ast.ClassDef))
        brains.add(ast.unparse(brain))
    assert len(brains) == 1


def test_yamls_load_as_speechbrain_loads_them(samples):
    """With plain load_hyperpyyaml, which knows nothing of ours."""
    for path in YAMLS:
        overrides = {
            "data_folder": str(samples),
            "output_folder": str(samples / "out"),
            "audio_encoder_source": str(samples / "encoders" / "audio"),
            "text_encoder_source": str(samples / "encoders" / "text"),
        }
        text = path.read_text(encoding="utf-8")
        assert load_hyperpyyaml(text, overrides)["modules"]


# Each may use those before it, and no other.
ROOMS = (
    *("utils", "losses", "metrics", "encoders", "models", "data", "training"),
    *("inference", "evaluation", "demo", "cli"),
)


def imported_by(node):
    """What an import names of this package, in any of Python's forms."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return []
    names = [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        names = [f"{node.module}.{name}" for name in names]
    return [name for name in names if name.startswith("turbo_sb.")]


def test_imports_run_downwards():
    package, upward = ROOT / "turbo_sb", []
    assert {p.parent.name for p in package.glob("*/__init__.py")} == set(ROOMS)
    for path in package.glob("*/**/*.py"):
        room = path.relative_to(package).parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for used in imported_by(node):
                other = used.split(".")[1]
                if other in ROOMS[ROOMS.index(room) + 1 :]:
                    upward.append(f"{path}:{node.lineno} {used}")
    assert not upward


def test_no_module_imports_itself_by_way_of_others():
    modules = {}
    for path in (ROOT / "turbo_sb").rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        modules[".".join(parts).removesuffix(".__init__")] = path
    graph = {}
    for name, path in modules.items():
        body = ast.parse(path.read_text(encoding="utf-8")).body
        used = [node for node in body if isinstance(node, ast.ImportFrom)]
        graph[name] = {
            f"{node.module}.{alias.name}"
            if f"{node.module}.{alias.name}" in modules
            else node.module
            for node in used
            for alias in node.names
        } & set(modules)
    assert len(list(TopologicalSorter(graph).static_order())) == len(modules)


def test_what_packages_export_is_there():
    """Lazily exported names are looked up only when they are used."""
    missing = []
    for path in sorted((ROOT / "turbo_sb").rglob("__init__.py")):
        parts = path.parent.relative_to(ROOT).parts
        package = importlib.import_module(".".join(parts))
        for name in getattr(package, "__all__", ()):
            if not hasattr(package, name):
                missing.append(f"{package.__name__}.{name}")
    assert not missing


def test_every_yaml_has_a_row():
    listed = {row["Hparam_file"] for row in ROWS}
    there = {
        str(path.relative_to(ROOT)) for path in ROOT.glob("recipes/**/*.yaml")
    }
    assert listed == there


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """What the rows' flags refer to as tests/tmp."""
    folder = tmp_path_factory.mktemp("samples")
    iemocap_layout.lay_out(folder / "corpus")
    dsd_layout.lay_out(folder / "dsd")
    build_encoders(folder / "encoders")
    return folder


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["Hparam_file"])
@pytest.mark.slow
def test_row_runs_as_speechbrain_runs_it(row, samples, tmp_path):
    for key in ("Script_file", "Hparam_file", "Data_prep_file", "Readme_file"):
        assert (ROOT / row[key]).is_file()
    flags = row["test_debug_flags"].replace("tests/tmp", str(samples))
    result = forks.run(
        [
            *(row["Script_file"], row["Hparam_file"], *shlex.split(flags)),
            *(f"--output_folder={tmp_path}", "--device=cpu"),
            *("--debug", "--debug_persistently"),
        ],
        timeout=300,
    )
    assert result.returncode == 0, result.stdout
    wanted = re.search(r"file_exists=\[(.*)\]", row["test_debug_checks"])[1]
    missing = [f for f in wanted.split(",") if not (tmp_path / f).exists()]
    assert not missing
