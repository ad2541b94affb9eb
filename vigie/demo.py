"""The demo: everything embedded, in a folder of its own, with simulated and replayed patients. Wiring only."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
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
from storage import actions, registry, tallies
from storage.connection import Connection
from vigie import fleet, oracle
from vigie.clock import real_now
from vigie.demo_roster import everybody_on_call
from vigie.demo_sheets import fill_in
from vigie.embedded import child
from vigie.embedded.child import EmbeddedError
from vigie.embedded.world import World, check_port
from vigie.hub import TICK_EVERY
from web import enrolment

PEOPLE = (("physician", "physician"), ("nurse", "nurse"), ("coordinator", "coordinator"), ("operator", "operator"))
LINE_EVERY = 10.0
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
        self.folder = wish.folder or _private_folder()
        if wish.port:
            check_port(wish.port)
        self.world = World(self.folder, port=wish.port, speed=wish.speed)
        self.passwords = {name: secrets.token_urlsafe(9) for name, _ in PEOPLE}
        self.app_code = ""
        self._fleet: subprocess.Popen[bytes] | None = None
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
        return self.world.url

    # ---- starting ---------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self.say("starting PostgreSQL and the broker ...")
        self.world.start_services()
        self.say("making patients, devices and accounts ...")
        self._register()
        self.say("starting the hub ...")
        self.world.start_hub()
        self.world.wait_until_ready()
        self.say("starting the simulated devices ...")
        self._fleet = self.world.spawn(
            [sys.executable, "-m", "device_sim", str(self.folder / "fleet.json")], "fleet.log", {}
        )

    def _register(self) -> None:
        at = self.world.clock.now()
        specs = demo_fleet(self.wish.patients, min(self.wish.patients, RECORDINGS), 1, start=at)
        with self.world.connect() as conn:
            registry.add_site(conn, SITE, "Démonstration", at)
            devices = fleet.register(conn, self.world.accounts, specs, at=at)
            for name, role in PEOPLE:
                add_user(conn, NewUser(name, role, self.passwords[name], (SITE,)), at, actor="vigie demo")
            for spec in (each for each in specs if each.entries):
                wish = actions.Wish(
                    SITE, spec.patient, "entries", spec.entries or {}, "nurse", "nurse", spec.patient, at
                )
                actions.insert(conn, wish)  # as if the demo's nurse had entered it
            fill_in(conn, (each.patient for each in specs), by="vigie demo", at=at)
            self.app_code = self._app_code(conn, specs[0].patient, at)
            everybody_on_call(conn, SITE, PEOPLE, at=at)
        clock, epoch = self.world.clock, iso(self.world.clock.epoch)
        content = {
            "broker": self.world.broker.url,
            "clock": {"epoch_real": epoch, "epoch_hub": epoch, "speed": clock.speed},
            "devices": devices,
            "truth": str(self.folder / "truth.jsonl"),
            "ledger": str(self.folder / "ledger.jsonl"),
            "outbox": str(self.folder / "outbox"),
            "drain_s": FLEET_DRAIN,
        }
        fleet.write(self.folder / "fleet.json", content)

    def _app_code(self, conn: Connection, patient: str, at: Micros) -> str:
        """A code for one patient's app: everybody can try the other half."""
        key = self.world.env["VIGIE_SECRET_KEY"].encode()
        by = enrolment.By("vigie demo", "operator", real_now(), at, key)
        account = enrolment.add_person(conn, enrolment.NewPerson("patient", patient, SITE), by)
        return enrolment.new_code(conn, account, by).code

    # ---- watching ---------------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """A line every ten seconds until the time is over, somebody interrupts, or a part ends by itself."""
        end = None if self.wish.seconds is None else time.monotonic() + self.wish.seconds
        following = time.monotonic() + LINE_EVERY
        while end is None or time.monotonic() < end:
            time.sleep(0.2)
            for name, process in (("hub", self.world.hub), ("fleet", self._fleet)):
                if process is not None and process.poll() is not None and (name == "hub" or process.returncode):
                    raise EmbeddedError(f"the {name} ended by itself: {child.tail(self.folder / f'{name}.log')}")
            if time.monotonic() >= following:
                following += LINE_EVERY
                self.say(self._line())

    def _line(self) -> str:
        with self.world.connect() as conn:
            found = tallies.tally(conn)
        before, since = self._stored
        now = time.monotonic()
        rate = (found.messages - before) / max(now - since, 1e-3)
        self._stored = (found.messages, now)
        return (
            f"hub time {_paris(self.world.clock.now())} | {found.messages} messages stored (+{rate:.0f}/s), "
            f"{found.refused} refused | alerts: {found.alerts} so far, {found.open} open, {found.open_high} high open"
        )

    # ---- ending -----------------------------------------------------------------------------------------------------

    def summary(self) -> Summary:
        """Stop the devices, wait for their last acknowledgements, compare ledger and truth with the hub."""
        upto = self.world.clock.now()
        sent = self._end_fleet()
        time.sleep(3 * self.world.clock.real_seconds(self._tick()))
        with self.world.connect() as conn:
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
        return max(TICK_EVERY, round(SECOND * self.world.clock.speed))

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
        self.world.close()
        if self.wish.folder is None:
            shutil.rmtree(self.folder, ignore_errors=True)


PREFIX, PID = "vigie-demo-", "pid"


def _private_folder() -> Path:
    """A new folder; those of demos that were killed are removed."""
    place = Path("/var/tmp")  # noqa: S108 - an ordinary user can enter it: the services run as one
    for old in place.glob(f"{PREFIX}*"):
        owner = old / PID
        if owner.is_file() and not Path("/proc", owner.read_text()).exists():
            shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    (folder / PID).write_text(str(os.getpid()))
    return folder


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
