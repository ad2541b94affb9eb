"""A cheap publisher for benchmarks: many devices over few connections, MQTT 3.1.1 by hand, and who was acknowledged.

    python -m bench.load --url mqtt://bench:PASSWORD@127.0.0.1:1883 --devices 200 --rate 12000 --seconds 60 --acks

The account may publish to vigie/1/{site}/+/obs (with `--lane bulk`: bulk) and, for `--acks`, subscribe to
vigie/1/{site}/+/ack. Prints one JSON object. It is no device: nothing is kept, nothing is sent twice.
"""

import argparse
import json
import secrets
import select
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bench.line import Line, text

TICK = 0.004  # s between two bursts
BURST = 400  # messages of one burst of one connection, at most

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
        self.topics = [text(f"vigie/1/{self.plan.site}/{device}/{self.plan.lane}") for device in self.plan.devices]
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
