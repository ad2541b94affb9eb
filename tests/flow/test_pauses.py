"""Pauses on a real database: set, listed, revoked; never overlapping; the engine's inbox in the same transaction."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from alerts import pause_desk as desk
from domain.instants import DAY, HOUR, Micros, iso, moment
from domain.protocols import Act
from storage import audit, connection, inbox, pauses
from tests.flow import console_world as world
from vigie.cli import app


@pytest.fixture
def url(plain_database_url: str) -> str:
    """The hospital of the console's tests, with a pharmacist."""
    world.hospital(plain_database_url)
    with connection.connect(plain_database_url) as conn:
        world.add_user(conn, "pha1", "pharmacist", "paris")
    return plain_database_url


@pytest.fixture
def console(url: str) -> Iterator[world.Served]:
    with world.served(url) as found:
        yield found


def vigie(url: str, *words: str) -> Result:
    return CliRunner().invoke(app, ["pause", *words], env={"VIGIE_DATABASE_URL": url})


def act(at: Micros, reason: str | None = None) -> Act:
    return Act("doc1", "physician", at, reason)


def a_pause(now: Micros, begins: int = 0, ends: int | None = 24, **more: Any) -> pauses.Set:
    """A stay on the ward, in hours from now."""
    until = None if ends is None else now + ends * HOUR
    return pauses.Set(more.get("patient", "P1"), more.get("kind", "ward"), now + begins * HOUR, until, "surgery")


def put(conn: psycopg.Connection[Any], wish: pauses.Set, now: Micros) -> int:
    return desk.put(conn, wish, act=act(now))


def test_a_pause_reaches_the_engine_s_inbox_whole(url: str) -> None:
    now = world.now()
    with connection.connect(url) as conn:
        first = put(conn, a_pause(now, 0, 24), now)
        second = put(conn, a_pause(now, 48, 72, kind="leave"), now)
    with connection.connect(url) as conn:
        rows = inbox.waiting(conn, ("pause",), 10)
        assert [(row.site, row.patient, row.actor, row.role) for row in rows] == [
            ("paris", "P1", "doc1", "physician")
        ] * 2
        assert rows[1].body == {
            "pauses": [
                {"id": str(first), "kind": "ward", "from_at": now, "until": now + 24 * HOUR, "reason": "surgery",
                 "actor": "doc1", "set_at": now},
                {"id": str(second), "kind": "leave", "from_at": now + 48 * HOUR, "until": now + 72 * HOUR,
                 "reason": "surgery", "actor": "doc1", "set_at": now},
            ]
        }  # fmt: skip
        current = pauses.current(conn, ["P1", "P2"])
        assert list(current) == ["P1"]
        assert [pause.covers(now) for pause in current["P1"]] == [True, False]
        assert audit.verify(conn) is None


def test_nothing_is_told_when_nothing_is_stored(url: str) -> None:
    now = world.now()
    with connection.connect(url) as conn:
        put(conn, a_pause(now), now)
        conn.rollback()
        assert inbox.waiting(conn, ("pause",), 10) == []
        assert pauses.current(conn, ["P1"]) == {}


@pytest.mark.parametrize(("begins", "ends", "kind"), [
    (23, 30, "leave"), (-5, 1, "leave"), (0, 24, "ward"), (2, 3, "day-hospital"), (-5, 50, "leave"), (3, None, "death"),
])  # fmt: skip
def test_an_overlapping_one_is_refused_and_the_other_is_named(
    url: str, begins: int, ends: int | None, kind: str
) -> None:
    now = world.now()
    with connection.connect(url) as conn:
        number = put(conn, a_pause(now), now)
        with pytest.raises(desk.Refused, match=rf"outside pause {number} \(ward, .*, set by doc1\)"):
            put(conn, a_pause(now, begins, ends, kind=kind), now)
        put(conn, a_pause(now, begins, ends, kind=kind, patient="P2"), now)
        put(conn, a_pause(now, 24, 30, kind="leave"), now)


def test_the_database_itself_refuses_an_overlap_and_an_edit(database_url: str) -> None:
    world.hospital(database_url)
    now = world.now()
    with connection.connect(database_url) as conn:
        number = put(conn, a_pause(now), now)
        conn.commit()
        with pytest.raises(psycopg.errors.ExclusionViolation):
            pauses.insert(conn, a_pause(now, 1, 2), actor="x", role="nurse", at=now)
        conn.rollback()
        with pytest.raises(psycopg.errors.CheckViolation):
            pauses.insert(conn, a_pause(now, 30, None), actor="x", role="nurse", at=now)
        conn.rollback()
        for statement in ("UPDATE pause SET until = until + interval '1 h'", "DELETE FROM pause"):
            with pytest.raises(psycopg.errors.IntegrityError, match="never edited"):
                conn.execute(statement.encode())
            conn.rollback()
        assert pauses.revoke(conn, number, actor="x", role="nurse", at=now, reason="home again")
        assert not pauses.revoke(conn, number, actor="x", role="nurse", at=now, reason="home again")


def test_revoked_after_it_began_it_ended_then_revoked_before_it_never_was(url: str) -> None:
    now = world.now()
    with connection.connect(url) as conn:
        begun, to_come = put(conn, a_pause(now), now), put(conn, a_pause(now, 48, 72, kind="leave"), now)
        later = now + 2 * HOUR
        desk.revoke(conn, "P1", begun, act=act(later, "home again"))
        desk.revoke(conn, "P1", to_come, act=act(later, "the leave is cancelled"))
        [left] = pauses.current(conn, ["P1"])["P1"]
        assert (left.id, left.until) == (str(begun), later)
        assert inbox.waiting(conn, ("pause",), 10)[-1].body["pauses"][0]["until"] == later
        put(conn, a_pause(now, 3, 60, kind="leave"), later)
        with pytest.raises(desk.Refused, match="not revoked; doc1 did"):
            desk.revoke(conn, "P1", begun, act=act(later, "again"))
        with pytest.raises(desk.Refused, match="expected one of P2"):
            desk.revoke(conn, "P2", begun, act=act(later, "again"))


def test_a_pause_without_an_end_stops_when_it_is_revoked(url: str) -> None:
    now = world.now()
    with connection.connect(url) as conn:
        number = put(conn, a_pause(now, 0, None, kind="end"), now)
        with pytest.raises(desk.Refused, match="without an end"):
            put(conn, a_pause(now, 1000, 1001), now)
        desk.revoke(conn, "P1", number, act=act(now + DAY, "monitored again"))
        assert put(conn, a_pause(now, 1000, 1001), now + DAY)


@pytest.mark.parametrize(("change", "field"), [
    ({"kind": "holiday"}, "kind"),
    ({"until": None}, "until"),
    ({"until": "before"}, "until"),
    ({"until": "2000-01-01T00:00:00Z", "from": "1999-01-01T00:00:00Z"}, "until"),
    ({"until": "2099-01-01T00:00:00Z"}, "until"),
    ({"reason": " \u200b"}, "reason"),
    ({"reason": None}, "reason"),
    ({"from": "today"}, "from"),
    ({"by": "me"}, "by"),
])  # fmt: skip
def test_a_bad_pause_names_its_field(console: world.Served, change: dict[str, Any], field: str) -> None:
    now = world.now()
    body = {"kind": "ward", "from": iso(now), "until": iso(now + DAY), "reason": "surgery", **change}
    if body["until"] == "before":
        body["until"] = iso(now - HOUR)
    with console.client("nurse1") as client:
        answer = client.post("/api/patients/P1/pauses", json={name: v for name, v in body.items() if v is not None})
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert client.get("/api/patients/P1/pauses").json()["pauses"] == []


def test_set_list_and_revoke_on_the_console(console: world.Served, url: str) -> None:
    now = world.now()
    body = {"kind": "ward", "from": iso(now - HOUR), "until": iso(now + DAY), "reason": "surgery"}
    with console.client("nurse1") as client:
        made = client.post("/api/patients/P1/pauses", json=body)
        assert made.status_code == 201, made.text
        assert made.json()["pauses"][0]["state"] == "now"
        assert client.post("/api/patients/P1/pauses", json=body).json() == made.json(), "a second press is the same"
        again = client.post("/api/patients/P1/pauses", json={**body, "kind": "leave"})
        assert (again.status_code, f"pause {made.json()['pause']}" in again.json()["detail"]) == (409, True)
        path = f"/api/patients/P1/pauses/{made.json()['pause']}/revocation"
        revoked = client.post(path, json={"reason": "home again"})
        assert revoked.json()["pauses"][0]["revoked"]["by"] == "nurse1"
        assert revoked.json()["pauses"][0]["state"] == "over"
        assert client.post(path, json={"reason": "home again"}).json() == revoked.json(), "a second press is the same"
        assert client.post(path, json={"reason": "somebody else's words"}).status_code == 409
        assert client.post("/api/patients/L1/pauses", json=body).status_code == 404
        assert client.post("/api/patients/site.paris/pauses", json=body).status_code in (404, 409)
    with console.client("pha1") as client:
        assert client.post("/api/patients/P1/pauses", json=body).status_code == 403
        assert len(client.get("/api/patients/P1/pauses").json()["pauses"]) == 1
    with connection.connect(url) as conn:
        assert [row.body["pauses"][0]["kind"] for row in inbox.waiting(conn, ("pause",), 10)] == ["ward", "ward"]


def test_two_overlapping_ones_set_at_once_are_one(console: world.Served) -> None:
    now = world.now()
    start = threading.Barrier(2)

    def press(name: str) -> int:
        body = {"kind": "ward", "from": iso(now), "until": iso(now + DAY), "reason": "surgery"}
        with console.client(name) as client:
            start.wait(20)
            return client.post("/api/patients/P1/pauses", json=body).status_code

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(press, ("doc1", "nurse1"))) == [201, 409]


def test_set_list_and_revoke_by_the_command_line(url: str) -> None:
    until = iso(world.now() + DAY)
    common = ("--reason", "surgery", "--as", "nurse1")
    done = vigie(url, "set", "P1", "--kind", "ward", "--from", "now", "--until", until, *common)
    assert (done.exit_code, done.stdout) == (0, "pause 1 of P1\n"), done.output
    [row] = json.loads(vigie(url, "list", "P1", "--json").stdout)
    assert (row["state"], row["by"], row["role"], row["until"][:16]) == ("now", "nurse1", "nurse", until[:16])
    assert "surgery" in vigie(url, "list", "P1").stdout
    assert vigie(url, "revoke", "P1", "1", "--reason", "home again", "--as", "doc1").exit_code == 0
    with connection.connect(url) as conn:
        looks = [row.look for row in audit.rows(conn)]
    assert [look.detail["by"][:4] for look in looks if look.action.startswith("pause.")] == ["cli:"] * 2
    assert [(look.actor[:4], look.subject) for look in looks if look.action == "pauses"] == [("cli:", "patient:P1")] * 2


@pytest.mark.parametrize(("words", "status", "named"), [
    (("set", "P1", "--kind", "ward", "--from", "now", "--reason", "x y", "--as", "doc1"), 2, "--until: expected"),
    (("set", "P1", "--kind", "x", "--from", "now", "--reason", "x y", "--as", "doc1"), 2, "--kind: expected one of"),
    (("set", "P1", "--kind", "end", "--from", "soon", "--reason", "x y", "--as", "doc1"), 2, "--from: expected"),
    (("set", "P1", "--kind", "end", "--from", "now", "--reason", " ", "--as", "doc1"), 2, "--reason: expected"),
    (("set", "P9", "--kind", "end", "--from", "now", "--reason", "x y", "--as", "doc1"), 1, "PATIENT: no patient"),
    (("set", "P1", "--kind", "end", "--from", "now", "--reason", "x y", "--as", "nurse2"), 1, "--as: expected"),
    (("set", "P1", "--kind", "end", "--from", "now", "--reason", "x y", "--as", "op1"), 1, "--as: expected"),
    (("set", "site.paris", "--kind", "end", "--from", "now", "--reason", "x y", "--as", "doc1"), 1, "patient"),
    (("revoke", "P1", "7", "--reason", "x y", "--as", "doc1"), 1, "pause: expected one of P1"),
])  # fmt: skip
def test_every_refusal_names_its_field(url: str, words: tuple[str, ...], status: int, named: str) -> None:
    result = vigie(url, *words)
    assert (result.exit_code, named in result.stderr) == (status, True), result.output


def test_midnight_of_a_date_is_that_of_paris(url: str) -> None:
    now = world.now()
    day = moment(now + 10 * DAY).strftime("%Y-%m-%d")
    words = ("set", "P1", "--kind", "leave", "--from", "now", "--until", day, "--reason", "at home", "--as", "doc1")
    assert vigie(url, *words).exit_code == 0
    [row] = json.loads(vigie(url, "list", "P1", "--json").stdout)
    assert row["until"][11:] in ("22:00:00Z", "23:00:00Z")
