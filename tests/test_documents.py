"""What the documents name is there.

Authors
 * The turbo_sb developers 2026
"""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "benchmarks" / "README.md",
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "recipes").glob("*/turbo/README.md"),
        *(ROOT / "upstream").glob("*.md"),
    ]
)
ROOMS = (
    "utils|losses|metrics|encoders|models|data|training|inference|evaluation"
)
PATH = re.compile(
    r"(?<!\[)`((?:turbo_sb|tests|recipes|benchmarks|docs)/[\w./]+)`"
)
NAME = re.compile(
    rf"`(?!\w+\.(?:yaml|json))(?:turbo_sb\.)?((?:{ROOMS})(?:\.\w+)+)`"
)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")


@pytest.fixture(params=DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def document(request):
    return request.param


def test_paths_exist(document):
    paths = PATH.findall(document.read_text(encoding="utf-8"))
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_links_lead_somewhere(document):
    links = LINK.findall(document.read_text(encoding="utf-8"))
    here = [link for link in links if "://" not in link]
    assert [x for x in here if not (document.parent / x).exists()] == []


def test_names_are_those_of_packages(document):
    for name in NAME.findall(document.read_text(encoding="utf-8")):
        package, _, attribute = f"turbo_sb.{name}".rpartition(".")
        try:  # `evaluation.figures` is a package itself
            importlib.import_module(f"turbo_sb.{name}")
        except ModuleNotFoundError:
            exported = importlib.import_module(package).__all__
            assert attribute in exported, name


def test_recipes_readmes_are_short():
    for path in (ROOT / "recipes").glob("*/turbo/README.md"):
        assert path.read_text(encoding="utf-8").count("\n") <= 150, path
