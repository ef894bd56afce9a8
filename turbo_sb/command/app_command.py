"""turbo-sb app.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.command.model import add_model_arguments, load

HELP = "open a local page to record, edit the words, and see the classes"
DESCRIPTION = """\
Open a page on this machine: record or upload speech, edit its words, and see
the class probabilities from both, from audio only and from words only, and the
nearest training utterances if they were exported (--neighbours)."""


def add_arguments(parser):
    """Declare the options.

    Arguments
    ---------
    parser : argparse.ArgumentParser
        Of this command.
    """
    add_model_arguments(parser)
    parser.add_argument("--port", type=int, default=7860)


def run(options):
    """Serve the page until it is interrupted.

    Arguments
    ---------
    options : argparse.Namespace
        Of the command line.
    """
    from turbo_sb.app import serve

    serve(load(options), options.port)
