"""What notifications go to in tests: an HTTP gateway that can hang, fail, redirect or flood, and a mail server."""

import json
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec


class Got(msgspec.Struct, frozen=True):
    """One request that arrived, or one mail."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Gateway:
    """A server on loopback. `does`: what it does with a request; `got`: what arrived."""

    def __init__(self, does: str = "ok") -> None:
        self.does: str | Callable[[Got], str] = does
        self.got: list[Got] = []
        self.closing = threading.Event()
        gateway = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                gateway.answer(self)

            do_GET = do_PUT = do_POST  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Quiet."""

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """A client that went away is what some tests are about."""

        self._server = Quiet(("127.0.0.1", 0), Answering)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def over_tls(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Keep the request, then do what was asked."""
        body = request.rfile.read(int(request.headers.get("content-length", 0)))
        got = Got(request.path, {name.lower(): value for name, value in request.headers.items()}, body, time.time())
        self.got.append(got)
        does = self.does if isinstance(self.does, str) else self.does(got)
        if does == "hang":
            self.closing.wait(60)
        elif does == "drip":
            self._drip(request)
        elif does == "flood":
            self._flood(request)
        elif does == "redirect":
            self._plain(request, 302, b"", location=f"{self.url}/elsewhere")
        elif does.isdigit():
            self._plain(request, int(does), b"no", **({"retry-after": "2"} if does in ("429", "503") else {}))
        else:
            self._plain(request, 200, b'{"message_id": "gw-1"}')

    def _plain(self, request: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _drip(self, request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("content-length", "1000")
        request.end_headers()
        while not self.closing.wait(0.05):
            request.wfile.write(b" ")
            request.wfile.flush()

    def _flood(self, request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("content-length", str(10 << 20))
        request.end_headers()
        for _ in range(160):
            request.wfile.write(b"x" * 65_536)

    def close(self) -> None:
        """Let hanging requests go, stop listening."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@contextmanager
def gateway(does: str = "ok") -> Iterator[Gateway]:
    """A gateway for one test."""
    server = Gateway(does)
    try:
        yield server
    finally:
        server.close()


class MailServer:
    """Enough of SMTP for a test: EHLO, STARTTLS, AUTH PLAIN, MAIL, RCPT, DATA, QUIT. `replies`: verb -> its reply."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.replies: dict[str, str] = {}
        self.mails: list[str] = []
        self.said: list[str] = []
        self._sockets: list[ssl.SSLSocket] = []
        self.closing = threading.Event()
        server = self

        class Talking(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                server.talk(self)

        class Quiet(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_: object) -> None:
                """A client that went away is what some tests are about."""

        self._server = Quiet(("127.0.0.1", 0), Talking)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def talk(self, talk: socketserver.StreamRequestHandler) -> None:
        """One client."""
        reader, writer, encrypted = talk.rfile, talk.wfile, False

        def reply(text: str) -> None:
            writer.write(f"{text}\r\n".encode())
            writer.flush()

        if "connect" in self.replies:
            self._slowly(writer)
            return
        reply("220 test")
        while line := reader.readline():
            verb = line.decode().strip().split(" ")[0].upper()
            self.said.append(f"{verb}{' tls' if encrypted else ''}")
            if verb in self.replies:
                reply(self.replies[verb])
            elif verb == "EHLO":
                offers = ["250-test", *(["250-STARTTLS"] if self.tls and not encrypted else []), "250 AUTH PLAIN"]
                reply("\r\n".join(offers))
            elif verb == "STARTTLS" and self.tls is not None:
                reply("220 go")
                sock = self.tls.wrap_socket(talk.connection, server_side=True)
                self._sockets.append(sock)
                reader, writer, encrypted = sock.makefile("rb"), sock.makefile("wb"), True  # type: ignore[assignment]
            elif verb == "AUTH":
                reply("235 ok")
            elif verb == "DATA":
                reply("354 go")
                self.mails.append(_until_point(reader))
                reply("250 taken")
            elif verb == "QUIT":
                reply("221 bye")
                return
            else:
                reply("250 ok")

    def _slowly(self, writer: Any) -> None:
        """A greeting that never ends, a letter at a time."""
        writer.write(b"220-")
        while not self.closing.wait(0.05):
            writer.write(b"x")
            writer.flush()

    def close(self) -> None:
        """Stop."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        for sock in self._sockets:
            sock.close()


def _until_point(reader: Any) -> str:
    lines: list[bytes] = []
    while (line := reader.readline()) not in (b".\r\n", b""):
        lines.append(line)
    return b"".join(lines).decode()


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    """A mail server for one test."""
    server = MailServer(tls)
    try:
        yield server
    finally:
        server.close()
