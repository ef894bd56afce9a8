"""What is too long, too slow or too much at once is not read."""

import asyncio
import os

import pytest

pytest.importorskip("gradio")

from starlette.formparsers import MultiPartException

from turbo_sb.inference.app import limits
from turbo_sb.inference.app.limits import Limits, make_room


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(limits, "UPLOAD", 1000)
    monkeypatch.setattr(limits, "FORM", 24)
    monkeypatch.setattr(limits, "OTHER", 100)


class Asked:
    """An application that reads what it is sent, and counts who is in it."""

    def __init__(self):
        self.bodies, self.now, self.most = [], 0, 0

    async def __call__(self, scope, receive, send):
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            body, more = b"", True
            while more:
                message = await receive()
                body += message["body"]
                more = message.get("more_body", False)
                await asyncio.sleep(0.001)
            self.bodies.append(body)
        finally:
            self.now -= 1


def request(path="/gradio_api/upload", declared=None):
    headers = (
        [] if declared is None else [(b"content-length", b"%d" % declared)]
    )
    return {"type": "http", "method": "POST", "path": path, "headers": headers}


def parts(*sizes):
    """Receive parts of these sizes, then the end of the connection."""
    waiting = [
        {"type": "http.request", "body": b"x" * n, "more_body": k < len(sizes)}
        for k, n in enumerate(sizes, 1)
    ]

    async def receive():
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    return receive


def ask(folder, scope, receive):
    """Return the status of an answer that comes at once, and the bodies."""
    app, sent = Asked(), []

    async def send(message):
        sent.append(message)

    asyncio.run(Limits(app, folder)(scope, receive, send))
    return sent[0]["status"] if sent else None, app.bodies


@pytest.mark.parametrize(
    "path, most",
    [("/gradio_api/upload", 1024), ("/gradio_api/queue/join", 100)],
)
class TestSize:
    def test_allowed(self, tmp_path, path, most):
        scope = request(path, most)
        assert ask(tmp_path, scope, parts(most)) == (None, [b"x" * most])

    def test_by_the_header_nothing_is_read(self, tmp_path, path, most):
        async def receive():
            raise AssertionError("read")

        scope = request(path, 2 * 2**30)
        assert ask(tmp_path, scope, receive) == (413, [])


def test_chunked_upload_is_ended_so_that_gradio_deletes_it(tmp_path):
    with pytest.raises(MultiPartException, match="maximum allowed size"):
        ask(tmp_path, request(), parts(500, 500, 25))


def test_chunked_other(tmp_path):
    scope = request("/gradio_api/queue/join")
    assert ask(tmp_path, scope, parts(60, 41)) == (413, [])
    assert ask(tmp_path, scope, parts(60, 40)) == (None, [b"x" * 100])


def test_broken_upload_is_ended_so_that_gradio_deletes_it(tmp_path):
    receive = parts(500, 500, 500)

    async def broken():
        message = await receive()
        return message if len(sent) < 1 else {"type": "http.disconnect"}

    sent = []

    async def first():
        message = await broken()
        sent.append(message)
        return message

    with pytest.raises(MultiPartException, match="broken off"):
        ask(tmp_path, request(), first)


@pytest.mark.parametrize("path", ["/gradio_api/upload", "/gradio_api/run/x"])
def test_slow(tmp_path, monkeypatch, path):
    monkeypatch.setattr(limits, "UPLOAD_SECONDS", 0.01)
    monkeypatch.setattr(limits, "OTHER_SECONDS", 0.01)

    async def never():
        await asyncio.sleep(60)

    if path.endswith("upload"):
        with pytest.raises(MultiPartException, match="too long"):
            ask(tmp_path, request(path), never)
    else:
        assert ask(tmp_path, request(path), never) == (408, [])


def test_fifty_at_once(tmp_path):
    app = Asked()

    async def all_of_them():
        own = Limits(app, tmp_path)
        uploads = (own(request(), parts(9, 9), None) for _ in range(50))
        await asyncio.gather(*uploads)

    asyncio.run(all_of_them())
    assert (len(app.bodies), app.most) == (50, limits.UPLOADS)


def test_the_oldest_make_room(tmp_path):
    for age in range(4):
        path = tmp_path / f"{age}" / "a.wav"
        path.parent.mkdir()
        path.write_bytes(b"x" * 100)
        os.utime(path, (1e9 - age, 1e9 - age))
    make_room(tmp_path, 250)
    left = sorted(path.parent.name for path in tmp_path.rglob("*.wav"))
    assert left == ["0", "1"]
