"""The workers of one channel: a few threads that claim what is due, send it, and record what became of it.

The row's lock is held while sending: a worker that dies gives it back, and the same id is sent again. What could not be
recorded because the database went away is recorded when it is back. Started and woken by `alerts.escalation.notifier`.
"""

import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg
import structlog
from msgspec import Struct
from prometheus_client import CollectorRegistry, Counter, Gauge

from alerts.escalation.channels import Channel, Contact, Failed, Message, Sent
from alerts.escalation.delivery import OnCall, wait_after
from domain.alerts import Said
from domain.instants import Micros
from storage import deliveries, outbox, roster_edits
from storage.connection import Connection

IDLE_SECONDS = 60.0
PAUSE_SECONDS = 1.0
LONGEST_HOLD = 90  # s after which the database takes a row back from a machine that is gone without a word
LONGEST_DETAIL = 300
log = structlog.get_logger("notifier")


class Metrics:
    """What /metrics says of deliveries. No person, no patient."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.tried = Counter(
            "vigie_deliveries", "Tries and ends of deliveries", ["channel", "outcome"], registry=registry
        )
        self.oldest = Gauge("vigie_outbox_oldest_seconds", "Hub time since the oldest open step", registry=registry)


class Tools(Struct, frozen=True):
    """What the notifier is given by the wiring.

    `resolve`: who is on call (connection, site, role, instant). `accounts`: everybody of a site with a role.
    `contacts`: where people are told. `titles`: what a rule is called. `crash`: a point at which a test kills it.
    """

    connect: Callable[[], Connection]
    clock: Callable[[], Micros]
    channels: Mapping[str, Channel]
    resolve: Callable[[psycopg.Connection[Any], str, str, Micros], Sequence[OnCall]]
    contacts: Callable[[psycopg.Connection[Any], Sequence[str]], Mapping[str, Contact]]
    metrics: Metrics
    accounts: Callable[[psycopg.Connection[Any], str, str], Sequence[str]] = deliveries.accounts
    titles: Callable[[str], Said] = lambda rule: Said(rule, rule)
    crash: Callable[[str], None] = lambda _: None


class Held:
    """Deliveries this process has in hand, recorded or not."""

    def __init__(self) -> None:
        self._ids: set[UUID] = set()
        self._lock = threading.Lock()

    def take(self, delivery: UUID) -> bool:
        """In hand from now on. False: it was, and a database that broke down gave its row to a second worker."""
        with self._lock:
            known = delivery in self._ids
            self._ids.add(delivery)
        return not known

    def discard(self, delivery: UUID) -> None:
        """Recorded."""
        with self._lock:
            self._ids.discard(delivery)

    def ids(self) -> list[UUID]:
        """All of them now."""
        with self._lock:
            return list(self._ids)


class Bell:
    """Wakes one sleeper a ring, however often it was rung before somebody woke."""

    def __init__(self) -> None:
        self._rung = self._over = False
        self._changed = threading.Condition()

    def ring(self) -> None:
        """One of those who wait wakes, or the next one who comes to wait."""
        with self._changed:
            self._rung = True
            self._changed.notify()

    def wait(self, seconds: float) -> bool:
        """Whether it was rung within so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._rung or self._over, seconds)
            rung, self._rung = self._rung, False
            return rung

    def end(self) -> None:
        """Nobody waits any more."""
        with self._changed:
            self._over = True
            self._changed.notify_all()


class Courier:
    """The threads of one channel. `wake` when something is due.

    One thread wakes; whoever finds something to send wakes the next one: as many work, with a connection each, as
    there is to do.
    """

    def __init__(self, name: str, tools: Tools, held: Held, stop: threading.Event, *, workers: int) -> None:
        self._name, self._tools, self._held, self._stop = name, tools, held, stop
        self._channel = tools.channels[name]
        self._due = Bell()
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-{place}", daemon=True) for place in range(workers)
        ]

    def start(self) -> None:
        """Start the threads; they connect when there is something to do."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Something is due."""
        self._due.ring()

    def join(self, seconds: float) -> None:
        """Wait for the threads; one that hangs in its channel is left to the end of the process."""
        self._due.end()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0.0))

    def _run(self) -> None:
        conn: Connection | None = None
        while not self._stop.is_set():
            woken = self._due.wait(IDLE_SECONDS)
            try:
                if woken and not self._stop.is_set():
                    conn = conn or self._connected()
                    self._work(conn)
                    continue
            except psycopg.Error as error:
                log.warning("notifier: the database is away", channel=self._name, error=type(error).__name__)
                self._stop.wait(PAUSE_SECONDS)
            except Exception:  # the outermost loop of the service: the row is free again and tried again
                log.exception("notifier: unexpected error, trying again", channel=self._name)
                self._stop.wait(PAUSE_SECONDS)
            _close(conn)
            conn = None
        _close(conn)

    def _connected(self) -> Connection:
        conn = self._tools.connect()
        deliveries.give_back_after(conn, LONGEST_HOLD)
        conn.commit()
        return conn

    def _work(self, conn: Connection) -> None:
        while not self._stop.is_set():
            found = deliveries.claim(conn, self._name, self._tools.clock(), skip=self._held.ids())
            if found is None:
                conn.rollback()
                return
            if not self._held.take(found.id):
                conn.rollback()
                return
            self._due.ring()
            try:
                tried, gone = self._try(found, self._contact(conn, found))
                self._record(conn, tried)
                self._forget(conn, found.person, gone)
            finally:
                self._held.discard(found.id)

    def _contact(self, conn: Connection, found: deliveries.Claimed) -> Contact:
        if found.person is None:
            return Contact(None, found.role)
        known = self._tools.contacts(conn, [found.person]).get(found.person, Contact(found.person, found.role))
        return Contact(found.person, found.role, known.email, known.sms, known.voice, known.webpush)

    def _try(self, found: deliveries.Claimed, contact: Contact) -> tuple[deliveries.Tried, tuple[str, ...]]:
        """What to record, and the browsers that are gone."""
        begun_at = self._tools.clock()
        answer = self._sent(message(found, self._tools.titles(found.rule)), contact)
        self._tools.crash("delivery_sent")
        ended_at = self._tools.clock()
        tried = outcome(found, answer, begun_at=begun_at, ended_at=ended_at)
        if tried.state != "queued" or tried.tries == 1:
            self._tools.metrics.tried.labels(self._name, tried.said).inc()
        return tried, answer.gone

    def _forget(self, conn: Connection, person: str | None, gone: Sequence[str]) -> None:
        """Browsers that their push service knows no more are no way to reach anybody."""
        if person is None or not gone:
            return
        by = roster_edits.By("hub", self._tools.clock())
        for endpoint in gone:
            if roster_edits.drop_push(conn, person, endpoint):
                before = {"endpoint": endpoint}
                roster_edits.record(conn, roster_edits.Change("web-push.gone", f"account:{person}", before), by)
        conn.commit()

    def _sent(self, what: Message, contact: Contact) -> Sent | Failed:
        try:
            return self._channel.send(what, contact)
        except Exception as error:  # noqa: BLE001  confined to its delivery, or it would be claimed first for ever
            place = traceback.extract_tb(error.__traceback__)[-1]  # without its words: they may hold an address
            log.error(
                "notifier: a channel failed unexpectedly", channel=self._name, error=type(error).__name__,
                at=f"{place.filename}:{place.lineno}",
            )  # fmt: skip
            return Failed(f"unexpected {type(error).__name__}")

    def _record(self, conn: Connection, tried: deliveries.Tried) -> None:
        """In the transaction that holds the row; with another connection when that one is gone."""
        try:
            _write(conn, tried, self._tools.clock())
        except psycopg.Error:
            if not conn.closed:
                raise
            while not self._stop.wait(PAUSE_SECONDS):
                try:
                    with self._tools.connect() as other:
                        _write(other, tried, self._tools.clock())
                    break
                except psycopg.OperationalError:
                    log.warning("notifier: what was sent waits to be recorded", channel=self._name)
            raise


def _write(conn: Connection, tried: deliveries.Tried, now: Micros) -> None:
    deliveries.record(conn, tried)
    if tried.state != "queued":  # a failure that is repeated changes nothing before its deadline
        outbox.look_again(conn, tried.outbox, now)
        deliveries.wake(conn)
    conn.commit()


def _close(conn: Connection | None) -> None:
    if conn is not None:
        conn.close()


def message(found: deliveries.Claimed, title: Said) -> Message:
    """What a channel may say of a delivery."""
    return Message(
        str(found.id), found.alert, found.patient, found.site, found.rule, title.fr, title.en, found.category,
        found.severity, found.event_kind, found.version, found.step, found.at,
    )  # fmt: skip


def outcome(
    found: deliveries.Claimed, answer: Sent | Failed, *, begun_at: Micros, ended_at: Micros
) -> deliveries.Tried:
    """What to record of an answer: a failure that may pass leaves the delivery queued, to be tried later."""
    tries = found.tries + 1
    if isinstance(answer, Sent):
        state: deliveries.State = "delivered" if answer.delivered else "sent"
        return deliveries.Tried(
            found.id, found.outbox, state, state, tries, begun_at, ended_at, ended_at, _cut(answer.detail),
            None if answer.external_id is None else _cut(answer.external_id),
        )  # fmt: skip
    state = "failed" if answer.lasting else "queued"
    start_at = ended_at + wait_after(tries, answer.retry_after)
    return deliveries.Tried(
        found.id, found.outbox, state, "failed", tries, begun_at, ended_at, start_at, _cut(answer.reason)
    )


def _cut(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text[:LONGEST_DETAIL])
