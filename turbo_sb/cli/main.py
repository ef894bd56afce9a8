"""turbo-sb: predict, export and try out a trained model, and report.

Authors
 * The turbo_sb developers 2026
"""

import argparse
import sys

from turbo_sb import __version__
from turbo_sb.cli import (
    app_command,
    export_command,
    figures_command,
    predict_command,
    report_command,
)
from turbo_sb.utils.options import spell

DESCRIPTION = """\
Classify speech from its audio and its words with a model trained by turbo_sb.

  turbo-sb export results/turbo/speaker10_fold1_seed1 --to mine
  turbo-sb predict mine a.wav --text "so, that is it"
  turbo-sb predict mine recordings/ --out predictions.csv
  turbo-sb predict mine manifest.csv --out predictions.csv
  turbo-sb app mine
  turbo-sb report results/cross_validation
  turbo-sb figures results/cross_validation
"""
COMMANDS = {
    "predict": predict_command,
    "export": export_command,
    "app": app_command,
    "report": report_command,
    "figures": figures_command,
}


def main(arguments=None):
    """Run turbo-sb.

    Exits with 0; with 1 if some of what was to be predicted could not be;
    with 2 for an error; with 130 for Ctrl-C.

    Arguments
    ---------
    arguments : list of str, optional
        The command line; if not given, the process's.
    """
    parser = argparse.ArgumentParser(
        prog="turbo-sb",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND"
    )
    for name, module in COMMANDS.items():
        own = commands.add_parser(
            name,
            help=module.HELP,
            description=module.DESCRIPTION,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(own)
        own.set_defaults(run=module.run)
    options = parser.parse_args(spell(arguments, "-"))
    # Here, so that --help need not wait for it.
    from turbo_sb.utils.errors import plain_errors

    with plain_errors():
        try:
            code = options.run(options)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            code = 130
        except BrokenPipeError:  # | head has seen enough
            sys.stdout = None
            code = 141
        if code:
            sys.exit(code)
