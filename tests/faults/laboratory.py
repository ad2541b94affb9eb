"""A whole hub behind links that can be broken: what the nemesis works on, and what is judged when it has ended."""

import json
import math
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec import Struct, structs
from rich.console import Console as Terminal

from bench import setting
from bench.load import device_names
from domain.wire import device_topic
from storage import registry
from tests.faults.consoles import Console
from tests.faults.proxy import Proxy
from tests.flow import hub_oracle
from tests.flow.hub_oracle import Broken
from tests.flow.hub_world import PASSWORD, SITE, Trial, ward
from vigie import broker_accounts
from vigie.broker_accounts import Grants
from vigie.embedded.mosquitto import free_port

CONSOLES = ("doc1", "nurse1", "doc1")
PATIENCE = "180"  # s: under libfaketime a hub is several times slower than it is, on a busy machine slower still
READY_WITHIN = 40.0
FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
FLOODER = device_names(1, "flood")[0]


class Tried(Struct, frozen=True):
    """One fault and how long after its end readings were stored again."""

    fault: str
    recovered_s: float


class Judged(Struct, frozen=True):
    """What one hub had lived through and what was left of it."""

    tried: tuple[Tried, ...]
    broken: Broken
    events: int
    frames: int
    frames_missing: int
    frames_twice: int
    flooded: int


class Laboratory:
    """Services, hub and fleet behind proxies, three consoles, and a device that may flood."""

    def __init__(self, trial: Trial, links: dict[str, Proxy], *, clocks: bool) -> None:
        self.trial, self.links = trial, links
        self.tried: list[Tried] = []
        self.flooded = 0
        self._flood_url = ""
        world = trial.world
        self._settings = {
            "VIGIE_MQTT_URL": world.env["VIGIE_MQTT_URL"].rpartition(":")[0] + f":{links['hub-broker'].listen[1]}",  # type: ignore[index]
            "VIGIE_DATABASE_URL": f"postgresql://postgres@/vigie_test?host={links['hub-database'].listen.parent}",  # type: ignore[union-attr]
        }
        self._clock = trial.folder / "hub-clock"
        self.set_clock(0.0)
        if clocks and FAKETIME is not None:
            self._settings |= {
                "LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(self._clock), "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }  # fmt: skip
        self.consoles = [Console(world.url, name, PASSWORD) for name in CONSOLES]

    def begin(self) -> None:
        """Patients, their devices, a hub that stores, consoles that follow."""
        trial = self.trial
        trial.register(ward(trial.world.clock.now()))
        self._register_flooder()
        self._behind("devices-broker")
        self.start_hub()
        trial.world.wait_until_ready(READY_WITHIN)
        for console in self.consoles:
            console.start()
        trial.start_fleet()

    def recover(self, fault: str) -> Tried:
        """Wait until readings are stored again; how long that took."""
        tried = Tried(fault, round(self.trial.world.wait_until_ready(READY_WITHIN), 2))
        self.tried.append(tried)
        return tried

    def judge(self) -> Judged:
        """End the devices once all of theirs is acknowledged, then compare. AssertionError: what is stored contradicts
        itself. What is lost, twice or missed is counted: one whose count is not 0 is not looked at further."""
        sums = self.trial.end_fleet()
        assert sums["unacked"] == 0
        broken = hub_oracle.count(self.trial)
        if not (broken.lost or broken.twice or broken.missed):
            hub_oracle.check(self.trial)
        rows = self.trial.ask("SELECT id FROM alert_event WHERE kind <> 'refused' ORDER BY id")
        ids = [row[0] for row in rows]
        for console in self.consoles:
            console.end(ids[-1] if ids else 0)
        wanted = [(console, {one for one in ids if one > (console.begun_at or 0)}) for console in self.consoles]
        assert all(console.anew == 0 for console in self.consoles), "a console lost its place"
        stored = self.trial.ask("SELECT count(*), count(DISTINCT (boot, seq)) FROM message WHERE device = %s", FLOODER)
        assert stored == [(self.flooded, self.flooded)]
        return Judged(
            tuple(self.tried),
            structs.replace(broken, sent=broken.sent + self.flooded),
            len(ids),
            frames=sum(len(console.seen) for console in self.consoles),
            frames_missing=sum(len(ids_ - set(console.seen)) for console, ids_ in wanted),
            frames_twice=sum(len(console.seen) - len(set(console.seen)) for console in self.consoles),
            flooded=self.flooded,
        )  # fmt: skip

    # ---- what the nemesis does ----

    def kill(self, part: str) -> None:
        """`kill -9` of hub, broker or database."""
        world = self.trial.world
        if part == "hub":
            world.kill_hub()
        elif part == "broker":
            world.broker.kill9()
        elif world.postgres is not None:
            world.postgres.kill9()

    def start(self, part: str) -> None:
        """Start it again."""
        world = self.trial.world
        if part == "hub":
            self.start_hub()
        elif part == "broker":
            world.broker.start()
        elif world.postgres is not None:
            world.postgres.start()

    def start_hub(self, crash: str | None = None) -> None:
        """A hub that reaches broker and database by the links."""
        self.trial.world.start_hub(crash=crash, settings=self._settings)

    def wait_for_end(self, seconds: float) -> None:
        """Until the hub has killed itself; killed from outside when it never came to that point."""
        hub, end = self.trial.world.hub, time.monotonic() + seconds
        while hub is not None and hub.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        self.trial.world.kill_hub()

    def set_clock(self, seconds: float) -> None:
        """The hub's clock beside the machine's, which is never touched."""
        self._clock.write_text(f"{seconds:+.3f}")

    def pids(self, part: str) -> list[int]:
        """Processes that a part consists of."""
        world = self.trial.world
        if part == "database" and world.postgres is not None and world.postgres.pid is not None:
            mother = world.postgres.pid
            found = subprocess.run(["pgrep", "-P", str(mother)], capture_output=True, text=True, check=False).stdout
            return [mother, *(int(pid) for pid in found.split())]
        pid = world.broker.pid if part == "broker" else None if world.hub is None else world.hub.pid
        return [] if pid is None else [pid]

    def flood(self, messages: int) -> None:
        """As many messages of one device as fast as the broker takes them, each acknowledged by the hub."""
        argv = [sys.executable, "-m", "bench.load", "--url", self._flood_url, "--site", SITE, "--devices", "1"]
        argv += ["--prefix", "flood", "--messages", str(messages), "--seconds", "60", "--acks", "--drain-s", PATIENCE]
        done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=300)
        answer = json.loads(done.stdout)
        assert answer["acked"] == answer["sent"] == messages, answer
        self.flooded += messages

    # ---- set-up ----

    def _behind(self, link: str) -> None:
        """The fleet reaches the broker by its link."""
        path = self.trial.folder / "fleet.json"
        content = json.loads(path.read_text("utf-8"))
        port = self.links[link].listen[1]  # type: ignore[index]
        path.write_text(json.dumps(content | {"broker": f"mqtt://127.0.0.1:{port}"}), "utf-8")

    def _register_flooder(self) -> None:
        world, at = self.trial.world, self.trial.world.clock.now()
        with world.connect() as conn:
            registry.add_patient(conn, "flood", SITE, at)
            registry.add_plan(conn, "flood", setting.PLAN, set_by="test", set_at=at)
            registry.add_device(conn, FLOODER, SITE, at)
            registry.wear(conn, FLOODER, "flood", at)
        grants = Grants((device_topic(SITE, FLOODER, "obs"),), (f"vigie/1/{SITE}/+/ack",))
        made = broker_accounts.add(world.accounts, FLOODER, "flood-password-of-a-test", grants=grants)
        self._flood_url = world.broker.url_for(made.username, made.password)
        self.trial.others.append(FLOODER)


@contextmanager
def laboratory(folder: Path, *, clocks: bool = False) -> Iterator[Laboratory]:
    """One hub with everything it needs; every process is ended afterwards. `clocks`: the hub's own can be set wrong."""
    place = Path(tempfile.mkdtemp(prefix="lab-", dir=folder))
    trial = Trial(place)
    world = trial.world
    try:
        world.start_services()
        sockets = place / "link"
        sockets.mkdir()
        assert world.postgres is not None
        behind = Path(world.postgres.url.partition("host=")[2]) / ".s.PGSQL.5432"
        with ExitStack() as stack:
            links = {
                "hub-broker": Proxy(("127.0.0.1", free_port()), ("127.0.0.1", world.broker.port)),
                "devices-broker": Proxy(("127.0.0.1", free_port()), ("127.0.0.1", world.broker.port)),
                "hub-database": Proxy(sockets / ".s.PGSQL.5432", behind),
            }
            for link in links.values():
                stack.enter_context(link)
            yield Laboratory(trial, links, clocks=clocks)
    finally:
        world.close()


@contextmanager
def kept_if_it_fails(prefix: str, terminal: Terminal) -> Iterator[Path]:
    """A folder for a run; it stays, and is named, when the run ends in an error."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=setting.FOLDER))
    folder.chmod(0o711)
    try:
        yield folder
    except Exception:  # whatever it was: said, and raised again
        terminal.print(f"[bold]the logs of hub, broker and database are kept in {folder}[/bold]")
        raise
    shutil.rmtree(folder, ignore_errors=True)


def upper_bound(events: int, trials: int) -> float:
    """Upper 95 % bound of a rate, exact for none, Poisson with a normal margin else."""
    if trials == 0:
        return 1.0
    if events == 0:
        return float(1 - 0.05 ** (1 / trials))
    return min(1.0, (events + 1.96 * math.sqrt(events) + 2) / trials)


def dice_of(seed: int) -> random.Random:
    """Dice of one run: printed, so that a run can be repeated."""
    return random.Random(seed)
