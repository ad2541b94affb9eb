"""The watch, with a real database: notes on sites in the inbox, each told once, whoever else watches."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest

from alerts.escalation import watch_service
from alerts.escalation.watch_service import Watch
from alerts.protocol.library import shipped
from alerts.service import Owner
from domain.instants import HOUR, MINUTE, Micros
from domain.oncall import Shift
from storage import people, presence, registry
from storage.connection import Connection, connect
from tests.flow.console_world import add_site, add_user, now, wait_for
from tests.flow.oncall_world import add_roster, always, put
from vigie import watching

LONG = 10 * 60.0


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    """Two sites with a patient each, one without; a nurse and a physician at paris."""
    with connect(database_url) as found:
        for site in ("paris", "lyon", "empty"):
            add_site(found, site)
        for patient, site in (("P1", "paris"), ("L1", "lyon")):
            found.execute("INSERT INTO patient (id, site, created_at) VALUES (%s, %s, now())", (patient, site))
        add_user(found, "nurse1", "nurse", "paris")
        add_user(found, "doc1", "physician", "paris")
        found.commit()
        yield found


def given(url: str, at: Micros, **changes: Any) -> Watch:
    """A watch at that moment, over a protocol that calls nurses."""

    def lent() -> AbstractContextManager[Connection]:
        return connect(url)

    fields: dict[str, Any] = {
        "connect": lent, "clock": lambda: at, "wall": lambda: at,
        "roles": lambda *_: {"paris": ("nurse",), "lyon": ("nurse",)},
    }  # fmt: skip
    return Watch(**{**fields, **changes})


def notes(conn: Connection, site: str) -> list[tuple[str, bool, str]]:
    """Kind, whether it holds, severity; in order."""
    rows = conn.execute(
        """SELECT body ->> 'kind', (body ->> 'holds')::bool, body ->> 'severity' FROM action_inbox
           WHERE kind = 'note' AND patient = %s ORDER BY position""",
        (f"site.{site}",),
    ).fetchall()
    conn.commit()
    return [(kind, holds, severity) for kind, holds, severity in rows]


def test_a_gap_and_its_end_are_told_once_each(conn: Connection, database_url: str) -> None:
    at = now()
    add_roster(conn, "r", "hospital", "paris", at=at)
    conn.commit()
    watch = given(database_url, at)
    assert watch_service.look(conn, watch, running_for=0) == ["lyon: nobody-on-call", "paris: nobody-on-call"]
    assert watch_service.look(conn, watch, running_for=0) == []
    put(conn, "r", always("nurse1", "nurse"), at=at)
    assert watch_service.look(conn, watch, running_for=0) == ["paris: nobody-on-call"]
    assert watch_service.look(conn, watch, running_for=0) == []
    assert notes(conn, "paris") == [("nobody-on-call", True, "high"), ("nobody-on-call", False, "medium")]
    later = given(database_url, at + 2 * HOUR)
    assert watch_service.look(conn, later, running_for=0) == ["lyon: nobody-on-call"]
    assert notes(conn, "empty") == []


def test_the_engine_makes_it_an_alert_of_the_site_and_clears_it(conn: Connection, database_url: str) -> None:
    at = now()
    add_roster(conn, "r", "hospital", "paris", at=at)
    conn.commit()
    owner = Owner(shipped(), lambda: connect(database_url))
    owner.load(at)

    def stepped(moment: Micros) -> list[tuple[str, str]]:
        told = watch_service.look(conn, given(database_url, moment, sites=("paris",)), running_for=0)
        assert len(told) == 1
        decided = owner.actions(conn, at=moment)
        assert decided is not None
        decided.write(conn)
        conn.commit()
        decided.adopt()
        return conn.execute("SELECT rule, kind FROM alert_event WHERE patient = 'site.paris' ORDER BY id").fetchall()

    assert stepped(at) == [("nobody-on-call", "opened")]
    put(conn, "r", always("nurse1", "nurse"), at=at)
    assert stepped(at + MINUTE)[1:] == [("nobody-on-call", "cleared")]


def test_a_gap_is_told_a_day_ahead_and_again_when_it_is_near(conn: Connection, database_url: str) -> None:
    at = now()
    add_roster(conn, "r", "hospital", "paris", at=at)
    second = 1_000_000
    span = ((at - HOUR) // second * second, (at + 30 * HOUR) // second * second)
    put(conn, "r", Shift("s", "nurse", "nurse1", *span), at=at)
    conn.commit()
    told = []
    for hours in (0, 5, 7, 20, 29.5, 31):
        watch = given(database_url, at + round(hours * HOUR), sites=("paris",))
        told.append(len(watch_service.look(conn, watch, running_for=0)))
    assert told == [0, 0, 1, 1, 1, 1]
    assert [severity for _, _, severity in notes(conn, "paris")] == ["medium", "medium", "high", "high"]
    [(sentence,)] = conn.execute("SELECT body ->> 'en' FROM action_inbox ORDER BY position LIMIT 1").fetchall()
    assert sentence.startswith("Nobody on call: nurse, from ")


def test_a_site_without_an_attended_console_is_told_so_after_five_minutes(conn: Connection, database_url: str) -> None:
    at = now()
    account = people.account_by_name(conn, "nurse1")
    assert account is not None
    people.open_session(conn, b"s", account.id, now=at, expires_at=at + HOUR)
    watch = given(database_url, at, roles=lambda *_: {"paris": ()})
    assert watch_service.look(conn, watch, running_for=60) == []
    for sounds in (False, True):
        presence.mark(conn, [presence.Seen(b"s", "nurse1", ("paris", "gone"), True, sounds)], at - MINUTE)
        presence.mark(conn, [presence.Seen(b"unknown", "x", ("paris",), True, True)], at)
        watch_service.look(conn, watch, running_for=LONG)
    assert notes(conn, "paris") == [("no-attended-console", True, "high"), ("no-attended-console", False, "medium")]
    presence.mark(conn, [presence.Seen(b"s", "nurse1", ("paris",), True, True)], at - 6 * MINUTE)
    assert watch_service.look(conn, watch, running_for=LONG) == ["paris: no-attended-console"]


def test_a_roster_that_cannot_be_resolved_is_told_and_the_other_sites_go_on(
    conn: Connection, database_url: str
) -> None:
    for site in ("paris", "lyon"):
        add_roster(conn, site, f"of-{site}", site, at=now())
    add_user(conn, "nurse2", "nurse", "lyon")
    put(conn, "lyon", always("nurse2", "nurse"), at=now())
    put(conn, "paris", always("nurse1", "nurse"), at=now())
    conn.execute("UPDATE weekly_shift SET timezone = 'Mars/Base' WHERE roster = 'lyon'")
    conn.commit()
    assert watch_service.look(conn, given(database_url, now()), running_for=0) == ["lyon: nobody-on-call"]
    assert notes(conn, "lyon") == [("nobody-on-call", True, "high")]


def test_two_that_watch_at_once_tell_it_once(conn: Connection, database_url: str) -> None:
    watch, ready = given(database_url, now()), threading.Barrier(3)
    faults: list[BaseException] = []

    def work() -> None:
        try:
            with connect(database_url) as own:
                ready.wait(10)
                watch_service.look(own, watch, running_for=LONG)
        except BaseException as error:  # noqa: BLE001 - shown below
            faults.append(error)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert faults == []
    assert sorted(notes(conn, "paris")) == [("no-attended-console", True, "high"), ("nobody-on-call", True, "high")]


def test_what_the_engine_refused_is_told_again_later(conn: Connection, database_url: str) -> None:
    at = now()
    watch_service.look(conn, given(database_url, at), running_for=0)
    conn.execute("UPDATE action_inbox SET done_at = now(), outcome = 'refused'")
    conn.commit()
    assert watch_service.look(conn, given(database_url, at + MINUTE), running_for=0) == []
    assert len(watch_service.look(conn, given(database_url, at + 11 * MINUTE), running_for=0)) == 2


def test_the_thread_watches_until_it_is_stopped_and_outlives_a_fault(conn: Connection, database_url: str) -> None:
    stop, tries = threading.Event(), []

    def lent() -> Connection:
        tries.append(1)
        if len(tries) == 1:
            raise psycopg.OperationalError("away")
        if len(tries) == 2:
            raise RuntimeError("unexpected")
        return connect(database_url)

    thread = watch_service.start(given(database_url, now(), connect=lent, every_seconds=0.01), stop)
    wait_for(lambda: len(notes(conn, "paris")) == 1)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_the_roles_that_are_watched_are_those_the_escalation_of_the_site_s_protocols_calls(
    conn: Connection, database_url: str
) -> None:
    registry.add_plan(conn, "L1", {"protocol": "vital-signs"}, set_by="x", set_at=now())
    found = watching.roles(conn, now())
    assert set(found) == {"paris", "lyon"}
    assert "nurse" in found["paris"]
    assert found["lyon"]
