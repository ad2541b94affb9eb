"""Green answers: those that raised no alert are listed once, read in one action, and the patient's app says by whom."""

import time
from typing import Any

import httpx
import msgspec
import pytest

from domain.alerts import AlertEvent
from domain.instants import DAY, HOUR, MINUTE, Micros, moment
from storage import app_reading, connection
from tests.flow import console_world as world

pytestmark = pytest.mark.flow


def answer(conn: Any, patient: str, seq: int, at: Micros, **fields: Any) -> dict[str, Any]:
    """One message of answers: items with their grades, perhaps a text; as ingest stores it."""
    device = f"dev-{patient.lower()}"
    for place, (item, value) in enumerate(fields.get("items", {"nausea": 1}).items()):
        grade, text = (value, None) if isinstance(value, int) else (None, value)
        conn.execute(
            """INSERT INTO report (patient, questionnaire, item, attribute, grade, text, measured_at, received_at, by,
                                   device, boot, seq, idx)
               VALUES (%s, 'daily', %s, 'severity', %s, %s, %s, %s, %s, %s, 'b1', %s, %s)""",
            (patient, item, grade, text, moment(at), moment(at + 2_000_000), fields.get("by", "patient"), device, seq,
             place),
        )  # fmt: skip
    conn.execute(
        "INSERT INTO message (device, boot, seq, sha256, received_at) VALUES (%s, 'b1', %s, '', %s)",
        (device, seq, moment(at + 2_000_000)),
    )
    return {"device": device, "boot": "b1", "seq": seq}


def shown(client: httpx.Client) -> list[tuple[str, int, list[str]]]:
    """Patient, number and what to look at first of each message."""
    found = client.get("/api/answers/unread").json()
    return [(each["patient"], each["seq"], each["look_first"]) for each in found["messages"]]


def test_what_raised_no_alert_is_listed_and_nothing_else(plain_database_url: str) -> None:
    url, now = plain_database_url, world.now()
    world.hospital(url)
    with connection.connect(url) as conn:
        answer(conn, "P1", 1, now - 5 * HOUR)
        answer(conn, "P1", 2, now - 4 * HOUR, items={"nausea": 3, "pain": 0})
        answer(conn, "P1", 3, now - 3 * HOUR, items={"other": "<b>peur</b>"})
        answer(conn, "P1", 4, now - 8 * DAY)  # older than is listed
        answer(conn, "P1", 5, now - HOUR, by="nurse")  # written down by somebody of the staff
        answer(conn, "L1", 6, now - HOUR)  # another circle
        raised = {
            7: {"condition_at": now - 50 * MINUTE},
            8: {"condition_at": now - 9 * HOUR, "last_met_at": now - 40 * MINUTE},
            9: {"opened_at": now - 30 * MINUTE + 2_000_000},
        }
        for number, (seq, when) in enumerate(raised.items(), start=1):
            answer(conn, "P2", seq, now - (50 - 10 * (number - 1)) * MINUTE)
            fields = {"opened_at": now - 10 * HOUR, "last_met_at": now - 11 * HOUR, "evidence": (), "state": "closed",
                      "closed_at": now, **when}  # fmt: skip
            alert = world.an_alert("P2", number, at=now - 11 * HOUR, rule=f"r{number}", **fields)
            world.write_event(conn, "paris", AlertEvent("closed", now, alert))
        # one of which an alert keeps the reading as evidence, and one of which only the engine's event tells
        answer(conn, "P2", 10, now - 20 * MINUTE)
        answer(conn, "P2", 11, now - 15 * MINUTE)
        rests = world.an_alert("P2", 8, at=now - 12 * HOUR, rule="r8", state="closed", closed_at=now)
        kept = msgspec.structs.replace(rests.evidence[0], reading="dev-p2/b1/10/0")
        world.write_event(conn, "paris", AlertEvent("closed", now, msgspec.structs.replace(rests, evidence=(kept,))))
        worse = world.an_alert("P2", 9, at=now - 13 * HOUR, rule="r9", evidence=())
        world.write_event(conn, "paris", AlertEvent("worsened", now - 15 * MINUTE + 2_000_000, worse))
        answer(conn, "P2", 12, now - 5 * MINUTE)
    with world.served(url) as console, console.client("nurse1") as nurse, console.client("op1") as operator:
        assert shown(nurse) == [
            ("P1", 1, []),
            ("P1", 2, ["severe"]),
            ("P1", 3, ["text"]),
            ("P2", 12, ["alerting"]),
        ]
        [first, *_] = nurse.get("/api/answers/unread").json()["messages"]
        assert first["answers"] == [
            {"name": {"fr": "Nausées", "en": "Nausea"}, "grade": 1, "number": None, "text": None}
        ]
        assert operator.get("/api/answers/unread").status_code == 403
        wrong = {"device": "dev-p2", "boot": "b1", "seq": 7}
        assert nurse.post("/api/answers/read", json={"messages": [wrong]}).status_code == 409, "it raised an alert"


def test_read_once_by_whoever_was_first_and_told_to_the_patient(plain_database_url: str) -> None:
    url, now = plain_database_url, world.now()
    world.hospital(url)
    with connection.connect(url) as conn:
        one, two = answer(conn, "P1", 1, now - 2 * HOUR), answer(conn, "P1", 2, now - HOUR)
        other = answer(conn, "L1", 3, now - HOUR)
        world.add_user(conn, "doc3", "physician", "paris")
    with world.served(url) as console, console.client("nurse1") as nurse, console.client("doc3") as doctor:
        before = _news(url)
        assert nurse.post("/api/answers/read", json={"messages": [one, other]}).status_code == 409
        assert [seq for _, seq, _ in shown(nurse)] == [1, 2], "all or none"
        done = nurse.post("/api/answers/read", json={"messages": [one, two, one]}).json()
        assert (done["read"], done["before"]) == (2, 0)
        again = doctor.post("/api/answers/read", json={"messages": [one, two]}).json()
        assert (again["read"], again["before"]) == (0, 2)
        assert shown(doctor) == []
        for body in ({"messages": []}, {"messages": [{**one, "seq": 0}]}, {"messages": [{**one, "boot": "\u202e"}]}):
            assert nurse.post("/api/answers/read", json=body).status_code == 422
        assert _news(url) != before, "the app is told that there is something new"
    with connection.connect(url) as conn:
        roles = ["physician", "nurse"]
        receipts = app_reading.receipts(conn, "P1", ["dev-p1"], roles=roles, limit=10)
        assert [(each.seq, each.read_by_role) for each in receipts] == [(2, "nurse"), (1, "nurse")]
        assert all(now <= (each.read_at or 0) <= time.time_ns() // 1000 for each in receipts)
        looks = conn.execute("SELECT actor, subject FROM audit WHERE action = 'answers.read'").fetchall()
        assert looks == [("nurse1", "patient:P1")]
        conn.commit()
        conn.autocommit = True
        with pytest.raises(Exception, match="append-only"):
            conn.execute("DELETE FROM answers_read")


def _news(url: str) -> str:
    with connection.connect(url) as conn:
        return app_reading.news(conn, ["P1"])
