"""The hub's services put together: what `vigie serve` and `vigie demo` run. Wiring only.

Ingest (its own thread) and the console (uvicorn) meet in the database alone, so each role may also run apart.
"""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import psycopg
import structlog
import uvicorn
from fastapi import APIRouter, FastAPI
from msgspec import Struct
from prometheus_client import CollectorRegistry

from alerts.escalation.notifier import Notifier
from alerts.predict import watching
from alerts.protocol.library import shipped
from alerts.questionnaire_shelf import books
from alerts.service import Owner
from clinician_ui.app import create_app
from clinician_ui.deps import Deps
from clinician_ui.deps import Hub as HubFacts
from clinician_ui.first_account import OneTime, first_account
from clinician_ui.operations import create_operations_app
from clinician_ui.operations import router as operations
from domain.instants import SECOND, Micros
from domain.questionnaire import Book
from ingest.decider import Decider
from ingest.holder import this_process
from ingest.metrics import Metrics
from ingest.service import IngestService, Plan
from ingest.subscriber import bulk_url, link
from patient_ui.app import create_app as create_patient_app
from storage import doctor, migrate, wearing
from storage.connection import Connection, Pool, connect, pool
from storage.servers import memory
from vigie import __version__, allocator
from vigie.app_wiring import app_deps, start_reminders
from vigie.clock import Clock, Steady, clock_of, real_now
from vigie.listening import listening
from vigie.modelling import Modelling, start_models
from vigie.notifying import push_key, start_notifier
from vigie.rolling import start_rollups
from vigie.settings import Settings
from vigie.watching import start_watch
from web.standing import Standing

Role = Literal["all", "ingest", "web"]
TICK_EVERY: Micros = SECOND
RETRY_SECONDS = 2.0
GIVE_BACK_EVERY = 300.0
log = structlog.get_logger("vigie")


class Start(Struct, frozen=True):
    """What to run, besides the settings. `crash`: a point at which a test wants the process killed."""

    role: Role = "all"
    sites: tuple[str, ...] = ()
    demo: bool = False
    crash: str | None = None
    take_over: bool = False
    told: Callable[[OneTime], None] = lambda _: None


class Outside:
    """What ingest is given: connections, the decider, the clock, and the crash points of the fault tests."""

    def __init__(self, settings: Settings, start: Start, clock: Clock) -> None:
        self._settings = settings
        self._start = start
        self._clock = clock
        self._passed = 0
        self._pool: Pool | None = None
        self.modelling = Modelling(clock.speed)

    def connect(self) -> Connection:
        """A new connection for the owner of the ingest group."""
        return connect(self._settings.database_url, application_name="vigie-ingest")

    def load_decider(self, _: psycopg.Connection[object]) -> Decider:
        """The owner of the patients' states, loaded."""
        if self._pool is None:
            self._pool = pool(self._settings.database_url, 2, application_name="vigie-decider")
        owner = Owner(shipped(), self._lend, self._start.sites or None, self.modelling.told)
        log.info("patients loaded", patients=owner.load(self._clock.now()))
        allocator.calm()
        return owner

    @contextmanager
    def _lend(self) -> Iterator[psycopg.Connection[Any]]:
        if self._pool is None:
            raise RuntimeError("load_decider: expected before any reading")
        with self._pool.connection() as conn:
            yield conn

    def books(self, conn: psycopg.Connection[Any], /) -> Mapping[str, Book]:
        """The questionnaires that ship, and those of each site."""
        return books(conn)

    def now(self) -> Micros:
        """The hub's clock."""
        return self._clock.now()

    def crash(self, point: str) -> None:
        """At the point that a fault test named (`POINT` or `POINT:TIMES`): this process is gone, as by `kill -9`."""
        if self._start.crash is None:
            return
        name, _, times = self._start.crash.partition(":")
        self._passed += point == name
        if point == name and self._passed >= int(times or 1):
            os._exit(137)

    def close(self) -> None:
        """Give the connections back."""
        if self._pool is not None:
            self._pool.close()


class Services:
    """The services of one process. `refused` says why the hub will not start on this database."""

    def __init__(self, settings: Settings, start: Start) -> None:
        self.settings = settings
        self.start_with = start
        self.clock = clock_of(settings, Steady())
        self.refused: list[str] = []
        self.registry = CollectorRegistry()
        self.standing = Standing()
        self._outside = Outside(settings, start, self.clock)
        self._ingest: IngestService | None = None
        self._notifier: Notifier | None = None
        self._watcher: threading.Thread | None = None
        self._reminders: threading.Thread | None = None
        self._rollups: threading.Thread | None = None
        self._modellers: list[threading.Thread] = []
        self._pool: Pool | None = None
        self._stopping = threading.Event()
        self._server: uvicorn.Server | None = None
        self._socket: socket.socket | None = None
        self._starter = threading.Thread(target=self._begin, name="starter", daemon=True)

    def run(self) -> int:
        """Serve until told to stop. The exit status: 1 when the hub refused to start or ingest gave up.

        Raises SettingsError when it cannot listen, before anything else: a second hub must not touch the first.
        """
        allocator.few_arenas()
        self._listen()
        self._end_on_signals()
        self._starter.start()
        if self._socket is None:
            self._stopping.wait()
        elif self.start_with.role == "ingest":
            self._serve(create_operations_app(self._operations()), self._socket)
        else:
            self._serve(self._console(), self._socket)
        self._stopping.set()
        self._starter.join(timeout=10)
        failure = self._ingest.failure if self._ingest is not None else None
        if self._ingest is not None:
            self._ingest.stop()
        if self._notifier is not None:
            self._notifier.join()
        if self._watcher is not None:
            self._watcher.join(timeout=5)
        if self._reminders is not None:
            self._reminders.join(timeout=5)
        if self._rollups is not None:
            self._rollups.join(timeout=5)
        for modeller in self._modellers:
            modeller.join(timeout=5)
        self._outside.close()
        if self._pool is not None:
            self._pool.close()
        return 1 if self.refused or failure else 0

    def stop(self) -> None:
        """Ask everything to end."""
        self._stopping.set()
        if self._server is not None:
            self._server.should_exit = True

    def _listen(self) -> None:
        settings = self.settings
        if self.start_with.role != "ingest":
            self._socket = listening(settings.http_host, settings.http_port)
        elif settings.health_port is not None:
            self._socket = listening(settings.http_host, settings.health_port, "VIGIE_HEALTH_PORT")

    def _operations(self) -> APIRouter:
        return operations(self.away, self.standing, self.clock.now, self.registry)

    def _console(self) -> FastAPI:
        self._pool = pool(self.settings.database_url, 10, application_name="vigie-web")
        deps = Deps(
            pool=self._pool,
            database_url=self.settings.database_url,
            clock=self.clock.now,
            wall=real_now,
            secret_key=self.settings.secret_key.get_secret_value().encode(),
            hub=HubFacts(version=__version__, speed=self.clock.speed, demo=self.start_with.demo),
            ready=self.away,
            standing=self.standing,
            registry=self.registry,
            console_url=self.settings.console_url,
            push_key=push_key(self.settings),
        )
        app = create_app(deps)
        app.mount("/app", create_patient_app(app_deps(self.settings, deps)))
        return app

    def _serve(self, app: FastAPI, listener: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            ws="websockets-sansio",
            timeout_graceful_shutdown=3,
            ws_max_size=65_536,
        )
        self._server = uvicorn.Server(config)
        if self._stopping.is_set():
            return
        self._server.run(sockets=[listener])

    def _end_on_signals(self) -> None:
        """Ours before uvicorn's: it raises the signal again when it has ended, which must not end the process there."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stop())

    def away(self) -> list[str]:
        """The parts that cannot be reached now: empty while readings are stored."""
        if self.refused:
            return [f"database: {reason}" for reason in self.refused]
        if self.start_with.role == "web":
            return [] if self._database_answers() else [self._no_database()]
        if self._ingest is None:
            return [self._no_database()]
        health = self._ingest.health
        if health.waiting and not health.failure:
            return [f"ingest: {health.waiting}"]
        found = [] if health.database else [self._no_database()]
        found += [] if health.live and health.bulk else ["broker"]
        found += [health.failure] if health.failure else []
        return found if found or health.storing else ["ingest"]

    def _no_database(self) -> str:
        former = memory.refused.get(self.settings.database_url)
        return "database" if former is None else f"former: {former}"

    def _database_answers(self) -> bool:
        if self._pool is None:
            return False
        try:
            with self._pool.connection(timeout=1) as conn:
                conn.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def _begin(self) -> None:
        """Wait for the database, check it, then start ingest."""
        while not self._stopping.is_set():
            try:
                with connect(self.settings.database_url, application_name="vigie-start") as conn:
                    self.refused = refusals(conn) or unknown_sites(conn, self.start_with.sites)
                    made = None if self.refused else first_account(conn, self.clock.now())
                break
            except psycopg.OperationalError as error:
                log.warning("database away, trying again", error=str(error).strip().split("\n")[0])
                self._stopping.wait(RETRY_SECONDS)
        else:
            return
        for reason in self.refused:
            log.error("the hub refuses to start", reason=reason)
        if self.refused:
            self.stop()
            return
        if made is not None:
            self.start_with.told(made)
        if self.start_with.role != "web":
            self._ingest = IngestService(self._plan(), self._outside, Metrics(self.registry))
            self._ingest.start()
            self._notifier = start_notifier(
                self.settings, self.clock, registry=self.registry, stop=self._stopping, crash=self._outside.crash
            )
            self._watcher = start_watch(
                self.settings, self.clock, self.start_with.sites, stop=self._stopping, registry=self.registry
            )
            self._reminders = start_reminders(self.settings, self.clock, self._stopping)
            self._rollups = start_rollups(self.settings, self.clock, stop=self._stopping, registry=self.registry)
            self._modellers = start_models(
                self.settings, self.clock, self.start_with.sites, self._outside.modelling, stop=self._stopping,
                crash=self._outside.crash, metrics=watching.Metrics(self.registry),
            )  # fmt: skip
            self._watch(self._ingest)

    def _watch(self, ingest: IngestService) -> None:
        """A hub whose ingest has given up ends, so that whatever supervises it starts another."""
        given_back = time.monotonic()
        while not self._stopping.wait(0.5):
            self.standing.note(self.away(), self.clock.now())
            if time.monotonic() - given_back > GIVE_BACK_EVERY:
                given_back = time.monotonic()
                allocator.give_back()
            if ingest.failure:
                self.stop()

    def _plan(self) -> Plan:
        url, ca = self.settings.mqtt_url, self.settings.mqtt_ca_file
        ca_file = None if ca is None else str(ca)
        version = 4 if self.settings.mqtt_version == "3.1.1" else 5  # as they are numbered in CONNECT
        return Plan(
            group=group_name(self.start_with.sites),
            holder=this_process(),
            live=link(url, ca_file=ca_file, version=version),
            bulk=link(bulk_url(url), ca_file=ca_file, version=version),
            sites=self.start_with.sites,
            take_over=self.start_with.take_over,
            tick_every=max(TICK_EVERY, round(SECOND * self.clock.speed)),
        )


def group_name(sites: Sequence[str]) -> str:
    """The name of an ingest group: its sites, or `all`."""
    return "-".join(sorted(sites)) or "all"


def unknown_sites(conn: Connection, wanted: Sequence[str]) -> list[str]:
    """Why these sites cannot be served."""
    known = wearing.sites(conn)
    return [f"--sites: no site {name!r}, expected one of: {', '.join(known)}" for name in wanted if name not in known]


def refusals(conn: Connection) -> list[str]:
    """Why the hub must not start on this database; empty when it may."""
    found = doctor.refusals(conn)
    try:
        waiting = [migration.name for migration in migrate.pending(conn)]
    except migrate.MigrationError as error:
        return [*found, str(error)]
    if waiting:
        found.append(f"migrations: {', '.join(waiting)} pending, expected none: run `vigie db migrate`")
    return found
