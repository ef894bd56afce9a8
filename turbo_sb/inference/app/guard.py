"""Whom the page answers: its own pages, and programs on this machine.

Any web page that someone visits may send requests to this machine, and by
giving its own name this machine's address (DNS rebinding) read the answers.
A browser tells by Host, Origin and Sec-Fetch-Site what asks.

Authors
 * The turbo_sb developers 2026
"""

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

OWN_NAMES = ("127.0.0.1", "localhost", "[::1]")
# Of gradio's interface, what this page uses. The rest fetches from the network,
# writes files, or skips the queue.
API = "gradio_api"
USED = {
    *("upload", "upload_progress", "queue", "call", "run", "cancel", "reset"),
    *("heartbeat", "info", "app_id", "login_check", "startup-events"),
    *("theme.css", "file="),
}
UNUSED = ("login", "logout", "monitoring", "docs", "redoc", "openapi.json")
HEADERS = {
    # Nothing from the network; in no other site's frame.
    "content-security-policy": (
        "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
        "base-uri 'self'; object-src 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Guard:
    """ASGI middleware that refuses other hosts, origins and routes."""

    def __init__(self, app, names: Iterable[str] = ()):
        self.app, self.names = app, [name.lower() for name in names]

    async def __call__(self, scope, receive, send) -> None:
        """Answer, or say why not."""
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        hosts = own_hosts(scope["server"][1], self.names)
        if reason := refusal(scope, hosts):
            return await _refuse(reason, scope, receive, send)
        return await self.app(scope, receive, _with_headers(send))


def own_hosts(port: int, names: Iterable[str] = ()) -> list[str]:
    """List the hosts that are this page, as browsers write them."""
    own = [f"{name}:{port}" for name in OWN_NAMES]
    if port == 80:  # which browsers leave out
        own += OWN_NAMES
    return [*own, *names]


def refusal(scope: dict, hosts: list[str]) -> str | None:
    """Return why a request is refused, or None."""
    headers = Headers(scope=scope)
    asked = {host.lower() for host in headers.getlist("host")}
    if not asked or not asked <= {*hosts}:
        return (
            f"This page is http://{hosts[0]} and answers to no other name. If "
            "another name or port is forwarded to it: turbo-sb app --name "
            "HOST:PORT."
        )
    origins = {f"{way}://{host}" for host in hosts for way in ("http", "https")}
    if not {origin.lower() for origin in headers.getlist("origin")} <= origins:
        return "This page answers no other site."
    site = headers.get("sec-fetch-site", "none")
    if site not in ("same-origin", "none") and not _is_link(scope, headers):
        return "This page answers no other site."
    if not _is_used(scope["path"]):
        return "This page has no such address."
    return None


def _is_link(scope, headers):
    """Whether someone followed a link to the page itself."""
    return (
        (scope.get("method"), scope["path"]) == ("GET", "/")
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


def _is_used(path):
    first, _, rest = path.strip("/").partition("/")
    if first != API:
        return first not in UNUSED
    name, is_file, _ = rest.lstrip("/").partition("/")[0].partition("=")
    # "file=https://...": gradio would fetch it.
    return f"{name}{is_file}" in USED and "://" not in path


def _with_headers(send):
    async def send_more(message):
        """Add what a browser is to keep to."""
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return send_more


async def _refuse(reason, scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": reason})
        return
    closing = {"connection": "close"}  # not to read what it would upload
    response = PlainTextResponse(reason, 403, headers=closing)
    await response(scope, receive, send)
