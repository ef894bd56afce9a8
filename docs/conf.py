"""Sphinx's settings: `make docs` writes the site into docs/_build.

Authors
 * The turbo_sb developers 2026
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pages  # docs/pages.py

import turbo_sb

project = "turbo_sb"
author = "The turbo_sb developers"
copyright = "2026, The turbo_sb developers"
version = release = turbo_sb.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "turbo_sb"
html_show_sphinx = False
suppress_warnings = []

myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3

# Docstrings in SpeechBrain's form: numpydoc, but for `name` in single backticks.
default_role = "code"
napoleon_google_docstring = False
napoleon_preprocess_types = False
napoleon_use_rtype = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True}


def setup(app):
    """Write the pages that are made of code and of other folders' READMEs."""
    pages.write_generated()
    app.connect("source-read", pages.link)
