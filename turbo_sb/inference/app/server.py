"""The page, served to this machine and to nobody else.

Authors
 * The turbo_sb developers 2026
"""

import logging
import signal
import threading
from pathlib import Path

from turbo_sb.inference.app.page import make_page, style
from turbo_sb.inference.neighbours import VECTORS, Neighbours
from turbo_sb.utils.errors import InputError

HOST = "127.0.0.1"


def find_neighbours(classifier) -> Neighbours | None:
    """The training utterances that were exported with a model."""
    folder = getattr(classifier.hparams, "folder", None)
    if folder is None or not (Path(folder) / VECTORS).is_file():
        return None
    return Neighbours(folder)


def serve(classifier, port: int | None = None, title: str = "turbo_sb") -> None:
    """Serve the page until Ctrl-C, or SIGTERM.

    Arguments
    ---------
    classifier : TurboClassifier
        Of a loaded model.
    port : int, optional
        Of this machine; by default, a free one.
    title : str
        Of the page.
    """
    page = make_page(classifier, find_neighbours(classifier), title)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        address = launch(page, port)
        print(f"{title}: {address} (Ctrl-C ends it)", flush=True)
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        _end(page)


def _end(page):
    """Close without waiting for pages that are open in a browser."""
    if page.is_running:
        page.server.force_exit = True
        # That they are cut off is no error.
        logging.getLogger("uvicorn.error").disabled = True
    page.close(verbose=False)


def launch(page, port=None) -> str:
    """Begin to serve a page; return at once."""
    try:
        _, address, _ = page.launch(
            server_name=HOST,
            server_port=port,
            share=False,
            quiet=True,  # it would offer to share
            ssr_mode=False,
            footer_links=[],
            prevent_thread_lock=True,
            **style(),
        )
    except OSError as error:  # gradio's, of a port that it cannot have
        wanted = "no free port from 7860" if port is None else f"port {port}"
        raise InputError(
            f"{wanted}: taken, or not allowed. Give another: --port."
        ) from error
    return address
