"""The oral treatment through broker, hub and feed: how long after a second dose its alert is at a console, and how long
after the second at which a run of missed doses counts its alert is there: python -m bench.oral

The hub's clock runs at four times the real one for the missed runs, so that they take a minute: their delay is in hub
seconds, four for each real one.
"""

import json
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as websocket

from bench import setting
from bench.line import Line
from bench.load import device_names
from clinician_ui.first_account import NewUser, add_user
from domain import wire
from domain.instants import DAY, HOUR, MINUTE, SECOND, Micros, iso, moment
from storage import registry
from vigie.embedded.world import World

PATIENTS = 50
SPEED = 4.0
WAIT_S = 180.0


def measure(folder: Path) -> dict[str, Any]:
    """Both, each on so many patients: the worst of each, and how many were not told at all."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    world = World(folder, speed=SPEED)
    try:
        world.start_services()
        twice, never = device_names(PATIENTS), [f"never{n}" for n in range(PATIENTS)]
        at = world.clock.now()
        first = (at // MINUTE + 5) * MINUTE
        hour = at // HOUR * HOUR
        _register(world, twice, _plan(hour))  # once a day: whatever the time, a second one is too many
        _register(world, never, _plan(first, first + 2 * MINUTE, late_min=1, asked_min=1))
        password = secrets.token_urlsafe(12)
        with world.connect() as conn:
            add_user(conn, NewUser("bench", "physician", password, (setting.SITE,)), at, actor="bench")
        url = setting.publisher(world)
        world.start_hub()
        world.wait_until_ready()
        with _feed(world.url, password) as feed:
            sent = _publish(url, twice, world)
            return _heard(feed, sent, never, lambda: world.clock.now() - first - 4 * MINUTE)
    finally:
        world.close()


def _plan(*times: Micros, **windows: int) -> dict[str, Any]:
    hours = sorted(moment(at).strftime("%H:%M") for at in times)
    drug = {"drug": "capecitabine", "dose_mg": 1500, "times": hours, **windows}
    return {"protocol": "oral-therapy", "timezone": "UTC", "oral": [drug]}


def _register(world: World, devices: list[str], plan: dict[str, Any]) -> None:
    """Watched from a minute ago: no dose before counts as missed."""
    at = world.clock.now()
    with world.connect() as conn:
        registry.add_site(conn, setting.SITE, setting.SITE, at)
        for device in devices:
            registry.add_patient(conn, f"p-{device}", setting.SITE, at - MINUTE)
            registry.add_plan(conn, f"p-{device}", plan, set_by="bench", set_at=at - DAY)
            registry.add_device(conn, device, setting.SITE, at - DAY)
            registry.wear(conn, device, f"p-{device}", at - DAY)


def _publish(url: str, devices: list[str], world: World) -> dict[str, float]:
    """Two doses of each box; when the second was sent, by patient."""
    line, sent = Line(url, 2000), {}
    for number in (1, 2):
        for device in devices:
            at = iso(world.clock.now())
            dose = {"drug": "capecitabine", "at": at, "n": 1, "state": "taken"}
            payload = json.dumps({"v": 1, "boot": "bench", "seq": number, "t": at, "int": [dose]}).encode()
            topic = wire.device_topic(setting.SITE, device, "obs").encode()
            sent[f"p-{device}"] = time.monotonic()
            line.publish(len(topic).to_bytes(2) + topic, payload)
            line.flush()
            for _ in line.receive():
                pass
            time.sleep(0.02)
    return sent


@contextmanager
def _feed(url: str, password: str) -> Iterator[ClientConnection]:
    with httpx.Client(base_url=url, headers={"Origin": url}) as http:
        http.post("/api/session", json={"username": "bench", "password": password}).raise_for_status()
        cursor = http.get("/api/snapshot").raise_for_status().json()["cursor"]
        ticket = http.post("/api/feed-ticket").raise_for_status().json()["ticket"]
    address = f"{url.replace('http', 'ws', 1)}/api/feed?ticket={ticket}&cursor={cursor}"
    with websocket(address, origin=url) as socket:
        yield socket


def _heard(
    feed: ClientConnection, sent: dict[str, float], never: list[str], since: Callable[[], Micros]
) -> dict[str, Any]:
    """`since`: hub time since the run counts."""
    over: dict[str, float] = {}
    missed: dict[str, float] = {}
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end and (len(over) < len(sent) or len(missed) < len(never)):
        frame = json.loads(feed.recv(timeout=30))
        alert = frame.get("alert") or {}
        if frame["kind"] != "alert.opened":
            continue
        if alert["rule"] == "extra-dose" and alert["patient"] in sent:
            over.setdefault(alert["patient"], time.monotonic() - sent[alert["patient"]])
        if alert["rule"] == "missed-doses":
            missed.setdefault(alert["patient"], since() / SECOND)
    return {
        "patients": PATIENTS,
        "over_dose_max_s": round(max(over.values(), default=0.0), 2),
        "over_dose_not_told": len(sent) - len(over),
        "missed_run_max_hub_s": round(max(missed.values(), default=0.0), 2),
        "missed_run_not_told": len(never) - len(missed),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as place:
        Path(place).chmod(0o711)
        print(json.dumps(measure(Path(place) / "oral"), indent=1))
