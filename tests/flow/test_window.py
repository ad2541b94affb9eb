"""What a person reads of the aplasia window: since when it is open, the last count; and that not knowing is open."""

import json
from typing import Any

import pytest

from alerts.window_desk import WindowNow, window_now
from domain.instants import DAY, HOUR, iso
from domain.vocabulary import NEUTROPHILS
from storage import registry
from storage.connection import Connection, connect
from tests.flow import console_world as world

pytestmark = pytest.mark.flow
NOW = world.now()


@pytest.fixture
def conn(database_url: str) -> Any:
    with connect(database_url) as opened:
        opened.autocommit = True
        world.add_site(opened, "paris")
        world.add_patient(opened, "P1", "paris")
        yield opened


def now(conn: Connection, **plan: Any) -> WindowNow | None:
    return window_now(conn, "P1", "paris", {"protocol": "chemo-aplasia", **plan} if plan else None, at=NOW)


def count(conn: Connection, value: float, hours_ago: float) -> None:
    at = NOW - round(hours_ago * HOUR)
    conn.execute(
        "INSERT INTO reading (patient, code, measured_at, received_at, value, quality, by, device, boot, seq, idx)"
        " VALUES ('P1', %s, %s, %s, %s, 'ok', 'nurse', 'lab', 'b', %s, 0)",
        (NEUTROPHILS, iso(at), iso(at), value, round(hours_ago)),
    )


def test_not_knowing_is_open(conn: Connection) -> None:
    found = now(conn)
    assert found is not None
    assert (found.open, found.since, found.known, found.last_count) == (True, None, False, None)


def test_the_last_count_and_whether_it_is_of_this_window(conn: Connection) -> None:
    window = {"from": iso(NOW - 3 * DAY), "until": iso(NOW - DAY)}
    count(conn, 4.2, 5 * 24)
    found = now(conn, aplasia=window)
    assert found is not None
    assert (found.open, found.since, found.overdue) == (True, NOW - 3 * DAY, True)
    assert (found.last_count, found.known) == (4.2, False)
    count(conn, 0.2, 20)
    found = now(conn, aplasia=window)
    assert found is not None
    assert (found.open, found.last_count, found.last_count_at, found.known) == (True, 0.2, NOW - 20 * HOUR, True)
    count(conn, 1.4, 2)
    found = now(conn, aplasia=window)
    assert found is not None
    assert (found.open, found.since, found.overdue) == (False, None, False)


def test_a_protocol_without_a_window_has_none(conn: Connection) -> None:
    assert now(conn, protocol="vital-signs") is None


def test_the_page_of_a_patient_says_it(database_url: str) -> None:
    world.hospital(database_url)
    with connect(database_url) as conn:
        plan = json.dumps({"protocol": "chemo-aplasia", "aplasia": {"from": iso(NOW - DAY), "until": None}})
        conn.execute("INSERT INTO plan VALUES ('P1', 99, %s, 'doc1', now())", (plan,))
    with world.served(database_url) as console, console.client("doc1") as client:
        shown = client.get("/api/patients/P1").json()["window"]
    assert (shown["open"], shown["count_known"], shown["unit"]) == (True, False, "10*9/L")
    assert shown["since"] == iso(NOW - DAY)


def test_the_entry_of_a_site_is_no_patient(conn: Connection) -> None:
    assert registry.site_of_patient(conn, "P1") == "paris"
    assert registry.site_of_patient(conn, "site.paris") is None
