"""The demo: everything embedded, in a folder of its own, with simulated and replayed patients. Wiring only.

Every process is a child that dies with this one. Nothing of the surroundings' settings reaches them.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from msgspec import Struct

from clinician_ui.first_account import NewUser, add_user
from device_sim.demo import SITE, demo_fleet
from domain.instants import SECOND, Micros, iso, moment
from storage import registry, tallies
from storage.connection import connect
from storage.migrate import migrate
from vigie import broker_accounts, fleet, oracle
from vigie.broker_accounts import FileAccounts
from vigie.clock import Clock, real_now
from vigie.embedded import child
from vigie.embedded.child import EmbeddedError
from vigie.embedded.mosquitto import EmbeddedMosquitto, free_port
from vigie.embedded.postgres import EmbeddedPostgres
from vigie.hub import TICK_EVERY

DATABASE = "vigie_demo"
PEOPLE = (("physician", "physician"), ("nurse", "nurse"), ("operator", "operator"))
LINE_EVERY = 10.0
READY_WITHIN = 60.0
FLEET_DRAIN = 20.0
RECORDINGS = 40


class Wish(Struct, frozen=True):
    """What the demo is asked for. `port` 0: any free one. `seconds` None: no end. `folder` None: a private one."""

    patients: int = 40
    speed: float = 60.0
    seconds: float | None = None
    port: int = 8000
    folder: Path | None = None


class Summary(Struct, frozen=True):
    """What `vigie demo --seconds` prints. `lost`: sent by a device, and neither stored nor refused nor dropped."""

    published: int
    stored: int
    rejected: int
    duplicates_dropped: int
    alerts_opened: int
    truth_events: int
    truth_alerted: int
    lost: int
    missed: tuple[str, ...]


class Demo:
    """Start it as a context manager, `watch` it, then ask for its `summary`."""

    def __init__(self, wish: Wish, say: Callable[[str], None]) -> None:
        self.wish = wish
        self.say = say
        self.folder = wish.folder or Path(tempfile.mkdtemp(prefix="vigie-demo-", dir="/var/tmp"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)  # the services' users pass through; what is inside is theirs or ours alone
        self.postgres = EmbeddedPostgres(self.folder / "postgres")
        self.broker = EmbeddedMosquitto(self.folder / "broker")
        self.port = wish.port or free_port()
        epoch = real_now()
        self.clock = Clock(wish.speed, epoch, epoch)
        self.passwords = {name: secrets.token_urlsafe(9) for name, _ in PEOPLE}
        self._children: list[subprocess.Popen[bytes]] = []
        self._fleet: subprocess.Popen[bytes] | None = None
        self._hub: subprocess.Popen[bytes] | None = None
        self._stored = (0, time.monotonic())

    def __enter__(self) -> Self:
        """Start everything; on a failure nothing is left behind."""
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything."""
        self.close()

    @property
    def url(self) -> str:
        """The console's address."""
        return f"http://127.0.0.1:{self.port}"

    # ---- starting ---------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        _check_port(self.port)
        self.say("starting PostgreSQL and the broker ...")
        self.postgres.start()
        self.broker.start()
        self.say("making the schema, patients, devices and accounts ...")
        env = self._register()
        self.say("starting the hub ...")
        argv = [sys.executable, "-m", "vigie", "serve"]
        self._hub = self._spawn(argv, "hub.log", env)
        self._wait_until_ready()
        self.say("starting the simulated devices ...")
        argv = [sys.executable, "-m", "device_sim", str(self.folder / "fleet.json")]
        self._fleet = self._spawn(argv, "fleet.log", {})

    def _spawn(self, argv: list[str], log: str, env: dict[str, str]) -> subprocess.Popen[bytes]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")} | env
        process = child.spawn(argv, run_as=None, log=self.folder / log, death_signal=signal.SIGTERM, env=clean)
        self._children.append(process)
        return process

    def _register(self) -> dict[str, str]:
        with connect(self.postgres.url) as conn:
            conn.autocommit = True
            conn.execute(f"CREATE DATABASE {DATABASE}")
        url = self.postgres.url_of(DATABASE)
        accounts = FileAccounts(self.broker.accounts)
        hub_password = secrets.token_urlsafe(24)
        broker_accounts.add_hub(accounts, "hub", hub_password)
        at = self.clock.now()
        specs = demo_fleet(self.wish.patients, min(self.wish.patients, RECORDINGS), 1, start=at)
        with connect(url) as conn:
            migrate(conn)
        with connect(url) as conn:
            registry.add_site(conn, SITE, "Démonstration", at)
            devices = fleet.register(conn, accounts, specs, at=at)
            for name, role in PEOPLE:
                add_user(conn, NewUser(name, role, self.passwords[name], (SITE,)), at, actor="vigie demo")
        self._write_fleet(devices)
        return {
            "VIGIE_DATABASE_URL": url,
            "VIGIE_MQTT_URL": self.broker.url_for("hub", hub_password),
            "VIGIE_BROKER_ACL": f"file:{self.broker.accounts}",
            "VIGIE_SECRET_KEY": secrets.token_hex(32),
            "VIGIE_HTTP_PORT": str(self.port),
            "VIGIE_DATA_DIR": str(self.folder),
            "VIGIE_CLOCK_SPEED": repr(self.clock.speed),
            "VIGIE_CLOCK_EPOCH": iso(self.clock.epoch),
        }

    def _write_fleet(self, devices: list[dict[str, Any]]) -> None:
        epoch = iso(self.clock.epoch)
        content = {
            "broker": self.broker.url,
            "clock": {"epoch_real": epoch, "epoch_hub": epoch, "speed": self.clock.speed},
            "devices": devices,
            "truth": str(self.folder / "truth.jsonl"),
            "ledger": str(self.folder / "ledger.jsonl"),
            "outbox": str(self.folder / "outbox"),
            "drain_s": FLEET_DRAIN,
        }
        fleet.write(self.folder / "fleet.json", content)

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + READY_WITHIN
        while time.monotonic() < end:
            if self._hub is not None and self._hub.poll() is not None:
                raise EmbeddedError(f"the hub did not start: {child.tail(self.folder / 'hub.log')}")
            if self._ready():
                return
            time.sleep(0.1)
        raise EmbeddedError(f"the hub is not ready after {READY_WITHIN:.0f} s: {child.tail(self.folder / 'hub.log')}")

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    # ---- watching ---------------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """A line every ten seconds until the time is over, somebody interrupts, or a part ends by itself."""
        end = None if self.wish.seconds is None else time.monotonic() + self.wish.seconds
        following = time.monotonic() + LINE_EVERY
        while end is None or time.monotonic() < end:
            time.sleep(0.2)
            for name, process in (("hub", self._hub), ("fleet", self._fleet)):
                if process is not None and process.poll() is not None and (name == "hub" or process.returncode):
                    raise EmbeddedError(f"the {name} ended by itself: {child.tail(self.folder / f'{name}.log')}")
            if time.monotonic() >= following:
                following += LINE_EVERY
                self.say(self._line())

    def _line(self) -> str:
        with connect(self.postgres.url_of(DATABASE)) as conn:
            found = tallies.tally(conn)
        before, since = self._stored
        now = time.monotonic()
        rate = (found.messages - before) / max(now - since, 1e-3)
        self._stored = (found.messages, now)
        return (
            f"hub time {_paris(self.clock.now())} | {found.messages} messages stored (+{rate:.0f}/s), "
            f"{found.refused} refused | alerts: {found.alerts} so far, {found.open} open, {found.open_high} high open"
        )

    # ---- ending -----------------------------------------------------------------------------------------------------

    def summary(self) -> Summary:
        """Stop the devices, wait for their last acknowledgements, compare ledger and truth with the hub."""
        upto = self.clock.now()
        sent = self._end_fleet()
        time.sleep(3 * self.clock.real_seconds(self._tick()))
        with connect(self.postgres.url_of(DATABASE)) as conn:
            found = tallies.tally(conn)
            ledger, truth = self.folder / "ledger.jsonl", self.folder / "truth.jsonl"
            verdict = oracle.compare(conn, ledger, truth, upto=upto)
        return Summary(
            published=int(sent.get("published", verdict.sent)),
            stored=found.messages,
            rejected=found.refused,
            duplicates_dropped=self._duplicates(),
            alerts_opened=found.alerts,
            truth_events=verdict.truths,
            truth_alerted=verdict.truths - len(verdict.missed),
            lost=len(verdict.lost),
            missed=verdict.missed,
        )

    def _tick(self) -> Micros:
        return max(TICK_EVERY, round(SECOND * self.clock.speed))

    def _end_fleet(self) -> dict[str, Any]:
        if self._fleet is None:
            return {}
        child.stop(self._fleet, signal.SIGTERM, seconds=FLEET_DRAIN + 15)
        for line in reversed((self.folder / "fleet.log").read_text("utf-8").splitlines()):
            if line.startswith("{"):
                found: dict[str, Any] = json.loads(line)
                return found
        return {}

    def _duplicates(self) -> int:
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=5) as answer:  # noqa: S310
            for line in answer.read().decode().splitlines():
                if line.startswith("vigie_ingest_duplicates_dropped_total "):
                    return int(float(line.split()[1]))
        return 0

    def close(self) -> None:
        """End every process, and the folder if it was ours."""
        for process in reversed(self._children):
            child.stop(process, signal.SIGTERM, seconds=15)
        self.broker.stop()
        self.postgres.stop()
        if self.wish.folder is None:
            shutil.rmtree(self.folder, ignore_errors=True)


def _check_port(port: int) -> None:
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise EmbeddedError(
                f"--port {port}: expected a free port ({error.strerror}); choose another one"
            ) from error


def _paris(at: Micros) -> str:
    when: datetime = moment(at).astimezone(ZoneInfo("Europe/Paris"))
    return when.strftime("%d/%m %H:%M")


@contextmanager
def terminated_like_interrupted() -> Iterator[None]:
    """SIGTERM ends the demo as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
