"""Security headers on every answer; refusal of cross-site requests and of bodies that are too large.

A plain ASGI layer around the whole app.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.problems import Problem, answer

SAFE = ("GET", "HEAD", "OPTIONS")
MAX_BODY = 65_536
LARGE = {"/app/api/messages": 1_048_576}  # a week without network comes in lists
SHOWN = ("/static/", "/app/")  # pages and what they load: kept by the browser, asked about each time
PUSH_WORKER = "/static/push-sw.js"  # a service worker of the whole site: it must find and open the console
_POLICY = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "connect", "worker", "font", "manifest")),
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",  # no text becomes a script or markup by any door of the browser
        "trusted-types vigie vigie-app lit-html",  # static/trusted.js, the app's worker.js, the console's vendor/lit
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def foreign(headers: Headers) -> bool:
    """Whether a browser says that another site sent this. A client that is no browser sends neither header."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


class Guard:
    """ASGI layer: one instance around the app."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what another site sent; add the headers to what is answered."""
        if scope["type"] == "websocket" and foreign(Headers(scope=scope)):
            await send({"type": "websocket.close", "code": 1008, "reason": "another site's page"})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _dress(MutableHeaders(scope=message), scope["path"])
            await send(message)

        if scope["method"] not in SAFE and foreign(Headers(scope=scope)):
            await answer(Problem(403, "Origin: expected this site"))(scope, receive, send_guarded)
            return
        most = LARGE.get(scope["path"], MAX_BODY)
        body = await _whole(Headers(scope=scope), receive, most)
        if body is None:
            await answer(_too_large(most))(scope, receive, send_guarded)
            return
        await self.app(scope, body, send_guarded)


async def _whole(headers: Headers, receive: Receive, most: int) -> Receive | None:
    """A body of a good size, or None. One whose length is not announced is read first, no further than is allowed."""
    text = headers.get("content-length", "")
    if text.isascii() and text.isdigit():
        return receive if len(text) < 20 and int(text) <= most else None
    body, more = bytearray(), True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > most:
            return None
    held: list[Message] = [message if message["type"] != "http.request" else {**message, "body": bytes(body)}]

    async def receive_again() -> Message:
        return held.pop() if held else await receive()

    return receive_again


def _too_large(most: int) -> Problem:
    return Problem(413, f"the body: expected at most {most} bytes")


def _dress(headers: MutableHeaders, path: str) -> None:
    for name, value in _HEADERS.items():
        headers[name] = value
    if path == PUSH_WORKER:
        headers["Service-Worker-Allowed"] = "/"
    kept = path.startswith(SHOWN) and not path.startswith("/app/api/")
    headers["Cache-Control"] = "no-cache" if kept else "no-store"
