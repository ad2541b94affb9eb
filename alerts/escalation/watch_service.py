"""The watch over rosters and consoles: once a minute, for every site, what is not as it should be becomes a note.

A thread of its own beside ingest. Two processes that watch at once tell each thing once. Started by the wiring.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import structlog
from msgspec import Struct
from prometheus_client import CollectorRegistry, Gauge
from psycopg.errors import UniqueViolation

from alerts.escalation.oncall import watch
from domain.instants import DAY, HOUR, MINUTE, SECOND, Micros
from storage import actions, estate, notes, people, presence, rosters
from storage.connection import Connection

# Site with patients -> roles that escalation names there. At a site that is not in it nobody is missed.
Roles = Callable[[Connection, Micros], Mapping[str, Sequence[str]]]
EVERY_SECONDS = 60.0
UNATTENDED_MINUTES = 5.0
REFUSED_AGAIN: Micros = 10 * MINUTE
FORGET_AFTER: Micros = 7 * DAY
ACTOR, ROLE = "hub", "operator"
log = structlog.get_logger("watch")


class Metrics:
    """What /metrics says of what the watch saw. No person, no patient."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.attended = Gauge("vigie_consoles_attended", "1 while a site has one", ["site"], registry=registry)
        self.waiting = Gauge("vigie_waiting", "actions, notifications, refusals not seen", ["queue"], registry=registry)
        self.oldest = Gauge("vigie_waiting_oldest_seconds", "hub time of the oldest", ["queue"], registry=registry)

    def queues(self, found: Sequence[estate.Waiting], at: Micros) -> None:
        """What waits, and for how long."""
        for queue in found:
            self.waiting.labels(queue.name).set(queue.waiting)
            age = 0.0 if queue.oldest_at is None else max(0, at - queue.oldest_at) / SECOND
            self.oldest.labels(queue.name).set(age)


class Watch(Struct, frozen=True):
    """What the watch is given. `clock`: the hub's; `wall`: real time, in which consoles answer and minutes are counted.

    `sites` empty: every site.
    """

    connect: Callable[[], AbstractContextManager[Connection]]
    clock: Callable[[], Micros]
    wall: Callable[[], Micros]
    roles: Roles
    sites: tuple[str, ...] = ()
    zone: ZoneInfo = ZoneInfo("Europe/Paris")
    unattended_minutes: float = UNATTENDED_MINUTES
    every_seconds: float = EVERY_SECONDS
    metrics: Metrics | None = None


def start(given: Watch, stop: threading.Event) -> threading.Thread:
    """Watch in a thread until `stop` is set."""
    thread = threading.Thread(target=run, args=(given, stop), name="watch", daemon=True)
    thread.start()
    return thread


def run(given: Watch, stop: threading.Event) -> None:
    """Wait, look, wait again. A database that is away is tried again at the next look."""
    begun = time.monotonic()
    while not stop.wait(given.every_seconds):
        try:
            with given.connect() as conn:
                look(conn, given, running_for=time.monotonic() - begun)
        except psycopg.Error as error:
            log.warning("watch: the database is away, trying again", error=type(error).__name__)
        except Exception:  # the outermost loop of the service
            log.exception("watch: unexpected error, trying again")


def look(conn: Connection, given: Watch, *, running_for: float) -> list[str]:
    """One look at every site, committed site by site; what was told, as `site: kind`. `running_for`: real seconds.

    While the hub has run for less than the time after which a console is missed, none is.
    """
    at, wall, told = given.clock(), given.wall(), list[str]()
    sites = given.sites or tuple(people.all_sites(conn))
    named = given.roles(conn, at)
    attended = presence.attended(conn, sites, wall - round(given.unattended_minutes * MINUTE))
    last = notes.last(conn, sites, watch.KINDS)
    if given.metrics is not None:
        given.metrics.queues(estate.queues(conn), at)
        for site in named:
            given.metrics.attended.labels(site).set(site in attended)
    conn.commit()
    for site in sites:
        found = [_on_call(conn, given, site, roles=named.get(site, ()), at=at)]
        if site in attended or site not in named:
            found.append(watch.attended_console(given.unattended_minutes))
        elif running_for >= given.unattended_minutes * 60:
            found.append(watch.no_attended_console(given.unattended_minutes))
        told += [f"{site}: {note.kind}" for note in found if _tell(conn, site, note, last=last, at=at)]
        conn.commit()
    presence.forget(conn, wall - FORGET_AFTER)
    conn.commit()
    return told


def _on_call(conn: Connection, given: Watch, site: str, *, roles: Sequence[str], at: Micros) -> watch.Note:
    """One site's roster; one that cannot be resolved is said to have nobody, and the other sites go on."""
    try:
        return watch.nobody_on_call(rosters.for_site(conn, site, since=at - HOUR), roles, at, zone=given.zone)
    except ValueError:
        log.exception("watch: a roster cannot be resolved", site=site)
        return watch.unreadable_roster()


def _tell(
    conn: Connection, site: str, note: watch.Note, *, last: Mapping[tuple[str, str], notes.LastNote], at: Micros
) -> bool:
    """Put the note into the inbox, unless the engine knows it or another process was first."""
    before = last.get((site, note.kind))
    if before is not None and before.refused and at - before.at < REFUSED_AGAIN:
        return False
    known = None if before is None or before.refused else before.body
    if not watch.worth_telling(note, known, 0 if before is None else before.at, at):
        return False
    key = f"{note.kind}:{site}:{0 if before is None else before.position}"
    body: dict[str, Any] = note.body()
    wish = actions.Wish(site, f"site.{site}", "note", body, ACTOR, ROLE, key, at)
    try:
        with conn.transaction():
            actions.announce(conn, actions.insert(conn, wish))
    except UniqueViolation:
        return False
    return True
