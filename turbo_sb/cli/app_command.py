"""turbo-sb app.

Authors
 * The turbo_sb developers 2026
"""

import argparse

from turbo_sb.cli.model import add_model_arguments, load

HELP = "open a local page to record, edit the words, and see the classes"
DESCRIPTION = """\
Open a page on this machine: record or upload speech, edit its words, and see
the class probabilities from both, from audio only and from words only, and the
nearest training utterances if they were exported (--neighbours). Nothing leaves
this machine. It needs gradio: pip install "gradio>=6.31,<7"."""
EPILOG = """\
examples:
  turbo-sb app mine
  turbo-sb app mine --port 8000 --asr openai/whisper-small"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_model_arguments(parser)
    parser.add_argument(
        "--port",
        type=int,
        help="of the page (default: the first free one from 7860)",
    )
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="HOST:PORT",
        help="another name that the page answers to, of a tunnel or proxy to it "
        "(default: none but its own)",
    )


def run(options: argparse.Namespace) -> None:
    """Serve the page until it is interrupted."""
    from turbo_sb.utils.installation import check_installation
    from turbo_sb.utils.paths import from_home

    check_installation()
    from turbo_sb.inference.app import check_gradio, serve

    check_gradio()  # before a large model is loaded
    folder = from_home(options.model)
    title = folder.resolve().name if folder.is_dir() else options.model
    serve(load(options), options.port, title, options.name)
    print(f"The page is closed. Next: turbo-sb predict {options.model} a.wav")
