"""The page, served to this machine and to nobody else.

Authors
 * The turbo_sb developers 2026
"""

import logging
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from turbo_sb.inference.app.extra import need_gradio
from turbo_sb.inference.app.folder import (
    ended_by_signals,
    not_again,
    private_folder,
)
from turbo_sb.inference.app.page import make_page, style
from turbo_sb.inference.app.recordings import Recordings
from turbo_sb.inference.neighbours import VECTORS, Neighbours
from turbo_sb.inference.prediction import asked
from turbo_sb.utils.errors import InputError

HOST = "127.0.0.1"
PORTS = range(7860, 7960)


def find_neighbours(classifier) -> Neighbours | None:
    """The training utterances that were exported with a model."""
    folder = getattr(classifier.hparams, "folder", None)
    if folder is None or not (Path(folder) / VECTORS).is_file():
        return None
    return Neighbours(folder)


def load_recogniser(classifier) -> None:
    """Load what may be loaded: not in the time that the first visitor has."""
    if asked(classifier, None) and classifier.recogniser.allowed:
        classifier.recogniser.load(classifier.device)


def serve(
    classifier,
    port: int | None = None,
    title: str = "turbo_sb",
    names: Sequence[str] = (),
) -> None:
    """Serve the page until Ctrl-C, SIGTERM, or the end of the terminal.

    Arguments
    ---------
    classifier : TurboClassifier
        Of a loaded model.
    port : int, optional
        Of this machine; by default, a free one.
    title : str
        Of the page.
    names : sequence of str
        Hosts, with their ports, that it answers to besides 127.0.0.1,
        localhost and [::1]: of a tunnel or a proxy to it.
    """
    with ended_by_signals(), private_folder() as folder:
        load_recogniser(classifier)
        page = make_page(
            classifier,
            find_neighbours(classifier),
            title,
            Recordings(classifier, folder),
        )
        try:
            address = launch(page, folder, port, names)
            print(f"{title}: {address} (Ctrl-C ends it)", flush=True)
            threading.Event().wait()
        except KeyboardInterrupt:
            pass
        finally:
            not_again()
            end(page)


def launch(page, folder, port=None, names=()) -> str:
    """Begin to serve a page; return its address at once."""
    bound = _bind(port)
    app = _mount(page, folder, names)
    page.app = app.routes[-1].app
    page.server = Server(app, bound)
    # As gradio's own launch says it: what it checks depends on that.
    page.is_running = page.has_launched = True
    page.server.start()
    return "http://{}:{}/".format(*bound.getsockname())


def end(page) -> None:
    """Close without waiting for pages that are open in a browser."""
    # That they are cut off is no error.
    logging.getLogger("uvicorn.error").disabled = True
    page.close(verbose=False)


def _bind(port):
    """Return a listening socket, of the first free port if none is given."""
    for number in PORTS if port is None else [port]:
        try:
            return socket.create_server((HOST, number))
        except (OSError, OverflowError):
            pass
    wanted = f"no free port from {PORTS[0]}" if port is None else f"port {port}"
    raise InputError(f"{wanted}: taken, or not allowed. Give another: --port.")


def _mount(page, folder, names):
    """Return the page as an application, behind what guards it."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware

    from turbo_sb.inference.app.guard import Guard
    from turbo_sb.inference.app.limits import UPLOAD, Limits

    outside = Starlette(
        middleware=[
            Middleware(Guard, names=names),
            Middleware(Limits, folder=folder),
        ]
    )
    return need_gradio().mount_gradio_app(
        outside,
        page,
        path="/",
        max_file_size=UPLOAD,
        show_error=False,  # of an unexpected one: the terminal has it
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        footer_links=[],
        **style(),
    )


class Server:
    """An application served by a thread."""

    def __init__(self, app, bound):
        import uvicorn

        from turbo_sb.inference.app.limits import CONNECTIONS

        config = uvicorn.Config(
            app,
            log_level="error",
            ws="none",
            proxy_headers=False,
            server_header=False,
            limit_concurrency=CONNECTIONS,
        )
        self.uvicorn = uvicorn.Server(config)
        self.thread = threading.Thread(
            target=self.uvicorn.run, args=([bound],), daemon=True
        )

    def start(self) -> None:
        """Return when it answers."""
        self.thread.start()
        while not self.uvicorn.started:
            if not self.thread.is_alive():
                raise RuntimeError("the server did not start")
            time.sleep(0.01)

    def close(self) -> None:
        """End it at once."""
        self.uvicorn.should_exit = self.uvicorn.force_exit = True
        self.thread.join(timeout=10)
