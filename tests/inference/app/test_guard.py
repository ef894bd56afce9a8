"""Foreign hosts, origins and routes are refused; the page's own are not."""

import asyncio

import pytest

pytest.importorskip("gradio")

from turbo_sb.inference.app.guard import HEADERS, Guard, own_hosts, refusal

OWN = "127.0.0.1:7860"
EVIL = "evil.example"
PAGE = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
DOCUMENT = {**PAGE, "sec-fetch-dest": "document"}


def scope(path="/", method="GET", host=OWN, kind="http", **headers):
    given = {"host": host, **headers}
    return {
        "type": kind,
        "method": method,
        "path": path,
        "server": ("127.0.0.1", 7860),
        "headers": [
            (name.replace("_", "-").encode(), value.encode())
            for name, value in given.items()
            if value is not None
        ],
    }


def reason(*names, **request):
    return refusal(scope(**request), own_hosts(7860, names))


class TestHost:
    @pytest.mark.parametrize("host", [OWN, "localhost:7860", "[::1]:7860"])
    def test_own(self, host):
        assert reason(host=host) is None
        assert reason(host=host.upper()) is None

    @pytest.mark.parametrize(
        "host",
        [EVIL, f"{EVIL}:7860", "127.0.0.1", "127.0.0.1:80", "localhost:78600"]
        + ["127.0.0.1.evil.example:7860", "[::1]", "0.0.0.0:7860", "", None]
        + ["localhost:7860@evil.example", "evil.example/127.0.0.1:7860"],
    )
    def test_others(self, host):
        assert f"This page is http://{OWN}" in reason(host=host)

    def test_one_of_two(self):
        twice = scope()
        twice["headers"].append((b"host", EVIL.encode()))
        assert "--name" in refusal(twice, own_hosts(7860))

    def test_given(self):
        assert reason("Me.example:9000", host="me.example:9000") is not None
        names = ["me.example:9000"]
        asked = scope(host="me.example:9000", origin="https://me.example:9000")
        assert refusal(asked, own_hosts(7860, names)) is None

    def test_port_that_browsers_leave_out(self):
        assert refusal(scope(host="localhost"), own_hosts(80)) is None


class TestOrigin:
    @pytest.mark.parametrize("host", [OWN, "localhost:7860", "[::1]:7860"])
    def test_own(self, host):
        assert reason(method="POST", origin=f"http://{host}") is None

    @pytest.mark.parametrize(
        "origin",
        [f"https://{EVIL}", "null", "", "http://localhost:3000", "http://[::1]"]
        + ["http://127.0.0.1", f"http://{OWN}.evil.example", "file://"],
    )
    @pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
    def test_others(self, origin, method):
        for path in ("/", "/gradio_api/upload", "/gradio_api/queue/data"):
            assert reason(path=path, method=method, origin=origin)


class TestFetch:
    """Some requests have no Origin: images, scripts, frames, forms by GET."""

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_of_other_sites(self, site):
        for path in ("/", "/config", "/gradio_api/file=/any/a.wav"):
            assert reason(path=path, sec_fetch_site=site)

    @pytest.mark.parametrize("site", ["same-origin", "none"])
    def test_own(self, site):
        assert reason(path="/config", sec_fetch_site=site) is None

    def test_a_link_to_the_page(self):
        assert reason(**DOCUMENT) is None
        assert reason(**DOCUMENT, path="/config")
        assert reason(**DOCUMENT, method="POST")
        assert reason(**{**DOCUMENT, "sec-fetch-dest": "iframe"})


@pytest.mark.parametrize(
    "path, used",
    [("/", True), ("/assets/index.js", True), ("/theme.css", True)]
    + [("/gradio_api/file=/any/a.wav", True), ("/gradio_api/upload", True)]
    + [("/gradio_api/queue/join", True), ("/gradio_api/run/predict", True)]
    + [("/gradio_api/file=https://example.com", False)]
    + [("/gradio_api/file/etc/passwd", False)]
    + [("/gradio_api/proxy=http://example.com", False)]
    + [("//gradio_api//proxy=x", False), ("/gradio_api", False)]
    + [("/gradio_api/component_server", False), ("/monitoring/x", False)]
    + [("/gradio_api/process_recording", False)]
    + [("/gradio_api/vibe-edit/", False), ("/gradio_api/stream/x", False)],
)
def test_routes(path, used):
    assert (reason(path=path) is None) == used


def answer(request):
    """What a guarded application sends, and whether it was asked."""
    sent, asked = [], []

    async def app(scope, receive, send):
        asked.append(scope)
        start = {"type": "http.response.start", "status": 200, "headers": []}
        await send(start)

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "websocket.connect"}

    asyncio.run(Guard(app)(request, receive, send))
    return sent, bool(asked)


def test_what_is_refused_does_not_come_through():
    sent, asked = answer(scope(host=EVIL))
    assert (sent[0]["status"], asked) == (403, False)


def test_websockets_too():
    sent, asked = answer(scope(kind="websocket", origin=f"https://{EVIL}"))
    assert (sent[0]["type"], sent[0]["code"]) == ("websocket.close", 1008)
    assert not asked


def test_nothing_from_the_network():
    sent, asked = answer(scope())
    found = {
        name.decode(): value.decode() for name, value in sent[0]["headers"]
    }
    assert asked and found == HEADERS
    assert "http" not in found["content-security-policy"]
