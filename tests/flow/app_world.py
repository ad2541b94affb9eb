"""A small world for the app's tests: the console and the app served together, and the real writer and engine on its
database, without a broker. `App` is one installation of the app with its own boot, numbers and cookie.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import psycopg
from prometheus_client import CollectorRegistry

from alerts.protocol.library import shipped
from alerts.service import Owner as Patients
from clinician_ui.app import create_app
from clinician_ui.first_account import NewUser, add_user
from domain.instants import HOUR, iso, moment
from ingest.acks import Acks
from ingest.app_posts import Posts
from ingest.duplicates import Seen
from ingest.entering import apply
from ingest.metrics import Metrics
from ingest.owner import LeaseLost, Owner, Stopping
from ingest.registry import registry
from ingest.writer import Tools, Writer
from patient_ui.app import create_app as create_patient_app
from storage import app_people, connection, inbox, wearing
from tests.flow.console_world import Served, free_port, make_deps, now
from vigie.app_wiring import app_deps
from vigie.settings import Settings
from web.enrolment import By, NewPerson, add_person, join, new_code

PASSWORD = "le jardin est calme 42"
KEY = b"k" * 32
INSTALL = "install0000000000001"


class Ingest:
    """What the ingest service does between its two MQTT sessions, in a thread: posts, entries, actions, ticks."""

    def __init__(self, url: str) -> None:
        self.url, self.stopping = url, threading.Event()
        self.pool = connection.pool(url, 2)
        self.patients = Patients(shipped(), self.pool.connection)
        self.owner = Owner(lambda: connection.connect(url), "all", "test", clock=now, stopping=self.stopping)
        acks = Acks(lambda _topic, _payload: True, lambda _key: None)
        metrics = Metrics(CollectorRegistry())
        self.tools = Tools(self.owner, self.patients, acks, Seen(), metrics, now, lambda _: None)
        self.writer, self.posts = Writer(self.tools), Posts((), self._known)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _known(self, _deliveries: Any) -> Any:
        return self.owner.read(lambda conn: registry(wearing.worn(conn), wearing.sites(conn))).devices

    def __enter__(self) -> "Ingest":
        self.owner.open(())
        self.patients.load(now())
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.thread.join(10)
        self.owner.release()
        self.owner.close()
        self.pool.close()

    def _run(self) -> None:
        with suppress(LeaseLost, Stopping):
            while not self.stopping.wait(0.02):
                self.posts.ring()
                self.posts.take(self.writer)
                for action in self.owner.read(lambda conn: inbox.waiting(conn, ("entries",), 10)):
                    apply(self.tools, action, {})
                decision = self.owner.read(lambda conn: self.patients.actions(conn, at=now()))
                if decision is not None:
                    self.writer.apply(decision)


class ServedBoth(Served):
    """The console with the app mounted, as the hub serves them, and the telephones that speak with it."""

    phones: list["App"]

    def phone(self, install: str = INSTALL) -> "App":
        """A new installation of the app."""
        made = App(self.url, install)
        self.phones.append(made)
        return made

    @contextmanager
    def client_of(self, username: str) -> Iterator[httpx.Client]:
        """A client of the console that has logged in."""
        with httpx.Client(base_url=self.url, timeout=20) as client:
            answer = client.post("/api/session", json={"username": username, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            yield client

    def app(self, deps: Any) -> Any:
        """Both faces."""
        both = create_app(deps)
        settings = Settings(console_url="https://hub.example", _env_file=None)  # type: ignore[call-arg]
        both.mount("/app", create_patient_app(app_deps(settings, deps)))
        return both


@contextmanager
def both(url: str, **changes: Any) -> Iterator[ServedBoth]:
    """Console and app on a free port."""
    pool = connection.pool(url, 8)
    try:
        served = ServedBoth(make_deps(url, pool, console_url="https://hub.example", **changes), free_port())
        served.phones = []
        served.start()
        try:
            yield served
        finally:
            for phone in served.phones:
                phone.client.close()
            served.stop()
    finally:
        pool.close()


def ward(url: str) -> None:
    """A ward with two patients and its people; another one with a patient."""
    with connection.connect(url) as conn:
        for site in ("ward", "elsewhere"):
            conn.execute("INSERT INTO site VALUES (%s, %s, now())", (site, site.title()))
        for patient, site in (("P1", "ward"), ("P2", "ward"), ("X1", "elsewhere")):
            conn.execute("INSERT INTO patient VALUES (%s, %s, %s)", (patient, site, moment(now() - 48 * HOUR)))
        for name, role, site in (
            ("nurse1", "nurse", "ward"),
            ("doc1", "physician", "ward"),
            ("far1", "nurse", "elsewhere"),
        ):
            add_user(conn, NewUser(name, role, PASSWORD, (site,)), now(), actor="test")


def enrol(
    url: str, role: str, *patients: str, scopes: tuple[str, ...] = ("answer", "see", "be_told")
) -> tuple[str, str]:
    """An account for these patients: its user name and its code."""
    by = By("test", "operator", now(), now(), KEY)
    wishes = [NewPerson(role, patient, "ward", scopes=scopes, version="1", how="paper") for patient in patients]
    with connection.connect(url) as conn:
        account = add_person(conn, wishes[0], by)
        for wish in wishes[1:]:
            join(conn, account, wish, by)
        return account.username, new_code(conn, account, by).code


def account_of(url: str, username: str) -> app_people.Account:
    """The stored account."""
    with connection.connect(url) as conn:
        found = app_people.by_name(conn, username)
    assert found is not None
    return found


class App:
    """One installation of the app."""

    def __init__(self, url: str, install: str = INSTALL) -> None:
        self.client = httpx.Client(base_url=f"{url}/app/api", timeout=20)
        self.install, self.boot, self.seq = install, "b001", 0

    def claim(self, code: str, password: str = PASSWORD) -> httpx.Response:
        """Use a code."""
        body = {"code": code, "password": password, "language": "fr", "install": self.install}
        return self.client.post("/claim", json=body)

    def log_in(self, username: str, **more: Any) -> httpx.Response:
        """Use the password."""
        body = {"username": username, "password": PASSWORD, "install": self.install, **more}
        return self.client.post("/session", json=body)

    def message(self, **entries: Any) -> dict[str, Any]:
        """The next message of this installation."""
        self.seq += 1
        return {"v": 1, "boot": self.boot, "seq": self.seq, "t": iso(now()), **entries}

    def send(self, patient: str, what: Any) -> httpx.Response:
        """Post one message or a list; bytes go as they are."""
        body = what if isinstance(what, bytes) else json.dumps(what, ensure_ascii=False).encode()
        return self.client.post("/messages", params={"patient": patient}, content=body)

    def temperature(self, patient: str, value: float) -> httpx.Response:
        """One temperature in the armpit."""
        return self.send(patient, self.message(obs=[{"c": "8310-5", "v": value, "u": "Cel", "site": "axilla"}]))

    def get(self, path: str, **params: Any) -> httpx.Response:
        """A look."""
        return self.client.get(path, params=params)


def rows(url: str, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """What a statement finds."""
    with psycopg.connect(url) as conn:
        return conn.execute(statement, parameters).fetchall()  # type: ignore[arg-type]


def until(true: Any, within: float = 10.0) -> None:
    """Wait for it."""
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)
