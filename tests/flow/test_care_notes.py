"""Notes on a patient and the responsible person: nothing is changed or lost, both sides of a transfer are named."""

import threading

import httpx
import pytest

from domain.wall_clock import local_date, zone_of
from storage import connection
from tests.flow import console_world as world

pytestmark = pytest.mark.flow
HOSTILE = "<script>alert(1)</script> \u202e ' OR 1=1 --"


@pytest.fixture
def url(plain_database_url: str) -> str:
    """Two sites and their people."""
    world.hospital(plain_database_url)
    with connection.connect(plain_database_url) as conn:
        world.add_user(conn, "nurse3", "nurse", "paris")
        world.add_user(conn, "pharm1", "pharmacist", "paris")
    return plain_database_url


def note(client: httpx.Client, key: str | None = None, **body: object) -> httpx.Response:
    """Press the button of a note."""
    return client.post("/api/patients/P1/notes", json=body, headers={"Idempotency-Key": key or world.token()})


def test_a_note_stays_and_a_later_one_corrects_it_once(url: str) -> None:
    with world.served(url) as console, console.client("nurse1") as nurse, console.client("pharm1") as pharmacist:
        key = world.token()
        first = note(nurse, key, text=HOSTILE)
        assert first.status_code == 201, first.text
        assert note(nurse, key, text=HOSTILE).json()["id"] == first.json()["id"], "a second press is the same note"
        assert note(nurse, key, text="else").json()["errors"][0]["field"] == "Idempotency-Key"
        number = first.json()["id"]
        second = note(pharmacist, text="dose corrigée", corrects=number)
        assert second.status_code == 201
        assert note(nurse, text="moi aussi", corrects=number).status_code == 409
        found = nurse.get("/api/patients/P1/notes").json()["notes"]
        assert [(each["author"], each["text"], each["corrects"], each["corrected_by"]) for each in found] == [
            ("pharm1", "dose corrigée", number, None),
            ("nurse1", HOSTILE, None, second.json()["id"]),
        ]
        for body in ({"text": " … "}, {"text": "x" * 4001}, {"text": "a\x00b"}, {"text": "a", "corrects": 10**9}):
            assert note(nurse, **body).status_code == 422, body
        on_other = nurse.post(
            "/api/patients/P2/notes",
            json={"text": "a", "corrects": second.json()["id"]},
            headers={"Idempotency-Key": "k"},
        )
        assert on_other.json()["errors"][0]["field"] == "corrects"
    with connection.connect(url) as conn:
        conn.autocommit = True
        for statement in ("DELETE FROM patient_note", "UPDATE patient_note SET text = 'x'"):
            with pytest.raises(Exception, match="append-only"):
                conn.execute(statement)
        looks = conn.execute("SELECT actor, action FROM audit WHERE action = 'note.written' ORDER BY id").fetchall()
        assert looks == [("nurse1", "note.written"), ("pharm1", "note.written")]


def give(client: httpx.Client, person: str, before: str | None, reason: str = "fin de garde") -> httpx.Response:
    """Hand the first patient over."""
    wish = {"person": person, "before": before, "reason": reason}
    return client.post("/api/patients/P1/responsible", json=wish)


def test_a_transfer_names_both_and_is_on_record(url: str) -> None:
    with world.served(url) as console, console.client("doc1") as doctor, console.client("pharm1") as pharmacist:
        empty = doctor.get("/api/patients/P1/responsible").json()
        assert (empty["now"], empty["transfers"]) == (None, [])
        assert [each["username"] for each in empty["takers"]] == ["doc1", "nurse1", "nurse3"]
        assert give(pharmacist, "nurse1", None).status_code == 403
        assert give(doctor, "nurse1", None, reason="…").json()["errors"][0]["field"] == "reason"
        for nobody in ("nurse2", "pharm1", "ghost", "doc1\u202e"):  # another site, another role, nobody
            assert give(doctor, nobody, None).json()["errors"][0]["field"] == "person", nobody
        assert give(doctor, "nurse1", None, reason=HOSTILE).status_code == 201
        assert give(doctor, "nurse3", None).status_code == 412, "somebody was first"
        done = give(doctor, "nurse3", "nurse1").json()
        assert give(doctor, "nurse3", "nurse1").json() == done, "a second press is the same transfer"
        assert (done["now"]["person"], done["now"]["before"], done["now"]["by"]) == ("nurse3", "nurse1", "doc1")
        assert give(doctor, "nurse3", "nurse3").json()["errors"][0]["field"] == "person"
        [shown] = [each for each in doctor.get("/api/snapshot").json()["patients"] if each["id"] == "P1"]
        assert shown["responsible"]["person"] == "nurse3"
        assert doctor.get("/api/patients/P1").json()["responsible"]["since"] == done["now"]["since"]
        with connection.connect(url) as conn:
            conn.execute("UPDATE account SET disabled_at = now() WHERE username = 'nurse3'")
        assert doctor.get("/api/patients/P1/responsible").json()["now"]["here"] is False
        today = local_date(world.now(), zone_of("Europe/Paris")).isoformat()
        made = doctor.get(f"/api/patients/P1/days/{today}").json()
        [acts] = [part["rows"] for part in made["sections"]["en"] if part["id"] == "actions"]
        assert [row["quote"] for row in acts] == [HOSTILE, "fin de garde"]
        assert "nurse1 → nurse3" in acts[1]["text"]
    with connection.connect(url) as conn:
        rows = conn.execute("SELECT detail ->> 'before', detail ->> 'to' FROM audit WHERE action = 'transferred'")
        assert rows.fetchall() == [(None, "nurse1"), ("nurse1", "nurse3")]


def test_two_transfers_at_once_make_one(url: str) -> None:
    answers: list[int] = []
    with world.served(url) as console, console.client("doc1") as one, console.client("nurse1") as other:
        threads = [
            threading.Thread(target=lambda client=client, to=to: answers.append(give(client, to, None).status_code))
            for client, to in ((one, "nurse1"), (other, "nurse3"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [201, 412]
        assert len(one.get("/api/patients/P1/responsible").json()["transfers"]) == 1


def test_another_circle_sees_and_writes_nothing(url: str) -> None:
    with world.served(url) as console, console.client("nurse2") as lyon, console.client("op1") as operator:
        assert lyon.get("/api/patients/P1/notes").status_code == 404
        assert note(lyon, text="bonjour").status_code == 404
        assert lyon.get("/api/patients/P1/responsible").status_code == 404
        assert give(lyon, "nurse2", None).status_code == 404
        assert operator.get("/api/patients/P1/notes").status_code == 403
        assert lyon.get("/api/patients/site.lyon/notes").status_code == 404
