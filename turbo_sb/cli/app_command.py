"""turbo-sb app.

Authors
 * The turbo_sb developers 2026
"""

from pathlib import Path

from turbo_sb.cli.model import add_model_arguments, load

HELP = "open a local page to record, edit the words, and see the classes"
DESCRIPTION = """\
Open a page on this machine: record or upload speech, edit its words, and see
the class probabilities from both, from audio only and from words only, and the
nearest training utterances if they were exported (--neighbours). Nothing leaves
this machine. It needs gradio: pip install "gradio>=6.31,<7"."""


def add_arguments(parser):
    """Declare the options.

    Arguments
    ---------
    parser : argparse.ArgumentParser
        Of this command.
    """
    add_model_arguments(parser)
    parser.add_argument(
        "--port", type=int, help="(the first free one from 7860)"
    )


def run(options):
    """Serve the page until it is interrupted.

    Arguments
    ---------
    options : argparse.Namespace
        Of the command line.
    """
    from turbo_sb.utils.installation import check_installation

    check_installation()
    from turbo_sb.inference.app import need_gradio, serve

    need_gradio()  # before a large model is loaded
    folder = Path(options.model).expanduser()
    title = folder.resolve().name if folder.is_dir() else options.model
    serve(load(options), options.port, title)
