"""The reminders: once a minute, who can be reminded, whether the policy lets it, whether anything waits; then one push.

A thread beside the notifications of alerts, with their push services. Written as sent before it is sent: a crash costs
one reminder, never makes two. Nothing clinical and no name is in it. Started by the wiring.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID, uuid4

import msgspec
import psycopg
import structlog
from msgspec import Struct

from alerts import day_desk
from alerts.escalation.channels import Failed
from alerts.escalation.channels.web_push import NO_MORE, PushServices
from domain.instants import Micros
from domain.wall_clock import zone_of
from patient_ui import reminding
from patient_ui.today import due_json
from patient_ui.views import zone_name
from storage import app_reading, app_reminders
from storage.app_reminders import Reminded
from storage.connection import Connection

EVERY_SECONDS = 60.0
log = structlog.get_logger("reminders")


class Given(Struct, frozen=True):
    """What the loop is given. `services` push; the hub's clock decides, because it is the clock of what is due."""

    connect: Callable[[], AbstractContextManager[Connection]]
    clock: Callable[[], Micros]
    services: PushServices
    timezone: str = "Europe/Paris"
    every_seconds: float = EVERY_SECONDS


def start(given: Given, stop: threading.Event) -> threading.Thread:
    """Remind in a thread until `stop` is set."""
    thread = threading.Thread(target=run, args=(given, stop), name="reminders", daemon=True)
    thread.start()
    return thread


def run(given: Given, stop: threading.Event) -> None:
    """Wait, look, wait again. A database that is away is tried again at the next look."""
    while not stop.wait(given.every_seconds):
        try:
            with given.connect() as conn:
                look(conn, given)
        except psycopg.Error as error:
            log.warning("reminders: the database is away, trying again", error=type(error).__name__)
        except Exception:  # the outermost loop of the service
            log.exception("reminders: unexpected error, trying again")


def look(conn: Connection, given: Given) -> list[UUID]:
    """One look at everybody who can be reminded; the reminders that were made, each committed before it is pushed."""
    at, made = given.clock(), []
    for person in app_reminders.reminded(conn, at):
        waiting = _waiting(conn, given, person, at)
        if not waiting:
            continue
        reminder = uuid4()
        app_reminders.add(conn, reminder, person.account, waiting=waiting, at=at)
        conn.commit()
        app_reminders.note(conn, reminder, _push(conn, given, person, reminder))
        conn.commit()
        made.append(reminder)
    return made


def _waiting(conn: Connection, given: Given, person: Reminded, at: Micros) -> int:
    """How many things wait of those patients for whom it is not too late or too often to say so."""
    found = 0
    for row in app_reading.patients(conn, person.patients):
        zone = zone_of(zone_name(row, given.timezone, at))
        if reminding.may_remind(person, at, zone) is not None:
            return 0
        day = day_desk.day_of(conn, row.id, at=at)
        if day.state is None or day.state.paused(at):
            continue
        found += sum(reminding.is_waiting(item) for item in due_json(conn, row.id, day, sees=False))
    return found


def _push(conn: Connection, given: Given, person: Reminded, reminder: UUID) -> str:
    content = msgspec.json.encode({"reminder": str(reminder), **reminding.WORDS, "url": "/app/"})
    said = []
    for browser in app_reminders.browsers(conn, person.account):
        answer = given.services.push(content, browser, topic=str(reminder), urgency="normal")
        if isinstance(answer, Failed) and answer.status in NO_MORE:
            app_reminders.drop_push(conn, browser.endpoint)
        said.append(answer.reason if isinstance(answer, Failed) else answer.detail)
    return "; ".join(said) or "no browser"
