"""turbo-sb demo.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import importlib.util

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
    add = parser.add_argument
    add(
        "--output-folder",
        metavar="FOLDER",
        default="demo_output",
        help="for all that is made (default: %(default)s)",
    )
    add(
        "--parts",
        help="emotion, directed, or both, separated by commas (default: both)",
    )
    add(
        "--n-utterances",
        type=int,
        default=600,
        metavar="N",
        help="in each corpus (default: %(default)s)",
    )
    add(
        "--number-of-epochs",
        type=int,
        metavar="N",
        help="in each training, at most (default: emotion 30, directed 16)",
    )
    add(
        "--jobs",
        type=int,
        default=2,
        metavar="N",
        help="trainings at a time (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> None:
    """Run the demo with the options that were given."""
    from turbo_sb.utils.errors import InputError

    if importlib.util.find_spec("espeakng_loader") is None:
        raise InputError(
            "the demo needs espeakng-loader, which is not installed: in the "
            'repository, run pip install -e ".[demo]".'
        )
    from turbo_sb.utils.installation import check_installation

    check_installation()
    from turbo_sb.demo.__main__ import main

    names = "output_folder parts n_utterances number_of_epochs jobs".split()
    given = {name: getattr(options, name) for name in names}
    main([f"--{k}={v}" for k, v in given.items() if v is not None])
