"""A whole hub for the fault tests: services, `vigie serve` and `python -m device_sim` as processes, and their files."""

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from clinician_ui.first_account import NewUser, add_user
from device_sim.demo import PatientSpec
from domain.instants import DAY, Micros, iso
from storage import registry
from tests.flow.ingest_support import Device
from tests.ingest.support import payload
from tests.support import timescale
from tests.support.broker import Broker
from vigie import fleet
from vigie.embedded import child
from vigie.embedded.postgres import EmbeddedPostgres
from vigie.embedded.world import World

SITE = "ward"
SPEED = 120.0
EVERY_S = 60  # hub seconds between two messages of a device: two a real second
PASSWORD = "correct-horse-battery-staple"
PEOPLE = {"doc1": "physician", "nurse1": "nurse"}
READY_WITHIN = 30.0
DRAIN_S = 60.0


def spec(
    name: str, scenario: str, *, onset_s: float = 0.0, faults: Sequence[dict[str, Any]] = (), **plan: Any
) -> PatientSpec:
    """One patient with one device that sends every hub minute."""
    does = {"name": scenario, "onset_s": onset_s, "every_s": EVERY_S}
    body = {"protocol": "vital-signs", "cadence": {"8310-5": 3600}, "timezone": "Europe/Paris"} | plan
    seed = sum(name.encode())
    return PatientSpec(name, f"dev-{name}", SITE, body, seed, scenario=does, faults=list(faults))


def aplasia(at: Micros) -> dict[str, Any]:
    """What a plan needs for an open window."""
    return {
        "protocol": "chemo-aplasia",
        "fever_profile": "CAUTIOUS_HOME",
        "aplasia": {"from": iso(at - DAY), "until": iso(at + 10 * DAY)},
    }


def ward(at: Micros) -> list[PatientSpec]:
    """Twenty patients: fevers one after the other, other illness, and every fault of a link."""
    fever, garbage = "febrile_neutropenia", {"kind": "garbage", "rate": 0.3}
    outages = [{"kind": "outage", "after_s": 900.0 + 900 * n, "for_s": 1500.0} for n in range(3)]
    twice, mixed = {"kind": "duplicates", "rate": 0.4}, {"kind": "shuffled", "block": 5}
    return [
        *(spec(f"fever{n}", fever, onset_s=-3000.0 + 1200 * n, **aplasia(at)) for n in range(4)),
        spec("fever-twice", fever, onset_s=-1800.0, faults=[twice], **aplasia(at)),
        spec("fever-mixed", fever, onset_s=-1800.0, faults=[mixed, twice], **aplasia(at)),
        spec("fever-outage", fever, onset_s=-1800.0, faults=[outages[0]], **aplasia(at)),
        spec("fever-garbage", fever, onset_s=-1800.0, faults=[garbage], **aplasia(at)),
        spec("desat", "desaturation", onset_s=-2400.0),
        spec("desat-outage", "desaturation", onset_s=-2400.0, faults=[outages[1], twice]),
        spec("dry", "dehydration", onset_s=-14_400.0),
        spec("well-late", "stable", faults=[{"kind": "late", "rate": 0.2, "by_s": 900}]),
        *(spec(f"well-garbage{n}", "stable", faults=[garbage, twice]) for n in range(2)),
        *(spec(f"well-outage{n}", "stable", faults=[outages[n + 1], mixed]) for n in range(2)),
        *(spec(f"well{n}", "stable", **aplasia(at)) for n in range(4)),
    ]  # fmt: skip


class Trial:
    """A world with registered patients and people, its fleet, and the files that the oracle reads."""

    def __init__(
        self,
        folder: Path,
        *,
        speed: float = SPEED,
        database_url: str | None = None,
        postgres: EmbeddedPostgres | None = None,
    ) -> None:
        self.folder = folder
        self.world = World(folder, speed=speed, database_url=database_url, postgres=postgres)
        self.fleet: subprocess.Popen[bytes] | None = None
        self.plans: dict[str, dict[str, Any]] = {}
        self.others: list[str] = []  # devices that send besides the fleet, and write no ledger

    def register(self, specs: Sequence[PatientSpec], *, since: Micros | None = None) -> None:
        """Site, people, patients, devices and plans; the fleet file. `since`: watched from then on, else from now."""
        world, at = self.world, self.world.clock.now() if since is None else since
        with world.connect() as conn:
            registry.add_site(conn, SITE, "Ward", at)
            devices = fleet.register(conn, world.accounts, specs, at=at)
            for name, role in PEOPLE.items():
                add_user(conn, NewUser(name, role, PASSWORD, (SITE,)), at, actor="test")
        self.plans = {one.patient: one.plan for one in specs}
        epoch = iso(world.clock.epoch)
        files = {name: str(self.folder / f"{name}.jsonl") for name in ("truth", "ledger")}
        content = {
            "broker": world.broker.url,
            "mqtt_version": world.env.get("VIGIE_MQTT_VERSION", "5"),
            "clock": {"epoch_real": epoch, "epoch_hub": epoch, "speed": world.clock.speed},
            "devices": devices,
            "outbox": str(self.folder / "outbox"),
            "drain_s": DRAIN_S,
        }
        fleet.write(self.folder / "fleet.json", content | files)

    def start_fleet(self) -> None:
        """All devices, in a process of their own."""
        argv = [sys.executable, "-m", "device_sim", str(self.folder / "fleet.json")]
        self.fleet = self.world.spawn(argv, "fleet.log", {})

    def end_fleet(self) -> dict[str, int]:
        """Devices measure no more; waits until their last message is acknowledged. Their summary."""
        assert self.fleet is not None
        child.stop(self.fleet, signal.SIGTERM, seconds=DRAIN_S + 20)
        log = (self.folder / "fleet.log").read_text("utf-8")
        assert self.fleet.returncode == 0, log[-2000:]
        found: dict[str, int] = json.loads(next(row for row in reversed(log.splitlines()) if row.startswith("{")))
        return found

    def serve(self, **how: Any) -> float:
        """Start the hub and wait until it stores; the seconds that took."""
        self.world.start_hub(**how)
        return self.world.wait_until_ready(READY_WITHIN)

    @property
    def hub_log(self) -> str:
        """Everything the hub process said."""
        path = self.folder / "hub.log"
        return path.read_text("utf-8") if path.exists() else ""

    def stop_hub(self) -> int | None:
        """An orderly end of the hub; its exit status."""
        hub, self.world.hub = self.world.hub, None
        assert hub is not None
        child.stop(hub, signal.SIGTERM, seconds=20)
        return hub.returncode

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a query of the test's own."""
        with self.world.connect() as conn:
            return conn.execute(statement, values).fetchall()  # type: ignore[arg-type]


@contextmanager
def trial(
    folder: Path,
    *,
    speed: float = SPEED,
    database_url: str | None = None,
    postgres: EmbeddedPostgres | None = None,
) -> Iterator[Trial]:
    """Services that are started; every process is ended afterwards."""
    place = Path(tempfile.mkdtemp(prefix="hub-", dir=folder))
    with ExitStack() as held:
        if timescale.ONLY and postgres is None and database_url is None:
            postgres = held.enter_context(timescale.own_postgres())
        made = Trial(place, speed=speed, database_url=database_url, postgres=postgres)
        held.callback(made.world.close)
        made.world.start_services()
        yield made


def until(condition: Callable[[], Any], *, within: float = 30.0) -> Any:
    """What the condition answers when it is true; fails with its last answer."""
    end = time.monotonic() + within
    while not (last := condition()):
        assert time.monotonic() < end, f"not within {within} s: {last!r}"
        time.sleep(0.05)
    return last


def clean_environment(**more: str) -> dict[str, str]:
    """The environment of a command, with these settings of the hub and no other."""
    return {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")} | more


@contextmanager
def console(running: Trial, username: str) -> Iterator[httpx.Client]:
    """A browser's session at the hub's console: logged in."""
    with httpx.Client(base_url=running.world.url, timeout=20) as client:
        answer = client.post("/api/session", json={"username": username, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        yield client


def act(client: httpx.Client, alert: dict[str, Any], action: str, **more: Any) -> httpx.Response:
    """One action on an alert as this client saw it, with a key of its own."""
    headers = {"If-Match": f'"{alert["version"]}"', "Idempotency-Key": secrets.token_hex(8)}
    return client.post(f"/api/alerts/{alert['id']}/actions", json={"action": action, **more}, headers=headers)


def devices_of(running: Trial, *names: str) -> dict[str, Device]:
    """Bare clients of registered devices, by the name of their patient."""
    broker = Broker(running.world.broker, running.world.accounts)
    return {name: Device(broker, f"dev-{name}", site=SITE) for name in names}


def temperature(seq: int, value: float, *, at: Micros, boot: str = "7f3a") -> bytes:
    """One message with a temperature."""
    return payload(seq, boot=boot, t=at, obs=[{"c": "8310-5", "v": value, "u": "Cel", "site": "axilla"}])
