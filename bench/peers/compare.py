"""Vigie beside what people build instead: same messages, broker and database, one run. `python -m bench.peers.compare`

Each is given as many messages as fast as the broker takes them (rate, processor, memory), then at most 200 a second
(time from a message's own stamp to its row), then it is killed with `kill -9` in mid-stream and started again at once
(what never came). Absolute figures belong to the machine; the ratios are of one run.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct
from rich.console import Console
from rich.table import Table

from bench import setting
from bench.load import device_names
from bench.peers import node_red
from vigie.embedded import child
from vigie.embedded.world import World

DEVICES = 500
_HERE = {"PYTHONPATH": str(Path(__file__).parents[2])}  # the bench is no installed package
CALM_RATE, KILL_RATE = 200.0, 1000.0
TOPIC = f"vigie/1/{setting.SITE}/+/obs"
_PEER = """
CREATE TABLE peer (device text, seq bigint, code text, value float8, measured_at timestamptz,
                   stored_at timestamptz DEFAULT clock_timestamp());
CREATE TABLE pipe (line text, stored_at timestamptz DEFAULT clock_timestamp());
"""
# message counts, and seconds from a message's stamp to its row, by kind of table
_PEER_COUNT = "SELECT count(DISTINCT (device, seq)) FROM peer"
_PIPE_COUNT = "SELECT count(*) FROM pipe"
_HUB_COUNT = "SELECT count(*) FROM message"
_PEER_AGE = "SELECT extract(epoch FROM stored_at - measured_at) FROM peer"
_PIPE_AGE = 'SELECT extract(epoch FROM stored_at - (substring(line FROM \'"t":"([^"]+)"\'))::timestamptz) FROM pipe'


class Contender(Struct, frozen=True):
    """One of them: how it starts, what counts its messages, what gives the age of a row (None: its acks do)."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    count: str
    age: str | None
    empty: str


class Measured(Struct, frozen=True):
    """What was seen of one."""

    name: str
    stored_per_s: float
    p50_ms: float | None
    p99_ms: float | None
    cpu_share: float
    rss_mb: float
    lost_per_1000: float


class Arena:
    """Services, publisher, contenders."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.world = folder, World(folder)
        self._turn = 0

    def open(self) -> None:
        """Everything but the contenders."""
        self.world.start_services()
        setting.register(self.world, device_names(DEVICES), at=self.world.clock.now())
        self.load_url = setting.publisher(self.world)
        with self.world.connect() as conn:
            conn.execute(_PEER.encode())

    def contenders(self) -> list[Contender]:
        """In the order of the table."""
        database = self.world.database_url
        clear = "TRUNCATE peer, pipe"
        hub = Contender("Vigie, all rules on", self._hub, _HUB_COUNT, None, "TRUNCATE message, reading, boot CASCADE")
        return [
            Contender("mosquitto_sub | COPY, no guarantee", self._pipe(database), _PIPE_COUNT, _PIPE_AGE, clear),
            Contender("60-line paho script", self._python("bench.peers.naive", "naive"), _PEER_COUNT, _PEER_AGE, clear),
            Contender("Node-RED, batched", self._node_red, _PEER_COUNT, _PEER_AGE, clear),
            hub,
        ]

    def _account(self, name: str) -> str:
        return setting.publisher(self.world, name)

    def _python(self, module: str, account: str) -> Callable[[], subprocess.Popen[bytes]]:
        url = self._account(account)
        return lambda: self.world.spawn(
            [sys.executable, "-m", module, self.world.database_url, url, TOPIC], "peer.log", _HERE
        )

    def _pipe(self, database: str) -> Callable[[], subprocess.Popen[bytes]]:
        user, _, rest = self._account("pipe").removeprefix("mqtt://").partition(":")
        password, _, place = rest.partition("@")
        host, _, port = place.partition(":")
        argv = ["mosquitto_sub", "-h", host, "-p", port, "-u", user, "-P", password, "-q", "1", "-i", user, "-t", TOPIC]
        return lambda: self.world.spawn([sys.executable, "-m", "bench.pipe", database, *argv], "peer.log", _HERE)

    def _node_red(self) -> subprocess.Popen[bytes]:
        self._turn += 1
        folder = self.folder / f"node-red-{self._turn}"
        argv = node_red.command(folder, self.world.database_url, self._account(f"red{self._turn}"), TOPIC)
        return self.world.spawn(argv, "peer.log", _HERE)

    def _hub(self) -> subprocess.Popen[bytes]:
        self.world.start_hub()
        self.world.wait_until_ready()
        if self.world.hub is None:
            raise RuntimeError("the hub does not run")
        return self.world.hub

    # ---- measuring ----

    def measure(self, one: Contender, messages: int) -> Measured:
        """All three parts."""
        with self.world.connect() as conn:
            conn.execute(one.empty.encode())
        process = one.start()
        self._wait_until_it_hears(one)
        cpu, start = _cpu(process.pid), time.monotonic()
        sent = self._load(messages, rate=None, acks=one.age is None)["sent"]
        stored, last = self._settled(one, sent)
        rate, share = stored / (last - start), (_cpu(process.pid) - cpu) / (time.monotonic() - start)
        memory = _rss(process.pid)
        p50, p99 = self._ages(one, min(CALM_RATE, rate / 2))
        lost = self._killed(one, process, min(KILL_RATE, rate / 2))
        return Measured(one.name, rate, p50, p99, share, memory, lost)

    def _ages(self, one: Contender, calm: float) -> tuple[float | None, float | None]:
        with self.world.connect() as conn:
            conn.execute(one.empty.encode())
        answer = self._load(round(calm * 10), rate=calm, acks=one.age is None)
        if one.age is None:
            return answer["latency_p50"] * 1000, answer["latency_p99"] * 1000
        self._settled(one, answer["sent"])
        with self.world.connect() as conn:
            ages = sorted(float(row[0]) for row in conn.execute(one.age.encode()))
        if not ages:
            return None, None
        return ages[len(ages) // 2] * 1000, ages[min(len(ages) - 1, int(len(ages) * 0.99))] * 1000

    def _killed(self, one: Contender, process: subprocess.Popen[bytes], rate: float) -> float:
        """Lost per 1,000 of a stream in whose middle it is killed, and started again at once."""
        with self.world.connect() as conn:
            conn.execute(one.empty.encode())
        argv = self._argv(round(rate * 12), rate=rate, acks=False)
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as load:
            time.sleep(4.0)
            _kill(process)
            again = one.start()
            out, _ = load.communicate(timeout=120)
        sent = json.loads(out)["sent"]
        stored, _ = self._settled(one, sent)
        _kill(again)
        return 1000 * (sent - stored) / sent

    def _wait_until_it_hears(self, one: Contender) -> None:
        """Send one message at a time until one arrives: some are slow to start."""
        end = time.monotonic() + 60
        while self._count(one) == 0:
            if time.monotonic() > end:
                raise RuntimeError(f"{one.name}: heard nothing: {child.tail(self.folder / 'peer.log')}")
            self._load(1, rate=None, acks=False)
            time.sleep(0.5)
        with self.world.connect() as conn:
            conn.execute(one.empty.encode())

    def _settled(self, one: Contender, sent: int) -> tuple[int, float]:
        """Messages stored once all are there, or nothing more has come for 5 s; when the last was seen."""
        stored, changed = 0, time.monotonic()
        while stored < sent and time.monotonic() - changed < 5.0:
            now = self._count(one)
            if now != stored:
                stored, changed = now, time.monotonic()
            time.sleep(0.2)
        return stored, changed

    def _count(self, one: Contender) -> int:
        with self.world.connect() as conn:
            row = conn.execute(one.count.encode()).fetchone()
        return 0 if row is None else int(row[0])

    def _argv(self, messages: int, *, rate: float | None, acks: bool) -> list[str]:
        argv = [sys.executable, "-m", "bench.load", "--url", self.load_url, "--site", setting.SITE]
        argv += ["--devices", str(DEVICES), "--messages", str(messages), "--seconds", "300", "--window", "4000"]
        return argv + (["--rate", str(rate)] if rate else []) + (["--acks"] if acks else [])

    def _load(self, messages: int, *, rate: float | None, acks: bool) -> dict[str, Any]:
        argv = self._argv(messages, rate=rate, acks=acks)
        done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=400)
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    listed = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [pid, *(deeper for each in " ".join(listed).split() for deeper in _family(int(each)))]


def _cpu(pid: int) -> float:
    return sum(setting.cpu_seconds(each) for each in _family(pid))


def _rss(pid: int) -> float:
    return sum(setting.rss_mb(each) for each in _family(pid))


def _kill(process: subprocess.Popen[bytes]) -> None:
    for pid in _family(process.pid)[1:]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    child.kill(process)


def run(folder: Path, messages: int, console: Console) -> list[Measured]:
    """Every contender that can be had here, one after the other."""
    arena, found = Arena(folder), list[Measured]()
    try:
        arena.open()
        for one in arena.contenders():
            with console.status(f"{one.name} ..."):
                try:
                    found.append(arena.measure(one, messages // 10 if "script" in one.name else messages))
                except node_red.Unavailable as error:
                    console.print(f"{one.name}: not measured, {error}")
    finally:
        arena.world.close()
    return found


COLUMNS = ("", "messages/s", "of the ceiling", "to the row, p50 / p99", "processor", "memory", "lost at kill -9")
_MARKS = ("<!-- peers -->\n", "<!-- /peers -->\n")


def rows(found: list[Measured]) -> Iterator[tuple[str, ...]]:
    """What stands in the table, a row a contender; the first is the ceiling."""
    ceiling = found[0].stored_per_s
    for one in found:
        delay = "-" if one.p50_ms is None or one.p99_ms is None else f"{one.p50_ms:.0f} / {one.p99_ms:.0f} ms"
        rate, share = f"{one.stored_per_s:,.0f}", f"{one.stored_per_s / ceiling:.2f}"
        used = f"{one.cpu_share:.2f} core", f"{one.rss_mb:.0f} MB"
        yield one.name, rate, share, delay, *used, f"{one.lost_per_1000:.0f} of 1,000"


def table(found: list[Measured]) -> Table:
    """For a terminal."""
    made = Table(*COLUMNS)
    for row in rows(found):
        made.add_row(*row)
    return made


def into_readme(path: Path, found: list[Measured]) -> None:
    """The table between its marks in a Markdown file. ValueError when the marks are not there."""
    before, opened, rest = path.read_text("utf-8").partition(_MARKS[0])
    _, closed, after = rest.partition(_MARKS[1])
    if not opened or not closed:
        raise ValueError(f"{path}: expected the lines {' and '.join(mark.strip() for mark in _MARKS)}")
    lines = [f"| {' | '.join(row)} |\n" for row in (COLUMNS, ("---",) * len(COLUMNS), *rows(found))]
    path.write_text(before + opened + "".join(lines) + closed + after, "utf-8")


def main() -> None:
    """Print the table, and its rows as JSON with `--json`; with `--readme` the table is written there too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--readme", type=Path, help="a Markdown file with the marks of this table")
    asked = parser.parse_args()
    console = Console(width=140, stderr=asked.json)
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as folder:
        Path(folder).chmod(0o711)
        found = run(Path(folder), asked.messages, console)
    console.print(table(found))
    if asked.readme is not None:
        into_readme(asked.readme, found)
    if asked.json:
        print(json.dumps([{name: getattr(one, name) for name in one.__struct_fields__} for one in found], indent=1))


if __name__ == "__main__":
    main()
