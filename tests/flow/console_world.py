"""A small world for the console's tests: sites, patients, people, alerts and events written directly, a served app.

`write_event` is what the engine's service does, in miniature: alert row, event with an id in commit order, NOTIFY.
"""

import functools
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
import psycopg
import uvicorn
from prometheus_client import CollectorRegistry
from psycopg.types.json import Jsonb

from clinician_ui.app import create_app
from clinician_ui.deps import Deps, Hub
from domain.alerts import Alert, AlertEvent, Evidence, Said
from domain.instants import HOUR, MINUTE, Micros, moment
from storage import board, connection, people
from web import tokens

PASSWORD = "correct-horse-battery"


def now() -> Micros:
    """Real time."""
    return time.time_ns() // 1000


def make_deps(url: str, pool: connection.Pool, **changes: Any) -> Deps:
    """Deps of a test: hub's clock = real time."""
    return Deps(pool=pool, database_url=url, clock=now, wall=now, secret_key=b"k" * 32, **changes)


def add_site(conn: psycopg.Connection[Any], site: str) -> None:
    """One site."""
    conn.execute("INSERT INTO site VALUES (%s, %s, now()) ON CONFLICT DO NOTHING", (site, site))


def add_patient(conn: psycopg.Connection[Any], patient: str, site: str, name: tuple[str, str] | None = None) -> None:
    """One patient with a thermometer, perhaps named."""
    conn.execute("INSERT INTO patient VALUES (%s, %s, now())", (patient, site))
    device = f"dev-{patient.lower()}"
    conn.execute(
        """INSERT INTO device (id, site, kind, created_at, online, battery, last_seen_at)
           VALUES (%s, %s, 'thermometer', now(), true, 80, now())""",
        (device, site),
    )
    conn.execute("INSERT INTO wearing VALUES (%s, %s, now() - interval '3 days')", (device, patient))
    if name:
        conn.execute(
            "INSERT INTO identity.person (patient, family_name, given_name) VALUES (%s, %s, %s)", (patient, *name)
        )


def add_reading(conn: psycopg.Connection[Any], patient: str, code: str, value: float, **more: Any) -> None:
    """One stored reading."""
    at = more.get("at", now())
    conn.execute(
        """INSERT INTO reading
               (patient, code, measured_at, received_at, value, body_site, quality, by, device, boot, seq, idx)
           VALUES (%s, %s, %s, %s, %s, %s, 'ok', %s, %s, 'b1', %s, 0)""",
        (patient, code, moment(at), moment(more.get("received_at", at)), value, more.get("body_site"),
         more.get("by", "device"), f"dev-{patient.lower()}", at),
    )  # fmt: skip


@functools.cache
def _hash() -> str:
    return tokens.hash_password(PASSWORD)


def add_user(conn: psycopg.Connection[Any], username: str, role: str, *sites: str) -> None:
    """One account with the test's password, hashed once for all of them."""
    number = people.add_account(conn, people.Account(0, username, role, _hash(), False, False), created_at=now())
    assert number is not None
    people.join_sites(conn, number, sites)


def an_alert(patient: str, number: int = 1, **changes: Any) -> Alert:
    """A fever alert; `changes` replace fields."""
    at = changes.pop("at", now() - 10 * MINUTE)
    evidence = Evidence(
        "8310-5", 38.4, "Cel", at, at + 2_000_000, limit="≥ 38.3 Cel", body_site="axilla", by="device",
        reading=f"dev-{patient.lower()}/b1/7/0", corrected=38.9,
    )  # fmt: skip
    fields: dict[str, Any] = {
        "id": f"{patient}-{number}", "patient": patient, "rule": "fever", "protocol": "chemo-aplasia",
        "protocol_version": "1", "protocol_digest": "ab" * 8, "category": "clinical", "severity": "high",
        "state": "open", "criterion": "single", "late": False, "rings": True, "latched": True,
        "opened_at": at + 3_000_000, "condition_at": at, "last_met_at": at, "version": 1, "evidence": (evidence,),
        "reason": Said("Fièvre 38,9 °C (corrigée), aplasie", "Fever 38.9 °C (corrected), aplasia window"),
    }  # fmt: skip
    return Alert(**{**fields, **changes})


def write_event(conn: psycopg.Connection[Any], site: str, event: AlertEvent) -> int:
    """What the engine's service does with one event."""
    with conn.transaction():
        conn.execute("SELECT pg_advisory_xact_lock(42)")
        _upsert(conn, site, event.alert)
        row = conn.execute(
            """INSERT INTO alert_event (id, alert, patient, site, rule, kind, at, recorded_at, condition_at, severity,
                                        category, state, version, actor, body)
               VALUES (nextval('alert_event_id'), %s, %s, %s, %s, %s, %s, now(), NULL, %s, %s, %s, %s, %s, %s)
               RETURNING id""",
            (event.alert.id, event.alert.patient, site, event.alert.rule, event.kind, moment(event.at),
             event.alert.severity, event.alert.category, event.alert.state, event.alert.version, event.actor,
             Jsonb(msgspec.to_builtins(event))),
        ).fetchone()  # fmt: skip
        assert row is not None
        conn.execute("SELECT pg_notify('vigie_feed', %s)", (str(row[0]),))
    return int(row[0])


def _upsert(conn: psycopg.Connection[Any], site: str, alert: Alert) -> None:
    instants = (
        "opened_at",
        "condition_at",
        "condition_to",
        "last_met_at",
        "snoozed_until",
        "acknowledged_at",
        "closed_at",
    )
    row = {name: getattr(alert, name) for name in alert.__struct_fields__ if name not in ("reason", "escalation")}
    row |= {name: None if row[name] is None else moment(row[name]) for name in instants}
    row |= {"evidence": Jsonb(msgspec.to_builtins(alert.evidence)), "site": site, "reason_fr": alert.reason.fr,
            "reason_en": alert.reason.en, "escalation_step": alert.escalation.step}  # fmt: skip
    step = alert.escalation.next_at
    row["escalation_next_at"] = None if step is None else moment(step)
    names = ", ".join(row)
    places = ", ".join(f"%({name})s" for name in row)
    updates = ", ".join(f"{name} = excluded.{name}" for name in row if name != "id")
    statement = f"INSERT INTO alert ({names}) VALUES ({places}) ON CONFLICT (id) DO UPDATE SET {updates}"  # noqa: S608
    conn.execute(statement, row)


def opened(alert: Alert) -> AlertEvent:
    """The event that opened it."""
    return AlertEvent("opened", alert.opened_at, alert)


@dataclass
class Served:
    """An app that is listening. `stop` and `start` keep the port."""

    deps: Deps
    port: int
    server: uvicorn.Server | None = None
    thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def app(self, deps: Deps) -> Any:
        """What is served."""
        return create_app(deps)

    def start(self) -> None:
        """Listen, and wait until it answers."""
        deps = msgspec.structs.replace(self.deps, registry=CollectorRegistry())
        config = uvicorn.Config(
            self.app(deps), "127.0.0.1", self.port, log_level="error", lifespan="on", ws="websockets-sansio",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        wait_for(lambda: self.server is not None and self.server.started)

    def stop(self) -> None:
        """Stop listening; every console is closed."""
        assert self.server is not None
        assert self.thread is not None
        self.server.should_exit = True
        end = time.monotonic() + 15
        with connection.connect(self.deps.database_url) as conn:
            conn.autocommit = True
            while self.thread.is_alive() and time.monotonic() < end:
                conn.execute("NOTIFY vigie_feed")  # or the feed's reader would wait out its second
                self.thread.join(0.05)

    @contextmanager
    def client(self, username: str) -> Iterator[httpx.Client]:
        """A client that has logged in."""
        with httpx.Client(base_url=self.url, timeout=20) as client:
            answer = client.post("/api/session", json={"username": username, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            yield client

    def feed_url(self, client: httpx.Client, cursor: int) -> str:
        """Address of the feed with a fresh ticket."""
        ticket = client.post("/api/feed-ticket").json()["ticket"]
        return f"ws://127.0.0.1:{self.port}/api/feed?ticket={ticket}&cursor={cursor}"


def wait_for(true: Callable[[], bool], within: float = 10.0) -> None:
    """Until it is so; AssertionError when it never is."""
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(url: str, **changes: Any) -> Iterator[Served]:
    """A console on a free port, without needing fresh settings of prometheus: the registry is its own."""
    pool = connection.pool(url, 8)
    try:
        console = Served(make_deps(url, pool, hub=Hub(version="test", phone="01 00 00 00 00"), **changes), free_port())
        console.start()
        try:
            yield console
        finally:
            console.stop()
    finally:
        pool.close()


class FakeEngine:
    """Applies inbox rows as the owner of the patients would, in a thread of its own."""

    def __init__(self, url: str) -> None:
        self.url, self.stopping = url, threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "FakeEngine":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.thread.join(10)

    def _run(self) -> None:
        with connection.connect(self.url) as conn:
            conn.autocommit = True
            while not self.stopping.wait(0.05):
                rows = conn.execute(
                    """SELECT id, site, patient, kind, alert, body, actor FROM action_inbox
                       WHERE done_at IS NULL ORDER BY position"""
                ).fetchall()
                for row in rows:
                    with conn.transaction():
                        self._apply(conn, *row)

    def _apply(
        self, conn: Any, action: Any, site: str, patient: str, kind: str, alert: str, body: Any, actor: str
    ) -> None:
        detail: dict[str, Any] = {}
        if kind == "alert":
            write_event(conn, site, _acted(conn, alert, body, actor))
        elif kind == "rejudge":
            detail = {"stored": len(body["refusals"]), "refused": 0}
        else:
            detail = self._store(conn, patient, body)
        conn.execute(
            "UPDATE action_inbox SET done_at = now(), outcome = 'applied', detail = %s WHERE id = %s",
            (Jsonb(detail), action),
        )

    def _store(self, conn: Any, patient: str, body: Any) -> dict[str, Any]:
        stored, refused = 0, []
        for place, entry in enumerate(body.get("obs", [])):
            if entry.get("v", 0) > 10_000:
                refused.append({"path": f"obs[{place}].v", "reason": "implausible", "expected": "at most 10000"})
            else:
                add_reading(conn, patient, entry["c"], entry["v"], by="nurse")
                stored += 1
        return {"stored": stored + len(body.get("given", [])), "refused": refused}


def _acted(conn: Any, alert: str, body: Any, actor: str) -> AlertEvent:
    sites = [row[0] for row in conn.execute("SELECT id FROM site").fetchall()]
    found = board.alert(conn, alert, sites)
    assert found is not None
    before, at = found[0], now()
    changes: dict[str, Any] = {"version": before.version + 1}
    if body["action"] == "acknowledge":
        changes |= {"state": "acknowledged", "acknowledged_by": actor, "acknowledged_at": at}
    if body["action"] == "close":
        changes |= {"state": "closed", "closed_by": actor, "closed_at": at}
    if body["action"] == "assign":
        changes |= {"assignee": body["assignee"]}
    if body["action"] == "snooze":
        changes |= {"snoozed_until": body["until"]}
    kinds = {"acknowledge": "acknowledged", "close": "closed", "assign": "assigned", "snooze": "snoozed",
             "comment": "commented", "reopen": "reopened"}  # fmt: skip
    after = msgspec.structs.replace(before, **changes)
    return AlertEvent(kinds[body["action"]], at, after, actor=actor, note=body.get("reason"))


def hospital(url: str) -> None:
    """Two sites, two patients in the first and one in the second, people of each."""
    with connection.connect(url) as conn:
        for site in ("paris", "lyon"):
            add_site(conn, site)
        for patient, site in (("P1", "paris"), ("P2", "paris"), ("L1", "lyon")):
            add_patient(conn, patient, site)
            add_reading(conn, patient, "8310-5", 37.1, at=now() - 3 * HOUR, body_site="axilla")
            add_reading(conn, patient, "8310-5", 38.4, at=now() - 10 * MINUTE, body_site="axilla")
        add_user(conn, "doc1", "physician", "paris")
        add_user(conn, "nurse1", "nurse", "paris")
        add_user(conn, "nurse2", "nurse", "lyon")
        add_user(conn, "op1", "operator", "paris")


def token() -> str:
    """A fresh idempotency key."""
    return secrets.token_hex(8)
