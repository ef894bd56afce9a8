"""turbo-sb demo.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import importlib.util

from turbo_sb.demo.options import add_options

HELP = "make small corpora and train on them, from nothing"
DESCRIPTION = """\
Synthesise three small corpora of speech, build small encoders, train vanilla,
cross_modal and turbo on each with the recipes' own train.py, and print tables.
It runs from a clone of the repository and needs pip install -e ".[demo]"."""
EPILOG = """\
examples:
  turbo-sb demo
  turbo-sb demo --parts emotion --n-utterances 200 --jobs 1"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options: those of `python -m turbo_sb.demo`."""
    add_options(parser)


def run(options: argparse.Namespace) -> None:
    """Run the demo with the options that were given."""
    from turbo_sb.utils.errors import InputError

    if importlib.util.find_spec("espeakng_loader") is None:
        raise InputError(
            "the demo needs espeakng-loader, which is not installed: in the "
            'repository, run pip install -e ".[demo]".'
        )
    from turbo_sb.demo.__main__ import run as run_demo

    run_demo(options)
