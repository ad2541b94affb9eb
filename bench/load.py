"""A cheap publisher for benchmarks: many devices over few connections, MQTT 3.1.1 by hand, and who was acknowledged.

    python -m bench.load --url mqtt://bench:PASSWORD@127.0.0.1:1883 --devices 200 --rate 12000 --seconds 60 --acks

The account may publish to vigie/1/{site}/+/obs (with `--lane bulk`: bulk) and, for `--acks`, subscribe to
vigie/1/{site}/+/ack. Prints one JSON object. It is no device: nothing is kept, nothing is sent twice.
"""

import argparse
import json
import secrets
import select
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

TICK = 0.004  # s between two bursts
BURST = 400  # messages of one burst of one connection, at most
KEEPALIVE = 60

# Three values that no rule objects to, in turn.
_VALUES = [
    b'{"c":"8867-4","v":%d,"u":"/min"},{"c":"59408-5","v":%d,"u":"%%"},{"c":"8310-5","v":%.1f,"u":"Cel"}'
    % (62 + i % 25, 95 + i % 5, 36.4 + (i % 9) / 10)
    for i in range(225)
]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send. One connection for each address; `rate` in messages a second, None as fast as PUBACKs allow."""

    urls: Sequence[str]
    site: str
    devices: Sequence[str]
    seconds: float
    boot: str
    rate: float | None = None
    messages: int | None = None
    window: int = 2000
    acks: bool = False
    drain_s: float = 30.0
    lane: str = "obs"
    warm: bool = False  # one message of each device first, at the rate, not counted; then "begun" on standard output
    since_hours: float = 0.0  # the messages are spread over so many hours before now: `messages` must be given


@dataclass(frozen=True, slots=True)
class Report:
    """What happened. Latencies in seconds from sending to the end-to-end acknowledgement."""

    sent: int
    pubacked: int
    acked: int
    seconds: float
    acked_after: float | None
    cpu_seconds: float
    latency_p50: float | None
    latency_p99: float | None
    latency_max: float | None
    bytes_out: int
    bytes_in: int

    def as_dict(self) -> dict[str, float | int | None]:
        """For printing, with the rates."""
        rates = {"sent_per_s": self.sent / self.seconds, "cpu_share": self.cpu_seconds / self.seconds}
        if self.acked_after:
            rates["acked_per_s"] = self.acked / self.acked_after
        return {**{name: getattr(self, name) for name in self.__slots__}, **rates}


@dataclass(slots=True)
class AckBook:
    """Which (device, seq) of one boot are acknowledged end to end, and after how long. Pure: times are arguments."""

    boot: str
    sent_at: dict[str, list[float]]  # device -> time of seq 1, 2, ...
    upto: dict[str, int] = field(default_factory=dict)
    holes: dict[str, set[int]] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    last_at: float | None = None

    @property
    def acked(self) -> int:
        """How many messages are acknowledged."""
        return len(self.latencies)

    def missing(self) -> dict[str, int]:
        """Device -> messages sent and not acknowledged, where there are any."""
        left = {
            device: len(times) - self.upto.get(device, 0) + len(self.holes.get(device, ()))
            for device, times in self.sent_at.items()
        }
        return {device: count for device, count in left.items() if count}

    def take(self, device: str, payload: bytes, now: float) -> None:
        """One `ack` of a device."""
        ack = json.loads(payload)
        times = self.sent_at.get(device)
        if times is None or ack["boot"] != self.boot:
            return
        upto = min(int(ack["upto"]), len(times))
        before, old_holes = self.upto.get(device, 0), self.holes.get(device, set())
        missed = {seq for low, high in ack["miss"] for seq in range(low, min(high, upto) + 1)}
        fresh = [seq for seq in range(before + 1, upto + 1) if seq not in missed]
        filled = [seq for seq in old_holes if seq <= upto and seq not in missed]
        self.holes[device] = (old_holes - set(filled)) | {seq for seq in missed if seq > before}
        self.upto[device] = max(before, upto)
        for seq in (*fresh, *filled):
            self.latencies.append(now - times[seq - 1])
        if fresh or filled:
            self.last_at = now


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
        self.socket.sendall(_packet(0x10, head + _text(name) + _text(name) + _text(password)))
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
        self.out += _packet(0x82, b"\x00\x01" + _text(topic) + b"\x01")

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


def _text(text: str) -> bytes:
    return len(text.encode()).to_bytes(2) + text.encode()


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


@dataclass(slots=True)
class Source:
    """Endless messages of the devices in turn, each with the next number of its device."""

    plan: Plan
    sent_at: dict[str, list[float]]
    number: int = 0
    first: int = 0  # messages that were only sent to warm up
    topics: list[bytes] = field(init=False)
    times: list[list[float]] = field(init=False)
    head: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.topics = [_text(f"vigie/1/{self.plan.site}/{device}/{self.plan.lane}") for device in self.plan.devices]
        self.times = [self.sent_at.setdefault(device, []) for device in self.plan.devices]
        self.head = b'{"v":1,"boot":"' + self.plan.boot.encode() + b'","seq":'

    def send(self, line: Line, count: int, now: float) -> None:
        """Queue `count` messages with the time of now."""
        stamp = self._measured().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3].encode()
        middle, boot = b',"t":"' + stamp + b'Z","by":"device","obs":[', b'],"ev":[{"k":"boot"}]}'
        devices, number = len(self.topics), self.number
        for _ in range(count):
            place = number % devices
            times = self.times[place]
            times.append(now)
            seq = len(times)
            tail = b"]}" if seq > 1 else boot
            line.publish(self.topics[place], b"%b%d%b%b%b" % (self.head, seq, middle, _VALUES[number % 225], tail))
            number += 1
        self.number = number

    def _measured(self) -> datetime:
        """Now, or where the next message stands in the hours before."""
        if not self.plan.since_hours or not self.plan.messages:
            return datetime.now(UTC)
        left = 1 - self.number / self.plan.messages
        return datetime.now(UTC) - timedelta(hours=self.plan.since_hours * left)


def run(plan: Plan) -> Report:
    """Send as planned, wait for the acknowledgements (bounded), report."""
    lines = [Line(url, plan.window) for url in plan.urls]
    book = AckBook(plan.boot, {})
    if plan.acks:
        lines[0].subscribe(f"vigie/1/{plan.site}/+/ack")
    source = Source(plan, book.sent_at)
    if plan.warm:
        _warm(plan, source, lines, book)
    start, cpu = time.monotonic(), time.process_time()
    while (now := time.monotonic()) < start + plan.seconds and not _enough(plan, source):
        _offer(plan, source, lines, now=now, elapsed=now - start)
        _exchange(lines, book, wait=TICK)
    spent, cpu = time.monotonic() - start, time.process_time() - cpu
    end = time.monotonic() + plan.drain_s
    while time.monotonic() < end and not _drained(plan, lines, book):
        _exchange(lines, book, wait=0.05)
    for line in lines:
        line.socket.close()
    return _report(lines, book, spent=spent, start=start, cpu=cpu)


def _warm(plan: Plan, source: Source, lines: list[Line], book: AckBook) -> None:
    """The first message of each device costs more: it begins a boot. When all are acknowledged, the others begin."""
    begun = time.monotonic()
    while source.number < len(plan.devices):
        due = int((plan.rate or 1000.0) * (time.monotonic() - begun)) - source.number
        count = max(0, min(due, len(plan.devices) - source.number, lines[0].room, BURST))
        source.send(lines[0], count, time.monotonic())
        _exchange(lines, book, wait=TICK)
    while not _drained(plan, lines, book):
        _exchange(lines, book, wait=0.05)
    source.first = source.number
    print("begun", flush=True)


def _enough(plan: Plan, source: Source) -> bool:
    return plan.messages is not None and source.number >= plan.messages


def _offer(plan: Plan, source: Source, lines: list[Line], *, now: float, elapsed: float) -> None:
    """As many as are due and fit the windows."""
    due = (
        sum(line.room for line in lines)
        if plan.rate is None
        else int(plan.rate * elapsed) - (source.number - source.first)
    )
    if plan.messages is not None:
        due = min(due, plan.messages - source.number)
    for place, line in enumerate(lines):
        share = -(-due // (len(lines) - place))
        count = max(0, min(share, line.room, BURST))
        if count:
            source.send(line, count, now)
            due -= count
        line.flush()


def _exchange(lines: list[Line], book: AckBook, *, wait: float) -> None:
    """Write and read; sleep one tick when there is nothing to do, so that bursts stay large and cheap."""
    writers = [line.socket for line in lines if line.out]
    if not writers:
        time.sleep(wait)
    readable, _, _ = select.select([line.socket for line in lines], writers, [], wait)
    now = time.monotonic()
    for line in lines:
        line.flush()
        if line.socket in readable:
            for topic, payload in line.receive():
                book.take(topic.split("/")[3], payload, now)


def _drained(plan: Plan, lines: list[Line], book: AckBook) -> bool:
    if any(line.pubacked < line.sent for line in lines):
        return False
    return not plan.acks or book.acked == sum(line.sent for line in lines)


def _report(lines: list[Line], book: AckBook, *, spent: float, start: float, cpu: float) -> Report:
    ordered = sorted(book.latencies)
    last = None if book.last_at is None else book.last_at - start

    def at(share: float) -> float | None:
        return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 4) if ordered else None

    return Report(
        sent=sum(line.sent for line in lines),
        pubacked=sum(line.pubacked for line in lines),
        acked=book.acked,
        seconds=spent,
        acked_after=last,
        cpu_seconds=cpu,
        latency_p50=at(0.5),
        latency_p99=at(0.99),
        latency_max=at(1),
        bytes_out=sum(line.bytes_out for line in lines),
        bytes_in=sum(line.bytes_in for line in lines),
    )


def device_names(count: int, prefix: str = "bench") -> list[str]:
    """The names of `count` devices for a benchmark, to be registered before."""
    return [f"{prefix}-{number:05d}" for number in range(1, count + 1)]


def main(arguments: Sequence[str]) -> int:
    """Command line; one JSON object on standard output."""
    options = argparse.ArgumentParser(prog="bench.load", description=__doc__)
    options.add_argument("--url", action="append", required=True, help="mqtt://user:password@host:port; several times")
    options.add_argument("--site", default="bench")
    options.add_argument("--devices", type=int, default=200)
    options.add_argument("--prefix", default="bench")
    options.add_argument("--rate", type=float, help="messages a second; without: as fast as the broker confirms")
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--messages", type=int, help="stop after so many")
    options.add_argument("--window", type=int, default=2000, help="sent and not confirmed, a connection")
    options.add_argument("--acks", action="store_true", help="wait for the hub's end-to-end acknowledgements")
    options.add_argument("--lane", choices=("obs", "bulk"), default="obs")
    options.add_argument("--since-hours", type=float, default=0.0, help="measured over so many hours before now")
    options.add_argument("--warm", action="store_true", help="one message of each device first, then say: begun")
    options.add_argument("--drain-s", type=float, default=30.0)
    got = options.parse_args(arguments)
    devices = device_names(got.devices, got.prefix)
    plan = Plan(got.url, got.site, devices, got.seconds, secrets.token_hex(6), rate=got.rate, messages=got.messages,
                window=got.window, acks=got.acks, drain_s=got.drain_s, lane=got.lane,
                since_hours=got.since_hours, warm=got.warm)  # fmt: skip
    try:
        report = run(plan)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps({"boot": plan.boot, **report.as_dict()}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
