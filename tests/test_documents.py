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
        ROOT / "CHANGELOG.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "SECURITY.md",
        ROOT / "benchmarks" / "README.md",
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "recipes").glob("*/turbo/README.md"),
        *(ROOT / "upstream").glob("*.md"),
    ]
)
ROOMS = (
    "utils|losses|metrics|encoders|models|data|training|inference|evaluation"
    "|demo|cli"
)
PATH = re.compile(
    r"(?<!\[)`((?:turbo_sb|tests|recipes|benchmarks|docs|upstream)/[\w./]+)`"
)
NAME = re.compile(
    rf"`(?!\w+\.(?:yaml|json|csv))"
    rf"(?:turbo_sb\.((?:{ROOMS})(?:\.\w+)*)|((?:{ROOMS})(?:\.\w+)+))`"
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
    """Packages, and what they export: modules may move."""
    for pair in NAME.findall(document.read_text(encoding="utf-8")):
        name = "".join(pair)
        package, _, attribute = f"turbo_sb.{name}".rpartition(".")
        exported = getattr(importlib.import_module(package), "__all__", ())
        if attribute not in exported:
            found = importlib.import_module(f"turbo_sb.{name}")
            assert hasattr(found, "__path__"), f"{name} is a module"


def test_names_are_found():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert ("", "losses.info_nce") in NAME.findall(text)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert ("losses", "") in NAME.findall(text)


def test_recipes_readmes_are_short():
    paths = list((ROOT / "recipes").glob("*/turbo/README.md"))
    assert paths
    for path in paths:
        assert path.read_text(encoding="utf-8").count("\n") <= 150, path
