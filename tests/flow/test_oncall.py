"""Rosters by HTTP, with a real database: who is on call, who may change what, calendars, contacts, what is kept."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from websockets.sync.client import connect as connect_socket

from domain.instants import HOUR, MINUTE, Micros, iso
from domain.oncall import WebPush
from storage import audit, presence, roster_edits, rosters
from storage.connection import connect
from tests.flow.console_world import Served, add_site, add_user, hospital, now, served, wait_for
from tests.flow.oncall_world import add_roster

GOOD = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//t//t//EN\r
BEGIN:VEVENT\r
UID:night@hospital\r
SUMMARY:nurse1\r
DTSTART;TZID=Europe/Paris:20260105T200000\r
DTEND;TZID=Europe/Paris:20260106T080000\r
RRULE:FREQ=DAILY\r
EXDATE;TZID=Europe/Paris:20260107T200000\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:day@hospital\r
SUMMARY:nurse1\r
DTSTART;TZID=Europe/Paris:20260105T080000\r
DTEND;TZID=Europe/Paris:20260105T200000\r
RRULE:FREQ=DAILY\r
END:VEVENT\r
END:VCALENDAR\r
"""
NIGHTS = {"weekdays": [0], "begins": "20:00", "ends": "08:00", "first": "2026-01-05"}


@pytest.fixture
def world(database_url: str) -> Iterator[Served]:
    hospital(database_url)
    with connect(database_url) as conn:
        add_user(conn, "coord1", "coordinator", "paris")
        add_user(conn, "coord2", "coordinator", "lyon")
        add_user(conn, "both", "nurse", "paris", "lyon")
        add_roster(conn, "paris-days", "hospital", "paris", at=now())
        add_roster(conn, "nights", "network", "lyon", "paris", at=now())
    with served(database_url) as console:
        yield console


def span(begin: Micros, hours: float) -> dict[str, str]:
    """From and to, in whole seconds."""
    begin -= begin % (1_000_000)
    return {"from": iso(begin), "to": iso(begin + round(hours * HOUR))}


def put(client: httpx.Client, roster: str, uid: str, **body: Any) -> httpx.Response:
    return client.put(f"/api/rosters/{roster}/shifts/{uid}", json=body)


def who(client: httpx.Client, site: str = "paris", role: str = "nurse") -> list[tuple[str, str | None]]:
    """Who is on call now, and for whom."""
    answer = client.get(f"/api/oncall/{site}")
    assert answer.status_code == 200, answer.text
    roles = {one["role"]: one for one in answer.json()["roles"]}
    return [(one["person"], one["substitute_for"]) for one in roles.get(role, {"now": []})["now"]]


def fields(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [fault["field"] for fault in answer.json()["errors"]]


def test_who_is_on_call_now_and_next_and_who_is_missing(world: Served) -> None:
    with world.client("coord1") as coordinator, world.client("nurse1") as nurse:
        begin = now() - HOUR
        assert put(coordinator, "paris-days", "a", role="nurse", person="nurse1", **span(begin, 3)).status_code == 200
        later = span(begin + 3 * HOUR, 2)
        assert put(coordinator, "paris-days", "b", role="nurse", person="both", rank=1, **later).status_code == 200
        nurse.put("/api/me/contacts", json={"voice": "+33123456789"})
        found = nurse.get("/api/oncall/paris").json()
        [role] = found["roles"]
        assert [(one["person"], one["voice"], one["order"]) for one in role["now"]] == [("nurse1", "+33123456789", 0)]
        assert [(one["person"], one["from"]) for one in role["next"]] == [("both", later["from"])]
        assert [gap["from"] for gap in found["gaps"]] == [later["to"]]
        assert {row["id"] for row in found["rosters"]} == {"nights", "paris-days"}


def test_a_shift_put_twice_is_one_and_a_removed_one_is_history(world: Served, database_url: str) -> None:
    with world.client("doc1") as doctor:
        for hours in (3, 4, 4):
            body = span(now() - HOUR, hours)
            assert put(doctor, "paris-days", "a/b c", role="nurse", person="nurse1", **body).status_code == 200
        assert who(doctor) == [("nurse1", None)]
        assert doctor.delete("/api/rosters/paris-days/shifts/a/b c").status_code == 200
        assert doctor.delete("/api/rosters/paris-days/shifts/a/b c").status_code == 404
        assert who(doctor) == []
        changes = doctor.get("/api/rosters/paris-days/history").json()["changes"]
        assert [(one["what"], one["by"]) for one in changes[:2]] == [("shift.removed", "doc1"), ("shift.put", "doc1")]
        assert changes[0]["before"] == changes[1]["after"]
    with connect(database_url) as conn:
        assert conn.execute("SELECT count(*), count(removed_at) FROM shift").fetchone() == (3, 3)
        assert [row[0] for row in conn.execute("SELECT what FROM oncall_change WHERE actor = 'doc1' ORDER BY id")] == [
            "shift.put", "shift.removed", "shift.put", "shift.removed", "shift.put", "shift.removed"
        ]  # fmt: skip
        assert audit.verify(conn) is None
        looks = [row.look.action for row in audit.rows(conn) if row.look.subject == "roster:paris-days"]
        assert looks == ["roster.put"] * 3 + ["roster.removed", "looked"]


def test_a_weekly_shift_and_a_substitution_with_its_reason(world: Served) -> None:
    weekly = {"weekdays": list(range(7)), "begins": "00:00", "ends": "00:00", "first": "2026-01-05"}
    with world.client("coord1") as coordinator:
        answer = put(coordinator, "paris-days", "w", role="nurse", person="nurse1", weekly=weekly)
        assert answer.json()["shift"]["weekly"]["days"] == 1
        path = "/api/rosters/paris-days/substitutions"
        wish = {"person": "nurse1", "by": "both", "reason": "ill", **span(now() - HOUR, 3)}
        number = coordinator.post(path, json=wish).json()["id"]
        assert who(coordinator) == [("both", "nurse1")]
        shown = coordinator.get("/api/rosters/paris-days/shifts").json()
        assert [(one["reason"], one["set_by"]) for one in shown["substitutions"]] == [("ill", "coord1")]
        assert {one["person"] for one in shown["on_call"]} == {"both", "nurse1"}
        assert coordinator.delete(f"{path}/{number}").status_code == 200
        assert coordinator.delete(f"{path}/{number}").status_code == 404
        assert who(coordinator) == [("nurse1", None)]
        assert fields(coordinator.post(path, json={**wish, "by": "nurse1"})) == ["by"]
        assert fields(coordinator.post(path, json={**wish, "by": "doc1"})) == ["by"]
        assert fields(coordinator.post(path, json={**wish, "reason": " "})) == ["reason"]
        assert fields(coordinator.post(path, json={**wish, "to": wish["from"]})) == ["to"]


def test_a_roster_of_another_organisation_serves_the_site_and_is_kept_by_its_own_people(world: Served) -> None:
    with world.client("coord1") as here, world.client("coord2") as there, world.client("nurse1") as nurse:
        night = {"role": "nurse", "person": "both", **span(now() - HOUR, 3)}
        assert put(here, "nights", "n", **night).status_code == 403
        assert put(there, "nights", "n", **night).status_code == 200
        assert put(there, "paris-days", "n", **night).status_code == 404
        assert put(nurse, "paris-days", "n", **night).status_code == 403
        assert nurse.get("/api/oncall/lyon").status_code == 404
        assert [who(nurse), who(there, "lyon")] == [[("both", None)]] * 2


def test_somebody_who_may_not_see_the_site_is_not_on_call_for_it(world: Served) -> None:
    with world.client("coord2") as there, world.client("nurse1") as nurse:
        assert put(there, "nights", "n", role="nurse", person="nurse2", **span(now() - HOUR, 3)).status_code == 200
        assert who(there, "lyon") == [("nurse2", None)]
        assert who(nurse) == []


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"weekly": {**NIGHTS, "weekdays": [7]}}, ["weekly.weekdays[0]"]),
        ({"weekly": {**NIGHTS, "begins": "24:00"}}, ["weekly.begins"]),
        ({"person": "nobody"}, ["person"]),
        ({"person": "nurse2"}, ["person"]),
        ({"person": "doc1"}, ["person"]),
        ({"role": "surgeon"}, ["role"]),
        ({"rank": 100}, ["rank"]),
        ({"to": "2026-01-01T00:00:00Z"}, ["to"]),
        ({"to": "2026-01-01"}, ["to"]),
        ({"from": None}, ["from"]),
        ({"from": "0001-01-01T00:00:00Z"}, ["from"]),
        ({"also": 1}, ["also"]),
    ],
)  # fmt: skip
def test_a_shift_that_cannot_be_is_refused_by_field(world: Served, change: dict[str, Any], wrong: list[str]) -> None:
    with world.client("coord1") as coordinator:
        body = {"role": "nurse", "person": "nurse1", **span(now(), 3), **change}
        assert fields(put(coordinator, "paris-days", "x", **body)) == wrong


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"timezone": "Mars/Base"}, ["timezone"]),
        ({"last": "2025-01-01"}, ["last"]),
        ({"days": 0, "begins": "08:00", "ends": "08:00"}, ["days"]),
        ({"weekdays": [1], "last": "2026-01-05"}, ["weekdays"]),
    ],
)
def test_a_pattern_that_cannot_be_is_refused_by_field(world: Served, change: dict[str, Any], wrong: list[str]) -> None:
    weekly = {**NIGHTS, **change}
    with world.client("coord1") as coordinator:
        assert fields(put(coordinator, "paris-days", "x", role="nurse", person="nurse1", weekly=weekly)) == wrong


def test_a_calendar_is_put_whole_or_not_at_all_and_read_back(world: Served) -> None:
    path = "/api/rosters/paris-days/calendar"
    with world.client("coord1") as coordinator:
        bad = GOOD.replace("SUMMARY:nurse1", "SUMMARY:somebody", 1)
        answer = coordinator.post(path, params={"role": "nurse"}, content=bad)
        assert fields(answer) == ["night@hospital: SUMMARY"]
        assert fields(coordinator.post(path, content=GOOD)) == [
            f"{name}@hospital: X-VIGIE-ROLE" for name in ("night", "day")
        ]
        assert fields(coordinator.post(path, params={"role": "physician"}, content=GOOD))[0].endswith("X-VIGIE-PERSON")
        assert fields(coordinator.post(path, params={"role": "nurse"}, content=b"\xff")) == ["BEGIN:VCALENDAR"]
        assert coordinator.get("/api/rosters/paris-days/shifts").json()["shifts"] == []
        for removed in (0, 2):
            answer = coordinator.post(path, params={"role": "nurse"}, content=GOOD)
            assert answer.json() == {"roster": "paris-days", "put": 2, "removed": removed}
        assert who(coordinator) == [("nurse1", None)]
        before = coordinator.get("/api/rosters/paris-days/shifts").json()["shifts"]
        text = coordinator.get(path)
        assert text.headers["content-type"].startswith("text/calendar")
        assert coordinator.post(path, content=text.content).json()["put"] == 2
        assert coordinator.get("/api/rosters/paris-days/shifts").json()["shifts"] == before
        shown = coordinator.get(path, params={"effective": True}).text
        assert shown.count("BEGIN:VEVENT") > 100


def test_hand_over_notes_are_added_and_never_changed(world: Served, database_url: str) -> None:
    path = "/api/oncall/paris/handover"
    with world.client("coord1") as coordinator, world.client("nurse1") as nurse, world.client("nurse2") as other:
        put(coordinator, "paris-days", "a", role="nurse", person="nurse1", **span(now() - HOUR, 3))
        assert fields(nurse.post(path, json={"text": "P1 called twice"})) == ["roster"]
        body = {"text": "P1 <b>called</b> twice", "roster": "paris-days"}
        assert nurse.post(path, json=body).json()["shift"] == "a"
        assert fields(nurse.post(path, json={**body, "text": "…"})) == ["text"]
        assert other.post(path, json=body).status_code == 404
        [note] = coordinator.get("/api/oncall/paris").json()["handover"]
        assert (note["author"], note["text"], note["read"]) == ("nurse1", body["text"], [])
        receipt = f"{path}/{note['id']}/read"
        assert [each.post(receipt).status_code for each in (nurse, coordinator, coordinator, other)] == [
            200,
            200,
            200,
            404,
        ]
        assert coordinator.post(f"{path}/999/read").status_code == 404
        [note] = nurse.get("/api/oncall/paris").json()["handover"]
        assert [one["by"] for one in note["read"]] == ["coord1"], "an author's own look is no receipt"
    with connect(database_url) as conn, pytest.raises(psycopg.errors.IntegrityError):
        conn.execute("UPDATE handover_note SET text = ''")


def test_my_contacts_are_mine_alone(world: Served, database_url: str) -> None:
    push = {"endpoint": "https://push.example.org/x?y=1", "keys": {"p256dh": "B" * 87, "auth": "a" * 22}}
    with world.client("nurse1") as nurse, world.client("op1") as operator:
        ways = {"email": "nurse1@hospital.example", "sms": "+33612345678", "voice": None}
        assert nurse.put("/api/me/contacts", json=ways).json() == {**ways, "web_push": []}
        assert nurse.post("/api/me/web-push", json=push).status_code == 201
        assert nurse.get("/api/me/contacts").json()["web_push"] == [push["endpoint"]]
        assert operator.get("/api/me/contacts").json()["email"] is None
        gone = operator.request("DELETE", "/api/me/web-push", json={"endpoint": push["endpoint"]})
        assert gone.status_code == 404
        for field, value in (("email", "a b@c"), ("email", "a@b\r\nBcc: c@d"), ("sms", "0612345678"), ("voice", "+12")):
            assert fields(nurse.put("/api/me/contacts", json={field: value})) == [field]
        inside = ("https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://2130706433.1/")
        for endpoint in (
            *inside,
            "http://push.example.org/",
            "https://push.example.org:8/",
            "https://a@push.example.org/",
        ):
            assert fields(nurse.post("/api/me/web-push", json={**push, "endpoint": endpoint})) == ["endpoint"]
    with connect(database_url) as conn:
        found = rosters.contacts(conn, ["nurse1", "op1"])
        assert found["nurse1"].webpush == (WebPush(push["endpoint"], "B" * 87, "a" * 22),)
        assert (found["nurse1"].sms, found["op1"].sms) == ("+33612345678", None)
        changes = conn.execute("SELECT what, after FROM oncall_change WHERE subject = 'account:nurse1' ORDER BY id")
        assert [row[0] for row in changes] == ["contacts.put", "web-push.put"]


def test_a_console_that_answers_its_beats_and_can_be_heard_attends_its_sites(world: Served, database_url: str) -> None:
    def attended() -> tuple[set[str], list[str]]:
        with connect(database_url) as conn:
            since = now() - 5 * MINUTE
            return presence.attended(conn, ["paris", "lyon"], since), presence.present(conn, "paris", since)

    assert world.server is not None
    live = world.server.config.app.state.feed  # type: ignore[union-attr]
    with world.client("nurse1") as nurse, world.client("coord1") as coordinator:
        cursor = nurse.get("/api/snapshot").json()["cursor"]
        with connect_socket(world.feed_url(coordinator, cursor)) as other:
            other.send(json.dumps({"visible": True, "sounds": True}))  # may not acknowledge: does not attend
            with connect_socket(world.feed_url(nurse, cursor)) as socket:
                for said in ("", "{}", json.dumps({"visible": True, "sounds": False, "got": cursor})):
                    socket.send(said)
                wait_for(lambda: len(live.presence._seen) == 1)
                live.presence.write()
                assert attended() == (set(), [])
                socket.send(json.dumps({"visible": False, "sounds": True}))
                wait_for(lambda: len(live.presence._seen) == 1)
                live.presence.write()
                live.presence.write()
                assert attended() == ({"paris"}, ["nurse1"])
        assert nurse.delete("/api/session").status_code == 204
        assert attended() == (set(), [])


def test_a_site_added_to_a_territory_is_served_by_its_rosters(database_url: str) -> None:
    with connect(database_url) as conn:
        for site in ("a", "b"):
            add_site(conn, site)
        roster_edits.add_organisation(conn, "o", "o", now())
        roster_edits.add_territory(conn, "north", "north", now())
        roster_edits.extend_territory(conn, "north", ["a"])
        roster_edits.add_roster(conn, rosters.RosterRow("r", "o", "r", "Europe/Paris"), now())
        for _ in range(2):
            roster_edits.serve(conn, "r", territory="north")
        assert [row.sites for row in rosters.serving(conn, ["a", "b"])] == [("a",)]
        roster_edits.extend_territory(conn, "north", ["b"])
        assert [row.sites for row in rosters.for_territory(conn, "north")] == [("a", "b")]
        assert rosters.territory_sites(conn, "north") == ("a", "b")


@pytest.mark.parametrize("question", [
    "rosters/paris-days/shifts?from=0001-01-01T00:00:00Z", "rosters/paris-days/shifts?from=9999-12-31T23:59:59Z",
    "figures/aplasia-clock?month=0001-01", "figures/budget?from=0001-01-01T00:00:00Z&to=0001-01-02T00:00:00Z",
    "figures/budget?from=9999-12-30T00:00:00Z&to=9999-12-31T23:59:59Z",
])  # fmt: skip
def test_an_instant_at_the_end_of_time_is_refused_by_field(world: Served, question: str) -> None:
    with world.client("nurse1") as nurse:
        assert set(fields(nurse.get(f"/api/{question}"))) <= {"from", "to", "month"}
