"""From a device's publish to the alert's frame at a console: 50 messages a second of 200 patients, all rules on.

python -m bench.latency --seconds 60
"""

import argparse
import json
import secrets
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect as websocket

from bench import setting
from bench.load import Line, device_names
from clinician_ui.first_account import NewUser, add_user
from domain import wire
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


def measure(folder: Path, *, seconds: float) -> dict[str, Any]:
    """Quantiles of the delay in milliseconds, and how many alerts it was measured on."""
    world = World(folder)
    try:
        world.start_services()
        devices = device_names(PATIENTS)
        at = world.clock.now()
        setting.register(world, devices, at=at)
        password = secrets.token_urlsafe(12)
        with world.connect() as conn:
            add_user(conn, NewUser("bench", "physician", password, (setting.SITE,)), at, actor="bench")
        url = setting.publisher(world)
        world.start_hub()
        world.wait_until_ready()
        seen: dict[str, float] = {}
        done = threading.Event()
        console = threading.Thread(target=_listen, args=(world.url, password, seen, done), daemon=True)
        console.start()
        time.sleep(1.0)
        sent = _publish(url, devices, seconds)
        time.sleep(3.0)
        done.set()
        console.join(10)
    finally:
        world.close()
    return _quantiles(sent, seen)


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
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as folder:
        print(json.dumps(measure(Path(folder), seconds=asked.seconds), indent=1))


if __name__ == "__main__":
    main()
