"""A private folder for recordings, which no way out leaves behind.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from turbo_sb.utils.errors import InputError
from turbo_sb.utils.files import hold

PLACE = "GRADIO_TEMP_DIR"
# What gradio writes to, and lets be read.
PLACES = (PLACE, "GRADIO_EXAMPLES_CACHE")
PREFIX = "turbo_sb_app_"
# Besides Ctrl-C: what ends a service, and a terminal that is closed.
ENDINGS = ("SIGTERM", "SIGHUP")


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """Make a folder that only this user can read; delete it at the end.

    Folders of pages that were killed are deleted before.
    """
    place = Path(os.environ.get(PLACE) or tempfile.gettempdir()).absolute()
    place.mkdir(parents=True, exist_ok=True)
    _sweep(place)
    folder = place / f"{PREFIX}{secrets.token_hex(8)}"
    try:
        # Before the folder is there: who finds one that nobody holds deletes it.
        with hold(_lock(folder), f"{folder}: held by another page."):
            folder.mkdir(mode=0o700)
            with _gradio_in(folder):
                yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _lock(folder).unlink(missing_ok=True)


@contextlib.contextmanager
def _gradio_in(folder):
    """Let gradio write to a folder, and to no other."""
    before = {name: os.environ.get(name) for name in PLACES}
    os.environ.update(dict.fromkeys(PLACES, str(folder)))
    try:
        yield
    finally:
        for name, own in before.items():
            os.environ.pop(name)
            if own is not None:
                os.environ[name] = own


def _sweep(place):
    """Delete this user's folders that no living page holds."""
    for folder in place.glob(f"{PREFIX}*"):
        # Of a folder that others may write to, only what is surely ours.
        with contextlib.suppress(OSError, InputError):
            if folder.is_symlink() or not folder.is_dir() or _others(folder):
                continue
            if not _lock(folder).is_file():
                continue
            with hold(_lock(folder), "held"):
                shutil.rmtree(folder)
            _lock(folder).unlink()


def _lock(folder):
    return folder.with_name(f"{folder.name}.lock")


def _others(path):
    return hasattr(os, "getuid") and path.stat().st_uid != os.getuid()


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let a signal end the page as Ctrl-C does: with all that is deleted."""
    before = {}
    for name in ENDINGS:
        number = getattr(signal, name, None)
        # nohup has it ignored, and that is kept.
        if number and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, own in before.items():
            signal.signal(number, own)


def not_again() -> None:
    """Let no further signal interrupt what deletes the recordings."""
    for name in ("SIGINT", *ENDINGS):
        if number := getattr(signal, name, None):
            signal.signal(number, signal.SIG_IGN)


def _interrupt(number, _frame):
    if signal.Signals(number).name == "SIGHUP":  # what is printed has no reader
        sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")
    raise KeyboardInterrupt
