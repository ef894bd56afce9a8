"""turbo-sb: predict, export and try out a trained model, and report.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import sys

import shtab

from turbo_sb import __version__
from turbo_sb.cli import (
    app_command,
    demo_command,
    export_command,
    figures_command,
    predict_command,
    report_command,
)
from turbo_sb.utils.errors import RESTARTS, plain_errors
from turbo_sb.utils.options import spell

DESCRIPTION = "Classify speech from its audio and its words."
EPILOG = """\
examples:
  turbo-sb export results/turbo/speaker10_fold1_seed1 --to mine
  turbo-sb predict mine a.wav --text "so, that is it"
  turbo-sb predict mine recordings/ --out predictions.csv
  turbo-sb predict mine manifest.csv --out predictions.csv
  turbo-sb app mine
  turbo-sb report results/cross_validation
  turbo-sb figures results/cross_validation
  turbo-sb demo

options may have dashes or underscores. Completion in bash:
  eval "$(turbo-sb --print-completion bash)"
"""
COMMANDS = {
    "predict": predict_command,
    "export": export_command,
    "app": app_command,
    "report": report_command,
    "figures": figures_command,
    "demo": demo_command,
}
# What to do when a disk was full, where a command goes on.
FULL_DISK = {
    "predict": "give the same command again: with --out, it goes on",
    "demo": "give the same command again: it goes on",
}
# What a positional argument or an option names, for shell completion.
COMPLETES = {
    "model": shtab.DIRECTORY,
    "run_folder": shtab.DIRECTORY,
    "folder": shtab.DIRECTORY,
    "output_folder": shtab.DIRECTORY,
    "data_folder": shtab.DIRECTORY,
    "compare": shtab.DIRECTORY,
    "inputs": shtab.FILE,
    "out": shtab.FILE,
}


def main(arguments: list[str] | None = None) -> None:
    """Run turbo-sb.

    Exits with 0; with 1 if some inputs could not be predicted; with 2 for an
    error; with 130 for Ctrl-C.

    Arguments
    ---------
    arguments : list of str, optional
        The command line; if not given, the process's.

    Example
    -------
    >>> main(["--version"])
    Traceback (most recent call last):
    ...
    SystemExit: 0
    """
    given = spell(arguments, "-")
    with plain_errors(FULL_DISK.get("".join(given[:1]), RESTARTS)):
        options = make_parser().parse_args(given)
        try:
            code = options.run(options)
        except BrokenPipeError:  # | head has seen enough
            sys.stdout = None
            code = 141
        if code:
            sys.exit(code)


def make_parser() -> argparse.ArgumentParser:
    """Build the parser of all commands; imports no torch."""
    parser = argparse.ArgumentParser(
        prog="turbo-sb", **_look(DESCRIPTION, EPILOG)
    )
    parser.add_argument("--version", action="version", version=__version__)
    shtab.add_argument_to(parser, help="print a script for shell completion")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND"
    )
    for name, module in COMMANDS.items():
        texts = _look(module.DESCRIPTION, getattr(module, "EPILOG", None))
        own = commands.add_parser(name, help=module.HELP, **texts)
        module.add_arguments(own)
        own.set_defaults(run=module.run)
        for action in own._actions:
            if action.dest in COMPLETES:
                action.complete = COMPLETES[action.dest]
    return parser


def _look(description, epilog):
    """Keep the lines of descriptions and examples."""
    return {
        "description": description,
        "epilog": epilog,
        "formatter_class": argparse.RawDescriptionHelpFormatter,
    }
