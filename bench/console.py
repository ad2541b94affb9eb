"""The console in a real Chromium before 850 patients and 200 open alerts: python -m bench.console

First useful view, bytes and memory; 50 events a second; commit to pixel with 20 consoles; 200 consoles that come back
with old cursors; a chart of 100,000 points panned. The hub's web part runs in a process of its own; the database and
Chromium share the cores with it.
"""

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
from playwright.sync_api import Browser, sync_playwright
from websockets.asyncio.client import connect as websocket
from websockets.typing import Origin

from bench import console_pages, setting
from domain.alerts import AlertEvent
from storage import connection
from tests.flow import console_world as world
from tests.support.databases import Server
from tests.support.wards import SITE, WARDS, fill
from vigie.embedded.postgres import EmbeddedPostgres

RATE = 50.0
DRAWING = 2  # consoles that draw: more browsers than cores would measure the cores
BACK, EVENTS_AWAY = 200, 500
PATIENTS = WARDS["flood"].patients
ALERTS = WARDS["flood"].alerts


PARTS = ("first_view", "flood", "pixel", "chart", "back")


def measure(folder: Path, *, seconds: float, parts: Sequence[str] = PARTS, consoles: int = 20) -> dict[str, Any]:
    """Those parts. `seconds`: how long events come at 50 a second."""
    found: dict[str, Any] = {}
    with EmbeddedPostgres(folder / "pg") as postgres, Server("embedded", postgres.url_of("{}")).fresh() as url:
        names = fill(url, WARDS["flood"])
        with connection.connect(url) as conn:
            conn.autocommit = True
            conn.execute("ANALYZE")
        with _served(url) as address, Writer(url, names) as writer:
            with sync_playwright() as playwright:
                chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=console_pages.ARGUMENTS)
                if "first_view" in parts:
                    found["first_view"] = _first_view(chromium, address)
                if "flood" in parts:
                    found["flood"] = _flood(chromium, address, writer, seconds)
                if "pixel" in parts:
                    found["pixel"] = _pixel(chromium, address, writer, consoles)
                if "chart" in parts:
                    found["chart"] = _chart(chromium, address)
                chromium.close()
            if "back" in parts:
                tickets, first, last = _away(address, writer)
                found["back"] = asyncio.run(_come_back(address, tickets, first, last))
    return found


@contextmanager
def _served(url: str) -> Iterator[str]:
    """The console in another process; its address."""
    port = world.free_port()
    command = [sys.executable, "-m", "bench.console", "--serve", url, "--port", str(port)]
    hub = subprocess.Popen(command)
    try:
        address = f"http://127.0.0.1:{port}"
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                httpx.get(f"{address}/healthz")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address
    finally:
        hub.terminate()
        hub.wait(20)


def _serve(url: str, port: int) -> None:
    pool = connection.pool(url, 8)
    console = world.Served(world.make_deps(url, pool), port)
    console.start()
    threading.Event().wait()


class Writer:
    """What the engine's service does with events: alerts that open, change and close, each committed by itself."""

    def __init__(self, url: str, names: list[str]) -> None:
        self.names, self.n = names, 0
        self.conn = connection.connect(url)
        self.conn.autocommit = True
        self.mine: list[Any] = []

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self.conn.close()

    def opened(self) -> tuple[str, float, int]:
        """A new alert: its id, the moment after its commit (s), the id of its event."""
        self.n += 1
        name = self.names[(self.n * 37) % len(self.names)]
        alert = world.an_alert(name, 10_000 + self.n, at=world.now() - 5_000_000, rule=f"rule-{self.n}")
        number = world.write_event(self.conn, SITE, world.opened(alert))
        self.mine.append(alert)
        return alert.id, time.time(), number

    def changed(self) -> None:
        """One of those changes, or closes when there are many, so that as many stay open."""
        alert = self.mine.pop(0)
        at = world.now()
        if len(self.mine) > 20:
            closed = msgspec.structs.replace(
                alert, version=alert.version + 1, state="closed", closed_by="nurse1", closed_at=at
            )
            world.write_event(self.conn, SITE, AlertEvent("closed", at, closed, actor="nurse1"))
            return
        fresh = msgspec.structs.replace(alert, version=alert.version + 1, last_met_at=at)
        world.write_event(self.conn, SITE, AlertEvent("revised", at, fresh))
        self.mine.append(fresh)

    def run(self, seconds: float) -> int:
        """At an even rate; how many."""
        start, count = time.monotonic(), 0
        while (due := count / RATE) < seconds:
            if (left := start + due - time.monotonic()) > 0:
                time.sleep(left)
            if count % 3 == 0 or not self.mine:
                self.opened()
            else:
                self.changed()
            count += 1
        return count


def _first_view(chromium: Browser, address: str) -> dict[str, Any]:
    """Medians of three visits with a session: to the list drawn with its alerts, bytes on the wire, live heap."""
    page = console_pages.signed_in(chromium, address)
    visits = [console_pages.visit(page, address) for _ in range(3)]
    page.context.close()
    middle = sorted(visits, key=lambda each: each["useful_ms"])[1]
    return {**middle, "kb": max(each["kb"] for each in visits)}


def _flood(chromium: Browser, address: str, writer: Writer, seconds: float) -> dict[str, Any]:
    page = console_pages.signed_in(chromium, address)
    tools = page.context.new_cdp_session(page)
    writer.run(3.0)  # what is made once is made before it is weighed
    page.wait_for_timeout(1000)
    before = console_pages.heap_mb(tools)
    page.evaluate(console_pages.WATCH_FRAMES)
    counted: list[int] = []
    thread = threading.Thread(target=lambda: counted.append(writer.run(seconds)))
    thread.start()
    while thread.is_alive():
        page.wait_for_timeout(250)
    page.wait_for_timeout(500)
    frames = page.evaluate("window.frames_ms()")
    after = console_pages.heap_mb(tools)
    page.context.close()
    return {
        "seconds": seconds, "events": counted[0], "longest_frame_ms": round(frames["longest"]),
        "over_100_ms": frames["over"], "frames": frames["count"], "heap_before_mb": before, "heap_after_mb": after,
    }  # fmt: skip


def _pixel(chromium: Browser, address: str, writer: Writer, consoles: int) -> dict[str, Any]:
    """From commit to the frame after the row is there; two of the consoles draw, the others only read the feed."""
    pages = [console_pages.signed_in(chromium, address) for _ in range(DRAWING)]
    for page in pages:
        page.evaluate(console_pages.WATCH_ROWS)
    committed = {}
    with _readers(address, consoles - DRAWING):
        for _ in range(40):
            alert, at, _ = writer.opened()
            committed[alert] = at * 1000
            pages[0].wait_for_timeout(300)
        pages[0].wait_for_timeout(2000)
    delays, missing = [], 0
    for page in pages:
        seen = page.evaluate("window.seen_at")
        delays += [seen[alert] - at for alert, at in committed.items() if alert in seen]
        missing += sum(alert not in seen for alert in committed)
        page.context.close()
    delays.sort()
    return {
        "consoles": consoles, "drawing": DRAWING, "seen": len(delays), "not_seen": missing,
        "p50_ms": round(delays[len(delays) // 2]), "p99_ms": round(delays[int(len(delays) * 0.99)]),
        "max_ms": round(delays[-1]),
    }  # fmt: skip


@contextmanager
def _readers(address: str, count: int) -> Iterator[None]:
    """Consoles that follow the feed and draw nothing."""
    tickets, cursor = _tickets(address, count)
    done = threading.Event()

    async def read(ticket: str) -> None:
        async with websocket(_feed(address, ticket, cursor), origin=Origin(address), open_timeout=60) as feed:
            while not done.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(feed.recv(), 0.5)

    async def all_of_them() -> None:
        await asyncio.gather(*(read(ticket) for ticket in tickets))

    thread = threading.Thread(target=lambda: asyncio.run(all_of_them()), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(30)


def _tickets(address: str, count: int) -> tuple[list[str], int]:
    """Tickets for the feed, and where it is."""
    with httpx.Client(base_url=address, headers={"Origin": address}, timeout=60) as http:
        http.post("/api/session", json={"username": "doc1", "password": world.PASSWORD}).raise_for_status()
        cursor = int(http.get("/api/snapshot").raise_for_status().json()["cursor"])
        return [http.post("/api/feed-ticket").raise_for_status().json()["ticket"] for _ in range(count)], cursor


def _chart(chromium: Browser, address: str) -> dict[str, Any]:
    page = console_pages.signed_in(chromium, address)
    found: dict[str, Any] = page.evaluate(console_pages.PAN)
    page.context.close()
    return found


def _away(address: str, writer: Writer) -> tuple[list[str], int, int]:
    """What happens while 200 consoles are away: tickets to come back with, their cursor, the newest event."""
    _, first = _tickets(address, 0)
    last = first
    for _ in range(EVENTS_AWAY):
        _, _, last = writer.opened()
    return _tickets(address, BACK)[0], first, last


async def _come_back(address: str, tickets: list[str], first: int, last: int) -> dict[str, Any]:
    """All connect at once with their old cursor, until each has the newest event without a hole."""
    start = time.monotonic()
    took = sorted(
        await asyncio.gather(*(_follow(_feed(address, each, first), address, first, last) for each in tickets))
    )
    return {
        "consoles": len(took), "events_each": EVENTS_AWAY, "median_s": round(took[len(took) // 2] - start, 2),
        "last_s": round(took[-1] - start, 2),
    }  # fmt: skip


def _feed(address: str, ticket: str, cursor: int) -> str:
    return f"{address.replace('http', 'ws', 1)}/api/feed?ticket={ticket}&cursor={cursor}"


async def _follow(url: str, address: str, cursor: int, last: int) -> float:
    async with websocket(url, origin=Origin(address), open_timeout=120, max_size=None) as feed:
        before = cursor
        while before < last:
            frame = json.loads(await feed.recv())
            if "prev" not in frame:
                continue  # a beat
            if frame["prev"] != before:
                raise RuntimeError(f"a hole: expected prev {before}, got {frame['prev']}")
            before = frame["id"]
        return time.monotonic()


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        _serve(asked.serve, asked.port)
        return
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as folder:
        Path(folder).chmod(0o711)
        print(json.dumps(measure(Path(folder), seconds=asked.seconds, parts=asked.only or PARTS), indent=1))


if __name__ == "__main__":
    main()
