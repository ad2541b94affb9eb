"""Actions that come faster than they are applied: each is an event or a refusal with its reason, none is lost."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.protocol.library import shipped
from alerts.service import Owner
from domain.instants import micros
from storage.connection import Connection, connect
from tests.flow import console_world as world

_RECORDED = """
INSERT INTO action_inbox (site, patient, kind, alert, expected_version, body, actor, role, idempotency_key, created_at)
VALUES ('paris', 'P1', 'alert', 'P1-1', %s, %s, 'doc1', 'physician', %s, now())
"""


def record(conn: Connection, *actions: tuple[str, int]) -> None:
    """What people did, with the version that they saw, before the owner looks."""
    for place, (action, version) in enumerate(actions):
        conn.execute(_RECORDED, (version, json.dumps({"action": action, "reason": "because"}), str(place)))
    conn.commit()


def applied(conn: Connection, url: str) -> list[tuple[Any, ...]]:
    """The owner takes all of it in one transaction; each row's outcome with the kind of its event."""
    owner = Owner(shipped(), lambda: connect(url))
    owner.load(micros(datetime.now(UTC)))
    decided = owner.actions(conn, at=world.now())
    assert decided is not None
    decided.write(conn)
    conn.commit()
    return conn.execute(
        "SELECT inbox.body ->> 'action', inbox.outcome, event.kind FROM action_inbox AS inbox LEFT JOIN alert_event"
        " AS event ON event.body ->> 'action' = inbox.id::text ORDER BY inbox.position"
    ).fetchall()


@pytest.fixture
def conn(database_url: str) -> Any:
    with connect(database_url) as opened:
        opened.autocommit = True
        world.add_site(opened, "paris")
        world.add_patient(opened, "P1", "paris")
        world.write_event(opened, "paris", world.opened(world.an_alert("P1")))
        opened.autocommit = False
        yield opened


def test_what_is_done_to_an_alert_that_was_closed_a_moment_ago_is_not_lost(conn: Connection, database_url: str) -> None:
    record(conn, ("close", 1), ("comment", 1), ("acknowledge", 2), ("reopen", 3), ("comment", 1))
    assert applied(conn, database_url) == [
        ("close", "applied", "closed"),
        ("comment", "applied", "commented"),
        ("acknowledge", "refused", "refused"),
        ("reopen", "applied", "reopened"),
        ("comment", "applied", "commented"),
    ]
    assert conn.execute("SELECT state, version FROM alert").fetchall() == [("open", 5)]


def test_the_owner_of_another_site_leaves_it_alone(conn: Connection, database_url: str) -> None:
    """A patient has one writer: with two groups of sites, the other one takes nothing of this inbox."""
    record(conn, ("acknowledge", 1))
    world.add_site(conn, "lyon")
    conn.commit()
    other = Owner(shipped(), lambda: connect(database_url), ("lyon",))
    other.load(micros(datetime.now(UTC)))
    assert other.actions(conn, at=world.now()) is None
    assert [row[:2] for row in applied(conn, database_url)] == [("acknowledge", "applied")]
