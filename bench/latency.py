"""From a device's publish to the alert's frame at a console: 50 messages a second of 200 patients, all rules on.

`--beside N`: as many messages a second of other patients at the same time. `--backlog N`: so many messages of a day, of
other patients, wait at the broker when the hub starts, and drain meanwhile.

python -m bench.latency --seconds 60 [--beside 950] [--backlog 1000000]
"""

import argparse
import json
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect as websocket

from bench import setting
from bench.line import Line
from bench.load import device_names
from clinician_ui.first_account import NewUser, add_user
from domain import wire
from storage import tallies
from vigie.embedded.world import World

PATIENTS = 200
RATE = 50.0
# One message in three begins a condition that this patient did not have yet.
_ILL = (
    b'{"c":"8867-4","v":138,"u":"/min"}',
    b'{"c":"59408-5","v":88,"u":"%"}',
    b'{"c":"8310-5","v":39.2,"u":"Cel"}',
    b'{"c":"9279-1","v":27,"u":"/min"}',
    b'{"c":"8480-6","v":84,"u":"mm[Hg]"}',
)
_WELL = b'{"c":"2823-3","v":4.1,"u":"mmol/L"}'


def measure(folder: Path, *, seconds: float, beside: int = 0, backlog: int = 0) -> dict[str, Any]:
    """Quantiles of the delay in milliseconds, and how many alerts it was measured on; what was done beside."""
    world = World(folder)
    load: subprocess.Popen[str] | None = None
    try:
        world.start_services()
        devices = device_names(PATIENTS)
        at = world.clock.now()
        setting.register(world, devices + device_names(PATIENTS, "other"), at=at)
        password = secrets.token_urlsafe(12)
        with world.connect() as conn:
            add_user(conn, NewUser("bench", "physician", password, (setting.SITE,)), at, actor="bench")
        url = setting.publisher(world)
        world.start_hub()
        world.wait_until_ready()
        if backlog:
            _pile_up(world, backlog)
        seen: dict[str, float] = {}
        done = threading.Event()
        console = threading.Thread(target=_listen, args=(world.url, password, seen, done), daemon=True)
        console.start()
        time.sleep(1.0)
        if beside:
            load = _load(world, "--rate", str(beside), "--seconds", str(seconds + 2))
        before, start = _stored(world), time.monotonic()
        sent = _publish(url, devices, seconds)
        spent, stored = time.monotonic() - start, _stored(world) - before
        time.sleep(3.0)
        done.set()
        console.join(10)
        found = _quantiles(sent, seen)
        if load is not None:
            found["beside_per_s"] = round(json.loads(load.communicate(timeout=120)[0])["sent_per_s"])
        if backlog:
            found["drained_per_s"] = round((stored - RATE * seconds) / spent)
            found["left_at_the_end"] = backlog - (_stored(world) - round(RATE * seconds))
    finally:
        if load is not None:
            load.kill()
        world.close()
    return found


def _pile_up(world: World, backlog: int) -> None:
    """The hub is gone; the backlog of a day waits at the broker; the hub is back."""
    world.kill_hub()
    argv = ("--messages", str(backlog), "--seconds", "300", "--window", "4000", "--lane", "bulk", "--since-hours", "24")
    piled = json.loads(_load(world, *argv).communicate(timeout=400)[0])
    if piled["pubacked"] != backlog:
        raise RuntimeError(f"the broker took {piled['pubacked']} of {backlog} messages")
    world.start_hub()
    world.wait_until_ready()


def _load(world: World, *argv: str) -> subprocess.Popen[str]:
    """Messages of the other patients."""
    command = [sys.executable, "-m", "bench.load", "--url", setting.publisher(world, secrets.token_hex(4))]
    command += ["--site", setting.SITE, "--devices", str(PATIENTS), "--prefix", "other", *argv]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _stored(world: World) -> int:
    with world.connect() as conn:
        return tallies.tally(conn).messages


def _publish(url: str, devices: list[str], seconds: float) -> dict[str, float]:
    """Sends at an even rate; the send time of each message that begins a condition, by its key."""
    line, boot = Line(url, 2000), "latency"
    begun: dict[str, float] = {}
    seqs = dict.fromkeys(devices, 0)
    start = time.monotonic()
    for number in range(round(seconds * RATE)):
        due = start + number / RATE
        while (left := due - time.monotonic()) > 0:
            time.sleep(left)
        device = devices[number % len(devices)]
        seqs[device] += 1
        ill = number % 3 == 0 and seqs[device] // 3 < len(_ILL)
        entry = _ILL[seqs[device] // 3] if ill else _WELL
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        payload = b'{"v":1,"boot":"%s","seq":%d,"t":"%s","obs":[%s]}' % (
            boot.encode(), seqs[device], stamp.encode(), entry
        )  # fmt: skip
        if ill:
            begun[f"{device}/{boot}/{seqs[device]}/0"] = time.monotonic()
        topic = wire.device_topic(setting.SITE, device, "obs").encode()
        line.publish(len(topic).to_bytes(2) + topic, payload)
        line.flush()
        for _ in line.receive():
            pass
    return begun


def _listen(url: str, password: str, seen: dict[str, float], done: threading.Event) -> None:
    """A console: log in, take a snapshot, follow the feed, note when each alert's evidence arrives."""
    with httpx.Client(base_url=url, headers={"Origin": url}) as http:
        http.post("/api/session", json={"username": "bench", "password": password}).raise_for_status()
        cursor = http.get("/api/snapshot").raise_for_status().json()["cursor"]
        ticket = http.post("/api/feed-ticket").raise_for_status().json()["ticket"]
    address = f"{url.replace('http', 'ws', 1)}/api/feed?ticket={ticket}&cursor={cursor}"
    with websocket(address, origin=url) as feed:
        while not done.is_set():
            try:
                frame = json.loads(feed.recv(timeout=0.5))
            except TimeoutError:
                continue
            now = time.monotonic()
            for found in (frame.get("alert") or {}).get("evidence", ()):
                if frame["kind"] in ("alert.opened", "alert.worsened", "alert.recurred"):
                    seen.setdefault(found.get("reading") or "", now)


def _quantiles(sent: dict[str, float], seen: dict[str, float]) -> dict[str, Any]:
    delays = sorted(seen[key] - at for key, at in sent.items() if key in seen)
    missing = len(sent) - len(delays)
    if not delays:
        return {"alerts": 0, "not_seen": missing}
    p50, p99 = (delays[min(len(delays) - 1, int(share * len(delays)))] for share in (0.5, 0.99))
    return {
        "alerts": len(delays), "not_seen": missing, "p50_ms": round(p50 * 1000), "p99_ms": round(p99 * 1000),
        "max_ms": round(delays[-1] * 1000),
    }  # fmt: skip


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--beside", type=int, default=0, metavar="RATE")
    parser.add_argument("--backlog", type=int, default=0, metavar="MESSAGES")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as folder:
        found = measure(Path(folder), seconds=asked.seconds, beside=asked.beside, backlog=asked.backlog)
        print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
