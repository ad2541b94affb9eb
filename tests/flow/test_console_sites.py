"""Alerts of a site, pauses and causes in what the console is given."""

from typing import Any

import pytest

from domain.alerts import Said
from domain.instants import DAY, HOUR
from storage import connection, pauses
from tests.flow import console_world as world

pytestmark = pytest.mark.flow
SITE = "site.paris"


def write(url: str, patient: str, number: int = 1, **changes: Any) -> str:
    """An open alert; its id."""
    alert = world.an_alert(patient, number, **changes)
    with connection.connect(url) as conn:
        conn.autocommit = True
        world.write_event(conn, "paris", world.opened(alert))
    return alert.id


def test_an_alert_of_a_site_is_seen_by_its_circle_and_is_no_patient(database_url: str) -> None:
    world.hospital(database_url)
    said = Said("Personne d'astreinte", "Nobody on call")
    alert = write(database_url, SITE, rule="nobody-on-call", category="technical", reason=said, evidence=())
    with world.served(database_url) as console:
        with console.client("doc1") as client:
            shown = client.get("/api/snapshot").json()
            assert [(each["id"], each["site"]) for each in shown["alerts"]] == [(alert, "paris")]
            assert shown["sites"] == [{"id": "paris", "name": "paris"}]
            assert [each["id"] for each in shown["patients"]] == ["P1", "P2"]
            for path in ("", "/alerts", "/reports", "/pauses"):
                assert client.get(f"/api/patients/{SITE}{path}").status_code == 200
            sent = {"If-Match": '"1"', "Idempotency-Key": "k"}
            act = {"action": "acknowledge", "reason": "calling the coordinator"}
            assert client.post(f"/api/alerts/{alert}/actions", json=act, headers=sent).status_code == 202
        with console.client("nurse2") as other:
            assert other.get("/api/snapshot").json()["alerts"] == []
            assert other.get(f"/api/alerts/{alert}").status_code == 404


def test_nothing_is_entered_for_a_site_and_it_is_never_paused(database_url: str) -> None:
    world.hospital(database_url)
    with world.served(database_url) as console, console.client("doc1") as client:
        entry = {"obs": [{"c": "8310-5", "v": 37.2, "u": "Cel"}]}
        pause = {"kind": "end", "from": "2026-11-22T00:00:00Z", "reason": "quiet"}
        for path, body in (("entries", entry), ("pauses", pause)):
            answer = client.post(f"/api/patients/{SITE}/{path}", json=body)
            nobody = client.post(f"/api/patients/none/{path}", json=body)
            assert (answer.status_code, answer.json()) == (404, nobody.json())
    with connection.connect(database_url) as conn:
        assert conn.execute("SELECT count(*) FROM action_inbox").fetchone() == (0,)


def test_the_snapshot_says_who_is_paused_now(database_url: str) -> None:
    world.hospital(database_url)
    now = world.now()
    with connection.connect(database_url) as conn:
        for wish in (
            pauses.Set("P1", "leave", now - 5 * DAY, now - 4 * DAY, "holiday"),
            pauses.Set("P1", "ward", now - HOUR, now + DAY, "surgery"),
            pauses.Set("P2", "ward", now + HOUR, now + DAY, "planned"),
        ):
            pauses.insert(conn, wish, actor="doc1", role="physician", at=now - 6 * DAY)
    with world.served(database_url) as console, console.client("nurse1") as client:
        shown = {each["id"]: each["pause"] for each in client.get("/api/snapshot").json()["patients"]}
        assert (shown["P1"]["kind"], shown["P1"]["reason"], shown["P2"]) == ("ward", "surgery", None)
        assert client.get("/api/patients/P1").json()["pause"]["by"] == "doc1"


def test_cause_place_and_clause_are_in_snapshot_lists_and_history(database_url: str) -> None:
    world.hospital(database_url)
    alert = write(database_url, "P1", cause="fever", place=2, clause="chemo-aplasia/fever")
    with world.served(database_url) as console, console.client("doc1") as client:
        history = client.get(f"/api/alerts/{alert}").json()
        found = [
            client.get("/api/snapshot").json()["alerts"][0],
            client.get("/api/patients/P1").json()["alerts"][0],
            client.get("/api/patients/P1/alerts").json()["alerts"][0],
            history["alert"],
            history["history"][0]["alert"],
        ]
    assert {(each["cause"], each["place"], each["clause"]) for each in found} == {("fever", 2, "chemo-aplasia/fever")}
