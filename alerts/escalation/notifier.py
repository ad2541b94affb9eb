"""The delivery loop: what is due is planned by `delivery`, sent by the couriers, and every step is a row.

Woken by NOTIFY, and every second. Several may run: each takes rows that no other has. It never runs in ingest's
threads or transactions: whatever a channel does, readings are stored. Started by the wiring.
"""

import threading
from collections.abc import Mapping, Sequence

import psycopg
import structlog

from alerts.escalation.channels import Contact, obstacle
from alerts.escalation.courier import PAUSE_SECONDS, Courier, Held, Metrics, Tools
from alerts.escalation.delivery import Known, OnCall, Person, Planned, Step, choose, plan_attempts
from domain.instants import MINUTE, SECOND, Micros
from storage import actions, deliveries, feed, notes, outbox
from storage.connection import Connection

__all__ = ["Metrics", "Notifier", "Tools"]

AT_ONCE = 100
POLL_SECONDS = 1.0
CALLS = 12  # workers of SMS and of voice, at most: two hundred alerts of one second go out within five
FEW = 4  # workers of another channel that speaks to the world
WORKERS = {"console": 1, "sms": CALLS, "voice": CALLS}
NOTE = "delivery-failed"
log = structlog.get_logger("notifier")


class Notifier:
    """Start it, stop it. What it was doing when it is killed is done again by the next one, with the same ids."""

    def __init__(self, tools: Tools, stop: threading.Event) -> None:
        self._tools, self._stop, self._held = tools, stop, Held()
        self._couriers = {
            name: Courier(name, tools, self._held, stop, workers=WORKERS.get(name, FEW)) for name in tools.channels
        }
        self._asked_for: dict[tuple[str, str], tuple[Sequence[OnCall], Sequence[str]]] = {}
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)

    def start(self) -> None:
        """Start the threads; they wait for the database as long as it takes."""
        for courier in self._couriers.values():
            courier.start()
        self._thread.start()

    def join(self, seconds: float = 5.0) -> None:
        """After `stop` was set: wait for the threads, a bounded time."""
        self._thread.join(seconds)
        for courier in self._couriers.values():
            courier.join(0.2)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with self._tools.connect() as conn:
                    conn.autocommit = True
                    feed.listen(conn)
                    deliveries.listen(conn)
                    self._loop(conn)
            except psycopg.Error as error:
                log.warning("notifier: the database is away, trying again", error=type(error).__name__)
                self._stop.wait(PAUSE_SECONDS)
            except Exception:  # the outermost loop of the service
                log.exception("notifier: unexpected error, trying again")
                self._stop.wait(PAUSE_SECONDS)

    def _loop(self, conn: Connection) -> None:
        while not self._stop.is_set():
            if self.look(conn) < AT_ONCE:
                for _ in conn.notifies(timeout=POLL_SECONDS, stop_after=1):
                    pass

    def look(self, conn: Connection) -> int:
        """Plan what is due now, wake the couriers. How many steps were looked at."""
        now = self._tools.clock()
        self._asked_for.clear()
        with conn.transaction():
            found = outbox.claim(conn, now, limit=AT_ONCE)
            for waiting in found:
                self._guarded(conn, waiting, now)
            deliveries.sweep(conn, now)
        if found:
            self._tools.crash("delivery_planned")
        for channel in deliveries.due_channels(conn, now, self._held.ids()):
            if channel in self._couriers:
                self._couriers[channel].wake()
        oldest = outbox.oldest_waiting(conn)
        self._tools.metrics.oldest.set(0 if oldest is None else max(now - oldest, 0) / SECOND)
        return len(found)

    def _guarded(self, conn: Connection, waiting: outbox.Waiting, now: Micros) -> None:
        """A mistake in one step must not hold up the others: it is looked at again in a minute."""
        try:
            with conn.transaction():
                self._plan(conn, waiting, now)
        except psycopg.OperationalError:
            raise
        except Exception:
            log.exception("notifier: a step could not be planned", outbox=waiting.id)
            outbox.look_again(conn, waiting.id, now + MINUTE)

    def _plan(self, conn: Connection, waiting: outbox.Waiting, now: Micros) -> None:
        due = waiting.due
        step = Step(waiting.id, due.how, due.at, waiting.open, waiting.superseded, f"{due.alert} {due.at}")
        history = [_known(row) for row in deliveries.of_outbox(conn, waiting.id)]
        people = self._people(conn, due) if waiting.open else ()
        names = {person.name for person in people} | {row.person for row in history}
        obstacles = self._obstacles(conn, due, names - {None})
        planned = plan_attempts(step, people, obstacles=obstacles, history=history, now=now)
        self._write(conn, waiting, planned, now)

    def _people(self, conn: Connection, due: outbox.Due) -> tuple[Person, ...]:
        asked = {role: self._asked(conn, due.site, role) for role in due.who}
        on_call = {role: found[0] for role, found in asked.items()}
        return choose(due.who, on_call, {role: found[1] for role, found in asked.items()})

    def _asked(self, conn: Connection, site: str, role: str) -> tuple[Sequence[OnCall], Sequence[str]]:
        """Who is on call, and every account with the role: asked once a look, however many steps are due."""
        known = self._asked_for.get((site, role))
        if known is None:
            on_call = self._tools.resolve(conn, site, role, self._tools.clock())
            known = self._asked_for[site, role] = (on_call, self._tools.accounts(conn, site, role))
        return known

    def _obstacles(self, conn: Connection, due: outbox.Due, names: set[str | None]) -> dict[str | None, dict[str, str]]:
        known = self._tools.contacts(conn, sorted(name for name in names if name is not None))
        people: list[str | None] = [*names, None]
        return {name: self._in_the_way(due.how, known, name) for name in people}

    def _in_the_way(self, how: tuple[str, ...], known: Mapping[str, Contact], name: str | None) -> dict[str, str]:
        contact = Contact(name, "") if name is None else known.get(name, Contact(name, ""))
        found = {channel: f"{channel} is not configured" for channel in how if channel not in self._couriers}
        missing = {channel: obstacle(channel, contact) for channel in how if channel in self._couriers}
        return found | {channel: why for channel, why in missing.items() if why is not None}

    def _write(self, conn: Connection, waiting: outbox.Waiting, planned: Planned, now: Micros) -> None:
        for one in planned.attempts:
            new = deliveries.New(
                one.id, one.person, one.role, one.channel, one.state, one.due_at, one.deadline_at, one.detail
            )
            deliveries.insert(conn, waiting.id, new, now=now)
            if one.state != "queued":
                self._tools.metrics.tried.labels(one.channel, one.state).inc()
        for change in planned.changes:
            deliveries.end(conn, change.id, change.state, change.detail, now=now)
        if planned.outcome is not None:
            outbox.finish(conn, waiting.id, planned.outcome, at=now)
        elif planned.next_at is not None:
            outbox.look_again(conn, waiting.id, planned.next_at)
        if planned.unreached or planned.outcome == "delivered":
            _note(conn, waiting, holds=planned.unreached, now=now)


def _known(row: deliveries.Row) -> Known:
    return Known(
        row.id, row.person, row.role, row.channel, row.state, row.at, row.deadline_at, row.start_at, row.changed_at
    )  # fmt: skip


def _note(conn: Connection, waiting: outbox.Waiting, *, holds: bool, now: Micros) -> None:
    """Tell the engine that nothing of a step could be delivered, or that the site can be reached again.

    Each step is told once: somebody may have closed the alert that an earlier one opened.
    """
    due = waiting.due
    last = notes.last(conn, [due.site], [NOTE]).get((due.site, NOTE))
    known = {} if last is None or last.refused else last.body
    if holds == bool(known.get("holds")) and (not holds or due.rule == NOTE or known.get("step") == waiting.id):
        return
    body = {
        "kind": NOTE, "holds": holds, "severity": "high", "criterion": NOTE, "step": waiting.id,
        "fr": f"Alerte {due.alert} : personne n'a pu être prévenu" if holds else "Les notifications arrivent",
        "en": f"Alert {due.alert}: nobody could be told" if holds else "Notifications arrive",
    }  # fmt: skip
    key = f"{NOTE}-{waiting.id}-{now}"
    wish = actions.Wish(due.site, f"site.{due.site}", "note", body, "hub", "operator", key, now)
    actions.announce(conn, actions.insert(conn, wish))
