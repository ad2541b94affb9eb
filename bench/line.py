"""One MQTT 3.1.1 connection by hand, cheap enough to load a broker from one process. It is no client for devices."""

import socket
import time
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

KEEPALIVE = 60


class Line:
    """One MQTT 3.1.1 connection by hand: QoS 1 out with a window, PUBACKs counted, publishes in handed over."""

    def __init__(self, url: str, window: int) -> None:
        """Connect and log in. ConnectionError when the broker refuses."""
        where = urlsplit(url)
        if not where.hostname or not where.username:
            raise ValueError(f"url: expected mqtt://user:password@host:port, got {url!r}")
        self.window = window
        self.sent = self.pubacked = self.packet_id = self.bytes_out = self.bytes_in = 0
        self.left = b""
        self.out = bytearray()
        self.written_at = time.monotonic()
        self.socket = socket.create_connection((where.hostname, where.port or 1883), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        name, password = unquote(where.username), unquote(where.password or "")
        head = b"\x00\x04MQTT\x04\xc2" + KEEPALIVE.to_bytes(2)
        self.socket.sendall(_packet(0x10, head + text(name) + text(name) + text(password)))
        answer = self.socket.recv(4)
        if len(answer) != 4 or answer[3] != 0:
            raise ConnectionError(f"the broker refused the account {name!r}: {answer.hex()}")
        self.socket.setblocking(False)

    @property
    def room(self) -> int:
        """How many more may be sent before a PUBACK."""
        return self.window - (self.sent - self.pubacked)

    def subscribe(self, topic: str) -> None:
        """QoS 1."""
        self.out += _packet(0x82, b"\x00\x01" + text(topic) + b"\x01")

    def publish(self, topic: bytes, payload: bytes) -> None:
        """Queue one message; `topic` with its length in front."""
        self.packet_id = self.packet_id % 65_000 + 2
        length = len(topic) + 2 + len(payload)
        self.out += b"\x32" + _length(length) + topic + self.packet_id.to_bytes(2) + payload
        self.sent += 1

    def flush(self) -> None:
        """Write what the socket takes."""
        if self.out:
            try:
                count = self.socket.send(self.out)
            except BlockingIOError:
                return
            del self.out[:count]
            self.bytes_out += count
            self.written_at = time.monotonic()
        elif time.monotonic() - self.written_at > KEEPALIVE / 2:
            self.out += b"\xc0\x00"

    def receive(self) -> Iterator[tuple[str, bytes]]:
        """Count PUBACKs; yield what was published to us."""
        try:
            chunk = self.socket.recv(1 << 18)
        except BlockingIOError:
            return
        if not chunk:
            raise ConnectionError("the broker closed the connection")
        self.bytes_in += len(chunk)
        got, at = self.left + chunk, 0
        while at + 4 <= len(got) and got[at] == 0x40:  # the fast path: PUBACKs of four bytes
            self.pubacked += 1
            at += 4
        while (packet := _next(got, at)) is not None:
            kind, body, at = packet
            if kind == 0x40:
                self.pubacked += 1
            elif kind & 0xF0 == 0x30:
                yield self._published(kind, body)
        self.left = got[at:]

    def _published(self, kind: int, body: bytes) -> tuple[str, bytes]:
        end = 2 + int.from_bytes(body[:2])
        topic, rest = body[2:end].decode(), body[end:]
        if kind & 0x06:
            self.out += b"\x40\x02" + rest[:2]
            rest = rest[2:]
        return topic, rest


def text(words: str) -> bytes:
    """With its length in front, as MQTT writes it."""
    return len(words.encode()).to_bytes(2) + words.encode()


def _length(length: int) -> bytes:
    """Remaining length, 7 bits a byte."""
    coded = bytearray()
    while length > 127:
        coded.append(length & 127 | 128)
        length >>= 7
    coded.append(length)
    return bytes(coded)


def _packet(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + _length(len(body)) + body


def _next(got: bytes, at: int) -> tuple[int, bytes, int] | None:
    """(kind, body, place after it) of the packet at `at`, None when it is not all there."""
    size, shift, place = 0, 0, at + 1
    while place < len(got):
        byte = got[place]
        size |= (byte & 127) << shift
        shift, place = shift + 7, place + 1
        if byte < 128:
            return (got[at], got[place : place + size], place + size) if place + size <= len(got) else None
    return None
