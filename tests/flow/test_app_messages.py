"""What the app sends: judged, stored and stepped like a device's message, acknowledged after the commit, once."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from storage import connection
from tests.flow.app_world import Ingest, ServedBoth, account_of, both, enrol, rows, ward

World = tuple[str, ServedBoth]


@pytest.fixture(scope="module")
def world(embedded_server: Any) -> Iterator[World]:
    """A served hub and its database, with a patient for each test."""
    with embedded_server.fresh() as url:
        ward(url)
        with connection.connect(url) as conn:
            for n in range(1, 9):
                conn.execute("INSERT INTO patient VALUES (%s, 'ward', now() - interval '2 days')", (f"M{n}",))
        with both(url) as hub, Ingest(url):
            yield url, hub


def test_a_fever_entered_in_the_app_is_stored_and_alerts_before_it_is_acknowledged(world: World) -> None:
    url, hub = world
    username, code = enrol(url, "patient", "M1")
    app = hub.phone()
    me = app.claim(code).json()
    assert (me["person"], me["role"], [each["id"] for each in me["patients"]]) == (username, "patient", ["M1"])
    answer = app.temperature("M1", 39.1)
    assert answer.status_code == 200, answer.text
    assert {key: answer.json()[key] for key in ("boot", "upto", "miss")} == {"boot": "b001", "upto": 1, "miss": []}
    assert answer.json()["refused"] == []
    device = me["patients"][0]["device"]
    found = rows(url, "SELECT patient, value, by, device FROM reading WHERE patient = 'M1'")
    assert found == [("M1", 39.1, "patient", device)]
    assert rows(url, "SELECT rule, severity FROM alert WHERE patient = 'M1' AND category = 'clinical'") == [
        ("fever", "high")
    ]
    assert rows(url, "SELECT count(*) FROM app_inbox") == [(0,)]


def test_the_same_message_again_is_acknowledged_again_and_stored_once(world: World) -> None:
    url, hub = world
    _, code = enrol(url, "patient", "M2")
    app = hub.phone()
    app.claim(code)
    message = app.message(obs=[{"c": "8310-5", "v": 37.0, "u": "Cel"}])
    first, second = app.send("M2", message), app.send("M2", [message, message])
    assert first.json() == second.json()
    assert rows(url, "SELECT count(*) FROM reading WHERE patient = 'M2'") == [(1,)]
    other = {**message, "obs": [{"c": "8310-5", "v": 39.9, "u": "Cel"}]}
    refused = app.send("M2", other).json()["refused"]
    assert [(each["seq"], each["reason"]) for each in refused] == [(1, "conflict")]
    assert rows(url, "SELECT value FROM reading WHERE patient = 'M2'") == [(37.0,)]
    assert app.send("M2", message).json() == first.json()


def test_a_bad_entry_is_refused_in_plain_words_and_the_rest_is_stored(world: World) -> None:
    url, hub = world
    _, code = enrol(url, "patient", "M3")
    hostile = "<script>alert(1)</script> \u202e\u2066 é 🩺 '; DROP TABLE reading; --"
    texts = [hostile, "x" * 10_000, "x" * 10_001, "a\u0000b", "last"]
    app = hub.phone()
    app.claim(code)
    answers = [{"q": "daily", "i": "note", "s": text} for text in texts]
    sent = app.message(rep=answers, obs=[{"c": "8310-5", "v": 371, "u": "Cel"}, {"c": "8867-4", "v": 80, "u": "/min"}])
    answer = app.send("M3", sent).json()
    assert answer["upto"] == 1
    said = {each["path"].split(".")[0]: each["said"]["fr"] for each in answer["refused"]}
    assert set(said) == {"obs[0]", "rep[2]", "rep[3]"}
    assert "Température" in said["obs[0]"]
    assert "30 à 43 °C" in said["obs[0]"]
    assert all("caractère" in said[path] for path in ("rep[2]", "rep[3]"))
    stored = [row[0] for row in rows(url, "SELECT text FROM report WHERE patient = 'M3' ORDER BY idx")]
    assert stored == [hostile, "x" * 10_000, "last"]
    assert rows(url, "SELECT value FROM reading WHERE patient = 'M3'") == [(80.0,)]


def test_nobody_at_home_types_a_count_that_closes_the_aplasia_window(world: World) -> None:
    url, hub = world
    _, code = enrol(url, "caregiver", "M3")
    app = hub.phone()
    app.claim(code)
    counts = [{"c": code, "v": 2.5, "u": "10*9/L"} for code in ("26499-4", "751-8")]
    answer = app.send("M3", app.message(obs=[*counts, {"c": "8867-4", "v": 81, "u": "/min"}])).json()
    assert [(each["path"], each["reason"]) for each in answer["refused"]] == [
        ("obs[0].c", "unknown_code"), ("obs[1].c", "unknown_code"),
    ]  # fmt: skip
    assert "laboratoire" in answer["refused"][0]["said"]["fr"]
    assert rows(url, "SELECT count(*) FROM reading WHERE patient = 'M3' AND code = '26499-4'") == [(0,)]
    assert rows(url, "SELECT value FROM reading WHERE patient = 'M3' AND by = 'caregiver'") == [(81.0,)]


def test_a_list_with_one_broken_message_loses_none_of_the_others(world: World) -> None:
    url, hub = world
    _, code = enrol(url, "patient", "M4")
    app = hub.phone()
    app.claim(code)
    good = [app.message(obs=[{"c": "8867-4", "v": 70 + n, "u": "/min"}]) for n in range(3)]
    body = json.dumps([good[0], {"no": "number"}, good[1], {**good[2], "obs": [{"c": "8867-4", "v": float("nan")}]}])
    answer = app.send("M4", body.encode()).json()
    assert (answer["upto"], answer["miss"]) == (3, [])
    assert [(each["boot"], each["reason"]) for each in answer["refused"]] == [
        ("b001", "not_finite"),
        (None, "malformed"),
    ]
    assert rows(url, "SELECT value FROM reading WHERE patient = 'M4' ORDER BY seq") == [(70.0,), (71.0,)]
    assert app.send("M4", b"{not json").json()["refused"][0]["reason"] == "malformed"
    assert app.send("M4", b"[]").status_code == 422


def test_two_people_answering_at_once_are_two_devices_and_both_are_named(world: World) -> None:
    url, hub = world
    _, own = enrol(url, "patient", "M5")
    _, helping = enrol(url, "caregiver", "M5")
    patient, caregiver = hub.phone(), hub.phone()
    patient.claim(own)
    caregiver.claim(helping)
    nurse = hub.phone()
    assert nurse.log_in("nurse1").json()["role"] == "nurse"
    for person, grade in ((patient, 1), (caregiver, 2), (nurse, 3)):
        sent = {**person.message(rep=[{"q": "daily", "i": "pain", "a": "severity", "g": grade}]), "by": "device"}
        assert person.send("M5", sent).json()["upto"] == 1
    found = rows(url, "SELECT by, grade FROM report WHERE patient = 'M5' ORDER BY grade")
    assert found == [("patient", 1), ("caregiver", 2), ("nurse", 3)]
    assert len(rows(url, "SELECT DISTINCT device FROM report WHERE patient = 'M5'")) == 3


def test_nothing_is_acknowledged_while_nothing_is_stored(plain_database_url: str, monkeypatch) -> None:
    url = plain_database_url
    ward(url)
    _, code = enrol(url, "patient", "P1")
    monkeypatch.setattr("patient_ui.message_routes.WAIT_FOR", 0.2)
    with both(url) as hub:
        app = hub.phone()
        app.claim(code)
        message = app.message(obs=[{"c": "8310-5", "v": 37.0, "u": "Cel"}])
        late = app.send("P1", message)
        assert (late.status_code, late.json()["type"]) == (503, "urn:vigie:not-stored")
        assert app.send("P1", message).status_code == 503
        assert rows(url, "SELECT count(*) FROM app_inbox") == [(1,)]
        monkeypatch.setattr("patient_ui.message_routes.WAIT_FOR", 8.0)
        with Ingest(url):
            assert app.send("P1", message).json()["upto"] == 1
        assert rows(url, "SELECT count(*) FROM reading") == [(1,)]


def test_a_shared_tablet_must_say_who_is_measured(plain_database_url: str) -> None:
    url = plain_database_url
    ward(url)
    username, code = enrol(url, "tablet", "P1", "P2")
    with both(url) as hub, Ingest(url):
        app = hub.phone()
        assert [each["relation"] for each in app.claim(code).json()["patients"]] == ["resident", "resident"]
        refused = app.temperature("P2", 37.2).json()["refused"]
        assert [(each["reason"], each["path"]) for each in refused] == [("identity", "ev")]
        checked = app.message(obs=[{"c": "8310-5", "v": 37.2, "u": "Cel"}], ev=[{"k": "identity", "why": "birth-date"}])
        assert app.send("P2", checked).json()["refused"] == []
        assert rows(url, "SELECT patient, by FROM reading") == [("P2", "caregiver")]
        assert rows(url, "SELECT patient, how, seq FROM identity_check") == [("P2", "birth-date", 2)]
        assert account_of(url, username).role == "tablet"
