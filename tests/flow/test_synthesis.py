"""The daily synthesis over HTTP: made from what is stored, reviewed by a name, changed by late data, in the circle."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from domain.alerts import AlertEvent
from domain.instants import DAY, HOUR, Micros, iso, moment
from domain.wall_clock import instant_of, local_date, zone_of
from storage import connection, registry, syntheses
from tests.flow import console_world as world

pytestmark = pytest.mark.flow
PARIS = zone_of("Europe/Paris")


def yesterday() -> tuple[str, Micros]:
    """The day before today in Paris, and its noon."""
    day = local_date(world.now(), PARIS) - timedelta(days=1)
    return day.isoformat(), instant_of(day, 720, PARIS)


def fill(url: str, noon: Micros) -> None:
    """A day of one patient: an alert with an action, values, doses of a plan, answers, treatments, a pause."""
    plan = {
        "protocol": "oral-therapy", "regimen": "docetaxel", "cycle_start": moment(noon - 7 * DAY).date().isoformat(),
        "timezone": "Europe/Paris",
        "oral": [{"drug": "capecitabine", "dose_mg": 1500, "tablets": 3, "times": ["08:00", "20:00"],
                  "cycle": {"on": 14, "off": 7, "start": moment(noon - 7 * DAY).date().isoformat()}}],
    }  # fmt: skip
    alert = world.an_alert("P1", at=noon)
    after = msgspec.structs.replace(alert, version=2)
    with connection.connect(url) as conn:
        conn.execute("UPDATE patient SET created_at = %s", (moment(noon - 30 * DAY),))
        registry.add_plan(conn, "P1", plan, set_by="doc1", set_at=noon - 6 * DAY)
        world.write_event(conn, "paris", world.opened(alert))
        world.write_event(conn, "paris", AlertEvent("commented", noon + HOUR, after, actor="nurse1", note="<b>bu</b>"))
        world.add_reading(conn, "P1", "8310-5", 36.4, at=noon - DAY, body_site="axilla")
        world.add_reading(conn, "P1", "8310-5", 38.4, at=noon, body_site="axilla")
        rows: list[tuple[str, Any, Any]] = [("nausea", 3, None), ("comment", None, "<i>mal</i>")]
        for place, (item, grade, text) in enumerate(rows):
            conn.execute(
                """INSERT INTO report (patient, questionnaire, item, attribute, grade, text, measured_at, received_at,
                                       by, device, boot, seq, idx)
                   VALUES ('P1', 'daily', %s, 'severity', %s, %s, %s, now(), 'patient', 'app', 'b', 1, %s)""",
                (item, grade, text, moment(noon), place),
            )
        conn.execute(
            """INSERT INTO intake (patient, drug, state, due_at, taken_at, mg, measured_at, received_at, by, device,
                                   boot, seq, idx)
               VALUES ('P1', 'capecitabine', 'taken', %(due)s, %(due)s, 1500, %(due)s, now(), 'patient', 'app', 'b', 2,
                       0)""",
            {"due": moment(noon - 4 * HOUR)},
        )
        conn.execute(
            """INSERT INTO intake (patient, drug, state, taken_at, mg, measured_at, received_at, by, device, boot, seq,
                                   idx)
               VALUES ('P1', 'capecitabine', 'extra', %(at)s, 1500, %(at)s, now(), 'patient', 'app', 'b', 8, 0)""",
            {"at": moment(noon)},
        )
        conn.execute(
            """INSERT INTO retraction (patient, of_device, of_boot, of_seq, of_idx, measured_at, received_at, by,
                                       device, boot, seq, idx, why)
               VALUES ('P1', 'app', 'b', 8, 0, %(at)s, %(at)s, 'patient', 'app', 'b', 9, 0, 'erreur')""",
            {"at": moment(noon + 2 * HOUR)},
        )
        conn.execute(
            """INSERT INTO given (patient, kind, name, given_at, received_at, by, device, boot, seq, idx)
               VALUES ('P1', 'antibiotic', 'ceftriaxone', %s, now(), 'nurse', 'console', 'b', 3, 0)""",
            (moment(noon + HOUR),),
        )


def texts(found: dict[str, Any], lang: str = "en") -> dict[str, list[str]]:
    """The texts and quotes of each part."""
    return {
        part["id"]: [part_text for row in part["rows"] for part_text in (row["text"], row["quote"]) if part_text]
        for part in found["sections"][lang]
    }


def test_a_day_is_made_reviewed_printed_and_changed_by_late_data(plain_database_url: str) -> None:
    url, (day, noon) = plain_database_url, yesterday()
    world.hospital(url)
    fill(url, noon)
    path = f"/api/patients/P1/days/{day}"
    with world.served(url) as console, console.client("nurse1") as nurse, console.client("doc1") as doctor:
        made = nurse.get(path).json()
        assert (made["whole"], made["version"], made["reviews"]) == (True, 1, [])
        told = texts(made)
        assert "High · Fever 38.9 °C" in told["alerts"][0]
        assert "<b>bu</b>" in told["actions"]
        assert told["actions"][-2:] == ["patient took back an intake noted by mistake: capecitabine", "erreur"]
        assert any("38.4" in text for text in told["trends"])
        assert ["taken" in text for text in told["doses"] if "capecitabine" in text] == [True, False]
        assert any("ceftriaxone" in text for text in told["doses"])
        assert "<i>mal</i>" in told["symptoms"]
        assert any("3 of 4" in text for text in told["symptoms"])
        assert sum("capecitabine" in text for text in told["tomorrow"]) == 2
        assert nurse.get(path).json()["digest"] == made["digest"]

        assert nurse.post(f"{path}/review", json={"digest": "0" * 64}).status_code == 412
        assert nurse.post(f"{path}/review", json={"digest": made["digest"], "comment": "…"}).status_code == 422
        for _ in range(2):
            wish = {"digest": made["digest"], "comment": "Vu avec la famille"}
            answer = nurse.post(f"{path}/review", json=wish)
            assert answer.status_code == 201, answer.text
        assert [(each["by"], each["comment"]) for each in answer.json()["reviews"]] == [
            ("nurse1", "Vu avec la famille")
        ]

        with connection.connect(url) as conn:  # a thermometer that was away all night
            world.add_reading(conn, "P1", "8310-5", 39.1, at=noon + 2 * HOUR, received_at=world.now())
        changed = doctor.get(path).json()
        assert (changed["version"], changed["reviews"]) == (2, [])
        assert [each["by"] for each in changed["versions"][0]["reviews"]] == ["nurse1"]
        assert doctor.post(f"{path}/review", json={"digest": made["digest"]}).status_code == 412

        paper = doctor.get(f"{path}/pdf", params={"lang": "en"})
        assert paper.headers["content-type"] == "application/pdf"
        assert paper.content.startswith(b"%PDF-")
        assert doctor.get(f"{path}/pdf", params={"lang": "de"}).status_code == 422

        listed = {each["id"]: each for each in doctor.get(f"/api/days/{day}").json()["patients"]}
        assert set(listed) == {"P1", "P2"}
        assert (listed["P1"]["kept"], listed["P1"]["reviewed_by"], listed["P2"]["kept"]) == (True, "nurse1", False)
    with connection.connect(url) as conn:
        looks = conn.execute("SELECT action, actor FROM audit WHERE subject = 'patient:P1' ORDER BY id").fetchall()
        assert {("synthesis", "nurse1"), ("synthesis.reviewed", "nurse1"), ("printed", "doc1")} <= set(looks)
        kept = syntheses.of_day(conn, "P1", local_date(noon, PARIS))
        assert syntheses.body(conn, kept[0].id)["patient"] == "P1"


def test_only_the_circle_sees_it_and_bad_days_are_named(plain_database_url: str) -> None:
    url, (day, noon) = plain_database_url, yesterday()
    world.hospital(url)
    fill(url, noon)
    with connection.connect(url) as conn:
        world.add_user(conn, "coord1", "coordinator", "paris")
    tomorrow = iso(world.now() + 2 * DAY)[:10]
    with world.served(url) as console, console.client("nurse2") as lyon, console.client("coord1") as coordinator:
        for path in ("", "/pdf"):
            assert lyon.get(f"/api/patients/P1/days/{day}{path}").status_code == 404
            assert coordinator.get(f"/api/patients/site.paris/days/{day}{path}").status_code == 404
        assert lyon.post(f"/api/patients/P1/days/{day}/review", json={"digest": "0" * 64}).status_code == 404
        assert [each["id"] for each in lyon.get(f"/api/days/{day}").json()["patients"]] == ["L1"]
        made = coordinator.get(f"/api/patients/P1/days/{day}").json()
        wish = {"digest": made["digest"]}
        assert coordinator.post(f"/api/patients/P1/days/{day}/review", json=wish).status_code == 403
        for wrong in (tomorrow, "yesterday", "0001-01-01", "9999-12-31", "2026-02-30"):
            answer = coordinator.get(f"/api/patients/P1/days/{wrong}")
            assert answer.status_code == 422, wrong
            assert answer.json()["errors"][0]["field"] == "day"


def test_today_is_kept_only_when_somebody_signs_or_prints_it(plain_database_url: str) -> None:
    url = plain_database_url
    world.hospital(url)
    today = local_date(world.now(), PARIS)
    with world.served(url) as console, console.client("doc1") as doctor:
        path = f"/api/patients/P2/days/{today.isoformat()}"
        made = doctor.get(path).json()
        assert (made["whole"], made["version"]) == (False, None)
        signed = doctor.post(f"{path}/review", json={"digest": made["digest"]}).json()
        assert (signed["version"], signed["reviews"][0]["by"]) == (1, "doc1")
    with connection.connect(url) as conn:
        conn.autocommit = True
        with pytest.raises(Exception, match="append-only"):
            conn.execute("DELETE FROM synthesis_review")
        with pytest.raises(Exception, match="append-only"):
            conn.execute("UPDATE synthesis SET body = '{}'")


def test_a_plan_that_an_older_hub_did_not_check_hides_no_day(plain_database_url: str) -> None:
    url, (day, noon) = plain_database_url, yesterday()
    world.hospital(url)
    wrong = {"protocol": "none-such", "timezone": "Mars/Base", "cycle_start": "soon", "oral": [{"drug": 1}]}
    with connection.connect(url) as conn:
        registry.add_plan(conn, "P2", wrong, set_by="doc1", set_at=noon - DAY)
        world.add_reading(conn, "P2", "8867-4", 71, at=noon)
    with world.served(url) as console, console.client("doc1") as doctor:
        made = doctor.get(f"/api/patients/P2/days/{day}").json()
    told = texts(made)
    assert made["timezone"] == "Europe/Paris"
    assert any("71 /min" in text.replace("\N{NO-BREAK SPACE}", " ") for text in told["trends"])
    assert any("the plan cannot be used" in text for text in told["course"])


def test_the_day_is_that_of_the_patient_s_own_clock(plain_database_url: str) -> None:
    url, (day, _) = plain_database_url, yesterday()
    world.hospital(url)
    plan = {"protocol": "vital-signs", "timezone": "Indian/Reunion"}
    start = instant_of(date.fromisoformat(day), 0, zone_of("Indian/Reunion"))
    with connection.connect(url) as conn:
        registry.add_plan(conn, "P2", plan, set_by="doc1", set_at=start - DAY)
        world.add_reading(conn, "P2", "8867-4", 71, at=start + HOUR)
        world.add_reading(conn, "P2", "8867-4", 99, at=start - HOUR)
    with world.served(url) as console, console.client("doc1") as doctor:
        made = doctor.get(f"/api/patients/P2/days/{day}").json()
    assert made["timezone"] == "Indian/Reunion"
    [pulse] = [text for text in texts(made)["trends"] if "Heart rate" in text]
    assert "71 /min at 01:00" in pulse.replace("\N{NO-BREAK SPACE}", " ")
