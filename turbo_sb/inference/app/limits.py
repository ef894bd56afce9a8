"""How much a visitor may send, and how many at once.

Authors
 * The turbo_sb developers 2026
"""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException
from starlette.responses import PlainTextResponse

# Bytes of a recording: 10 minutes of stereo at 48 kHz are 115 MB.
UPLOAD = 2**27
FORM = 2**16  # bytes around it
OTHER = 2**20  # bytes of any other request
KEPT = 2**29  # bytes of recordings that nobody has classified yet
UPLOADS = 2  # at once; others wait
UPLOAD_SECONDS = 600
OTHER_SECONDS = 30

CONNECTIONS = 128
TOO_LARGE = "More than the maximum allowed size of {} MB."


class Limits:
    """ASGI middleware that bounds what is read, by its size and its time."""

    def __init__(self, app, folder: Path):
        self.app, self.folder = app, folder
        self.slots = asyncio.Semaphore(UPLOADS)

    async def __call__(self, scope, receive, send) -> None:
        """Read no more than is allowed; say so otherwise."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            return await self.app(scope, receive, send)
        uploads = scope["path"].rstrip("/").endswith("/upload")
        most = UPLOAD + FORM if uploads else OTHER
        if _declared(scope) > most:
            return await _refuse(413, _too_large(most), scope, receive, send)
        if uploads:
            return await self._upload(scope, receive, send)
        return await self._other(scope, receive, send)

    async def _upload(self, scope, receive, send):
        async with self.slots:
            make_room(self.folder, KEPT - UPLOAD)
            await self.app(scope, bounded(receive, UPLOAD + FORM), send)

    async def _other(self, scope, receive, send):
        try:
            async with asyncio.timeout(OTHER_SECONDS):
                body = await _read(receive, OTHER)
        except TimeoutError:
            return await _refuse(408, "Too slow.", scope, receive, send)
        if body is None:
            return await _refuse(413, _too_large(OTHER), scope, receive, send)
        return await self.app(scope, _again(body, receive), send)


def bounded(receive, most: int) -> Callable:
    """Receive at most so many bytes, within `UPLOAD_SECONDS`.

    Gradio deletes what it has written of an upload if this exception ends
    it, and only then: a broken connection raises it as well.
    """
    loop, read = asyncio.get_running_loop(), 0
    until = loop.time() + UPLOAD_SECONDS

    async def receive_bounded():
        """Receive the next part."""
        nonlocal read
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError:
            raise MultiPartException("The upload took too long.") from None
        if message["type"] == "http.disconnect":
            raise MultiPartException("The upload was broken off.")
        read += len(message.get("body", b""))
        if read > most:
            raise MultiPartException(_too_large(most))
        return message

    return receive_bounded


def make_room(folder: Path, most: int) -> None:
    """Delete the oldest files until the others have at most so many bytes."""
    files = []
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # deleted meanwhile
            if path.is_file():
                files.append((path.stat().st_mtime, path.stat().st_size, path))
    held = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if held <= most:
            return
        path.unlink(missing_ok=True)
        held -= size


def _declared(scope):
    """Return the length that a request has by its header."""
    given = Headers(scope=scope).get("content-length", "0")
    return int(given) if given.isdecimal() else 0


async def _read(receive, most):
    """Return a body, or None if it is longer."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            return None
        more = message.get("more_body", False)
    return b"".join(parts)


def _again(body, receive):
    """Give a body that was read, and then what else comes."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again():
        """Receive the body, or wait for the end of the connection."""
        return waiting.pop() if waiting else await receive()

    return receive_again


def _too_large(most):
    return TOO_LARGE.format(most // 2**20)


async def _refuse(code, reason, scope, receive, send):
    closing = {"connection": "close"}  # not to read the rest
    response = PlainTextResponse(reason, code, headers=closing)
    await response(scope, receive, send)
