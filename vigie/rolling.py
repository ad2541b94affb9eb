"""The rollups kept up: twice a minute, in a thread beside ingest, hour after hour until none is left; once a day the
length of chunks. Wiring and loop.

Two processes at once share the work: one does each piece. A database that is away is tried again at the next look.
"""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg
import structlog
from msgspec import Struct
from prometheus_client import CollectorRegistry, Gauge
from psycopg.errors import LockNotAvailable

from domain.instants import DAY, HOUR, SECOND, Micros
from storage import chunks, rollup
from storage.connection import Connection, connect
from vigie.clock import Clock
from vigie.settings import Settings

EVERY_SECONDS = 30.0
SHARE = 0.2  # of the time spent on it, while years of readings are rolled up for the first time
log = structlog.get_logger("rollups")


class Metrics:
    """What /metrics says of the rollups."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.behind = Gauge("vigie_rollup_behind_seconds", "ended hours without their rollup", registry=registry)
        self.due = Gauge("vigie_rollup_due", "late readings whose hour waits to be rolled up again", registry=registry)


class Given(Struct, frozen=True):
    """What the loop is given. `clock`: the hub's."""

    connect: Callable[[], AbstractContextManager[Connection]]
    clock: Callable[[], Micros]
    metrics: Metrics


def start_rollups(
    settings: Settings, clock: Clock, *, stop: threading.Event, registry: CollectorRegistry
) -> threading.Thread:
    """The rollups of this process, started."""
    given = Given(
        connect=lambda: connect(settings.database_url, application_name="vigie-rollups"),
        clock=clock.now,
        metrics=Metrics(registry),
    )
    thread = threading.Thread(target=run, args=(given, stop), name="rollups", daemon=True)
    thread.start()
    return thread


def run(given: Given, stop: threading.Event) -> None:
    """Wait, roll up what there is, wait again."""
    fitted: Micros | None = None  # when the length of chunks was looked at
    while not stop.wait(EVERY_SECONDS):
        try:
            with given.connect() as conn:
                look(conn, given, stop)
                if fitted is None or given.clock() - fitted >= DAY:
                    fitted = given.clock()
                    fit_chunks(conn, fitted)
        except LockNotAvailable:
            log.info("rollups: readings are on their way into the database, trying again")
        except psycopg.Error as error:
            log.warning("rollups: the database is away, trying again", error=type(error).__name__)
        except Exception:  # the outermost loop of the service
            log.exception("rollups: unexpected error, trying again")


def fit_chunks(conn: Connection, now: Micros) -> None:
    """New chunks of readings as long as the rate of the last day allows, where there are chunks."""
    found = chunks.fit(conn, now)
    conn.commit()
    if found is not None:
        log.info("chunks of readings", hours=found.wanted // HOUR, before=found.present // HOUR, a_day=found.a_day)


def look(conn: Connection, given: Given, stop: threading.Event) -> int:
    """Everything there is, each piece committed, with pauses that leave the database to readings; how many pieces."""
    pieces = 0
    begun = time.monotonic()
    while not stop.is_set() and rollup.roll(conn, given.clock()):
        conn.commit()
        pieces += 1
        took = time.monotonic() - begun
        if stop.wait(min(took, 60) * (1 / SHARE - 1)):
            break
        begun = time.monotonic()
    given.metrics.behind.set(rollup.behind(conn, given.clock()) / SECOND)
    given.metrics.due.set(rollup.due(conn))
    conn.commit()
    return pieces
