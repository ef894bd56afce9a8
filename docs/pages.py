"""The site's generated pages, and the links between pages.

API pages come from what each package exports, and the READMEs of other
folders become pages of the site. All are written into docs/generated.

Authors
 * The turbo_sb developers 2026
"""

import importlib
import inspect
import os
import pkgutil
import re
from pathlib import Path

import turbo_sb

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
GENERATED = DOCS / "generated"
# Files outside docs/ that the site shows, and what its pages are called.
READMES = {
    "recipes/IEMOCAP/turbo/README.md": "iemocap",
    "recipes/DSD/turbo/README.md": "dsd",
    "benchmarks/README.md": "benchmarks",
    "SECURITY.md": "security",
    "CONTRIBUTING.md": "contributing",
    "CHANGELOG.md": "changelog",
}
# In the order of docs/architecture.md.
ORDER = (
    "losses metrics encoders models data training inference evaluation demo "
    "utils"
).split()

EXPORTS = set()  # such as "losses.info_nce"


def write_generated():
    """Write docs/generated anew."""
    GENERATED.mkdir(exist_ok=True)
    for old in GENERATED.glob("*.md"):
        old.unlink()
    names = [name for name in _packages() if _exports(name)]
    for name in names:
        _write(name.removeprefix("turbo_sb."), _api_page(name))
    toctree = "\n".join(name.removeprefix("turbo_sb.") for name in names)
    _write("api", f"# API\n\n{API}\n\n```{{toctree}}\n{toctree}\n```\n")
    for path, name in READMES.items():
        _write(name, (ROOT / path).read_text(encoding="utf-8"))


API = """\
What each package exports. YAMLs and other packages use these names; the
modules behind them may move."""


def link(app, docname, source):
    """Make links to files into links to pages, and exported names into links."""
    origin = _origin(docname)
    text = re.sub(
        r"\]\(([^)#\s]+)(#[^)\s]*)?\)",
        lambda match: _target(match, origin, docname),
        source[0],
    )
    if not docname.startswith("generated/"):
        text = re.sub(r"(?<!\[)`([\w.]+)`", _reference, text)
    source[0] = text


def _packages():
    """Name the packages of turbo_sb, the rooms in their order."""
    found = [
        module.name
        for module in pkgutil.walk_packages(turbo_sb.__path__, "turbo_sb.")
        if module.ispkg
    ]
    rooms = {room: place for place, room in enumerate(ORDER)}
    return sorted(
        found, key=lambda name: (rooms.get(name.split(".")[1], 99), name)
    )


def _exports(name):
    return list(getattr(importlib.import_module(name), "__all__", ()))


def _api_page(name):
    """One package: its purpose, and each exported name with its docstring."""
    package = importlib.import_module(name)
    parts = [f"# {name}", inspect.getdoc(package).split("\n\nAuthors")[0]]
    for export in _exports(name):
        value = getattr(package, export)
        kind = "autoclass" if inspect.isclass(value) else "autofunction"
        if not callable(value):  # a dict has its type's docstring, and no own
            kind = "py:data"
        EXPORTS.add(f"{name}.{export}".removeprefix("turbo_sb."))
        parts.append(f"```{{eval-rst}}\n.. {kind}:: {name}.{export}\n```")
    return "\n\n".join(parts) + "\n"


def _write(name, text):
    (GENERATED / f"{name}.md").write_text(text, encoding="utf-8")


def _origin(docname):
    """The folder that a page's relative links start from."""
    for path, name in READMES.items():
        if docname == f"generated/{name}":
            return (ROOT / path).parent
    return (DOCS / docname).parent


def _target(match, origin, docname):
    """Rewrite one link of a page."""
    address, anchor = match[1], match[2] or ""
    if "://" in address:
        return match[0]
    path = os.path.relpath((origin / address).resolve(), ROOT)
    if path in READMES:
        path = f"docs/generated/{READMES[path]}.md"
    here = (DOCS / docname).parent
    return f"]({os.path.relpath(ROOT / path, here)}{anchor})"


def _reference(match):
    """Link `losses.info_nce` to its place in the API."""
    name = match[1].removeprefix("turbo_sb.")
    if name not in EXPORTS:
        return match[0]
    return f"[`{match[1]}`](#turbo_sb.{name})"
