"""A small world for the delivery tests: a ward with people and addresses, alerts, steps of the outbox, a notifier.

`python -m tests.flow.delivery_world URL GATEWAY POINT` is a notifier that kills itself at a named point.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg
from msgspec import Struct
from prometheus_client import CollectorRegistry

from alerts.escalation.channels import Channel, Contact, Failed, Message, Sent
from alerts.escalation.channels.gateway import Gateway as Way
from alerts.escalation.courier import Metrics, Tools
from alerts.escalation.notifier import Notifier
from domain.instants import Micros
from storage import deliveries, outbox
from storage.connection import Connection, connect
from tests.flow import console_world
from vigie.clock import Clock, real_now

SPEED = 15.0  # the 30 s of a deadline last two
ADDRESSES = {
    name: Contact(name, "", email=f"{name}@ward.test", sms=f"+3361234567{place}", voice=f"+3311234567{place}")
    for place, name in enumerate(("nurse1", "nurse2", "doc1", "doc2"))
}


class Duty(Struct, frozen=True):
    """Somebody on call."""

    person: str
    order: int = 0


NURSE = {"nurse": (Duty("nurse1"),), "physician": (Duty("doc1"),)}


class Fake:
    """A channel that does what it is told, and keeps what it was asked to send."""

    def __init__(self, does: Callable[[Message, Contact], Sent | Failed] | None = None) -> None:
        self.does = does or (lambda *_: Sent("taken"))
        self.got: list[tuple[Message, Contact]] = []

    def send(self, message: Message, contact: Contact) -> Sent | Failed:
        """Keep it, then do it."""
        self.got.append((message, contact))
        return self.does(message, contact)

    @property
    def ids(self) -> list[str]:
        """Ids in the order in which they came."""
        return [message.id for message, _ in self.got]

    @property
    def people(self) -> list[str | None]:
        """People in the order in which they were told."""
        return [contact.person for _, contact in self.got]


def ward(url: str) -> None:
    """A site with one patient, two nurses and a physician."""
    with connect(url) as conn:
        console_world.add_site(conn, "paris")
        console_world.add_patient(conn, "P1", "paris")
        for name, role in (("nurse1", "nurse"), ("nurse2", "nurse"), ("doc1", "physician")):
            console_world.add_user(conn, name, role, "paris")


def alert(url: str, number: int = 1, **changes: Any) -> str:
    """An open alert of P1 as the engine leaves it."""
    found = console_world.an_alert("P1", number, **{"rule": f"rule-{number}", **changes})
    with connect(url) as conn:
        console_world.write_event(conn, "paris", console_world.opened(found))
    return found.id


def change_alert(url: str, alert_id: str, state: str) -> None:
    """Somebody acknowledged or closed it."""
    with connect(url) as conn:
        conn.execute("UPDATE alert SET state = %s WHERE id = %s", (state, alert_id))


def step(url: str, alert_id: str, at: Micros, **changes: Any) -> None:
    """A step that is due, as the engine's service writes it."""
    due = outbox.Due(
        alert_id, "P1", "paris", "fever", "clinical", "high", "opened", 1, 0, ("nurse", "physician"), ("sms",), at,
        "Fièvre 38,9 °C", "Fever 38.9 °C",
    )  # fmt: skip
    with connect(url) as conn:
        outbox.insert(conn, [msgspec.structs.replace(due, **changes)])


class World:
    """A notifier at work on a database."""

    def __init__(
        self, url: str, channels: Mapping[str, Channel], duty: Mapping[str, Sequence[Duty]], speed: float
    ) -> None:
        self.url, now = url, real_now()
        self.clock = Clock(speed, now, now)
        self.registry = CollectorRegistry()
        self.stop = threading.Event()
        self.tools = tools(url, self.clock, channels, duty=duty, registry=self.registry)
        self.notifier = Notifier(self.tools, self.stop)

    def rows(self) -> list[dict[str, Any]]:
        """Every delivery, in the order in which it was due."""
        return fetch(
            self.url,
            """SELECT person, role, channel, delivery.state, tries, detail, external_id, outcome, due_at, begun_at,
                      sent_at
               FROM delivery JOIN outbox ON outbox.id = outbox ORDER BY due_at, delivery.at, person, channel""",
        )

    def told(self) -> list[tuple[str | None, str, str]]:
        """(person, channel, state) of every delivery."""
        return [(row["person"], row["channel"], row["state"]) for row in self.rows()]

    def outcomes(self) -> list[str | None]:
        """Of every step."""
        return [row["outcome"] for row in fetch(self.url, "SELECT outcome FROM outbox ORDER BY id")]

    def notes(self) -> list[bool]:
        """What the engine is told of the site."""
        query = "SELECT body FROM action_inbox WHERE kind = 'note' AND patient = 'site.paris' ORDER BY position"
        return [row["body"]["holds"] for row in fetch(self.url, query)]

    def until(self, true: Callable[[], bool], within: float = 15.0) -> None:
        """Wait until it is so; say what there was when it never is."""
        end = time.monotonic() + within
        while not true():
            assert time.monotonic() < end, self.rows()
            time.sleep(0.05)

    def finished(self, within: float = 15.0) -> None:
        """Wait until nothing is tried any more."""
        self.until(lambda: None not in self.outcomes() and "queued" not in [row[2] for row in self.told()], within)


def fetch(url: str, query: str) -> list[dict[str, Any]]:
    """Rows by name."""
    with connect(url) as conn, conn.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute(query.encode()).fetchall()


def tools(
    url: str, clock: Clock, channels: Mapping[str, Channel], *, duty: Mapping[str, Sequence[Duty]],
    registry: CollectorRegistry, crash: Callable[[str], None] = lambda _: None,
) -> Tools:  # fmt: skip
    """What the notifier is given."""

    def opened() -> Connection:
        return connect(url, application_name="test-notifier")

    return Tools(
        connect=opened,
        clock=clock.now,
        channels=channels,
        resolve=lambda _, site, role, at: duty.get(role, ()) if site == "paris" and at else (),
        contacts=lambda _, names: {name: ADDRESSES[name] for name in names if name in ADDRESSES},
        metrics=Metrics(registry),
        accounts=deliveries.accounts,
        crash=crash,
    )


@contextmanager
def notifying(
    url: str, channels: Mapping[str, Channel], duty: Mapping[str, Sequence[Duty]] = NURSE, speed: float = SPEED
) -> Iterator[World]:
    """A notifier at work for one test."""
    world = World(url, channels, duty, speed)
    world.notifier.start()
    try:
        yield world
    finally:
        world.stop.set()
        world.notifier.join()


def main(url: str, gateway: str, point: str) -> None:
    """A notifier that kills itself at the point; `none`: it works until it is killed."""

    def crash(where: str) -> None:
        if where == point:
            os.kill(os.getpid(), signal.SIGKILL)

    sms = Way(gateway, lambda contact: contact.sms, lambda message: message.title_fr)
    given = tools(url, Clock(), {"sms": sms}, duty=NURSE, registry=CollectorRegistry(), crash=crash)
    Notifier(given, threading.Event()).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
