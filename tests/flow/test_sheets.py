"""A patient's sheet: written as a whole, once, by whoever may; of two at once the second sees who was first."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from storage import connection
from tests.flow import console_world as world
from vigie.cli import app

pytestmark = pytest.mark.flow
HOSTILE = "<script>alert(1)</script> \u202e ' OR 1=1 --"
WHOLE: dict[str, Any] = {
    "family_name": "Martin",
    "given_name": "Anne",
    "birth_date": "1956-03-02",
    "phone": "06 12 34 56 78",
    "address": HOSTILE,
    "access": "code 12A4, 3e gauche",
    "allergy_status": "known",
    "allergies": "pénicilline : œdème",
    "emergency_unit": "Urgences de Cochin",
    "emergency_phone": "+33 (0)1 58 41 41 41",
    "contacts": [{"name": "Paul Martin", "relation": "mari", "phone": "06.98.76.54.32"}],
}


@pytest.fixture
def url(plain_database_url: str) -> str:
    """Two sites and their people."""
    world.hospital(plain_database_url)
    with connection.connect(plain_database_url) as conn:
        world.add_user(conn, "coord1", "coordinator", "paris")
        world.add_user(conn, "pharm1", "pharmacist", "paris")
    return plain_database_url


def vigie(url: str, *words: str) -> Result:
    """`vigie patient sheet`."""
    return CliRunner().invoke(app, ["patient", "sheet", *words], env={"VIGIE_DATABASE_URL": url})


def put(client: httpx.Client, seen: int, key: str | None = None, **body: Any) -> httpx.Response:
    """Press "save" on the first patient's sheet."""
    headers = {"If-Match": f'"{seen}"', "Idempotency-Key": key or world.token()}
    return client.put("/api/patients/P1/sheet", json=body, headers=headers)


def test_a_sheet_is_written_once_and_every_version_stays(url: str) -> None:
    with world.served(url) as console, console.client("coord1") as coordinator, console.client("nurse1") as nurse:
        empty = coordinator.get("/api/patients/P1/sheet").json()
        assert (empty["version"], empty["written"], empty["sheet"]["allergy_status"]) == (0, None, "unknown")
        key = world.token()
        first = put(coordinator, 0, key, **WHOLE)
        assert first.status_code == 200, first.text
        assert first.json()["sheet"] == WHOLE
        assert put(coordinator, 0, key, **WHOLE).json() == first.json(), "a second press is the same sheet"
        assert put(coordinator, 1, key, **WHOLE | {"access": "x"}).json()["errors"][0]["field"] == "Idempotency-Key"
        late = put(nurse, 0, **WHOLE | {"access": None})
        assert (late.status_code, late.json()["first"]["by"], late.json()["version"]) == (412, "coord1", 1)
        second = put(nurse, 1, **WHOLE | {"access": " "}).json()
        assert put(coordinator, 0, key, **WHOLE).json() == first.json(), "also when the sheet has changed since"
        emptied = dict.fromkeys(("family_name", "birth_date", "phone", "emergency_phone"))
        assert put(nurse, 2, **emptied).json()["sheet"]["phone"] is None
        assert put(nurse, 3, **second["sheet"]).json()["sheet"] == second["sheet"]
        assert (second["version"], second["sheet"]["access"]) == (2, None)
        assert [each["by"] for each in second["before"]] == ["nurse1", "coord1"]
        row = next(each for each in nurse.get("/api/snapshot").json()["patients"] if each["id"] == "P1")
        assert (row["name"], row["phone"]) == ({"family": "Martin", "given": "Anne"}, "06 12 34 56 78")
        kept = {each["patient"]: each["sheet"] for each in nurse.get("/api/sheets").json()["sheets"]}
        assert kept["P1"]["contacts"] == WHOLE["contacts"]
        assert list(kept) == ["P1"], "nobody has written another"
    with connection.connect(url) as conn:
        conn.autocommit = True
        for statement in ("DELETE FROM identity.sheet", "UPDATE identity.sheet SET key = 'x'"):
            with pytest.raises(Exception, match="append-only"):
                conn.execute(statement)
        looks = conn.execute("SELECT actor, detail FROM audit WHERE action = 'sheet.written' ORDER BY id").fetchall()
        assert looks[1] == ("nurse1", {"fields": ["access"]}), "the trail names fields, never what they say"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"phone": "call me"}, "phone"),
        ({"emergency_phone": "+"}, "emergency_phone"),
        ({"birth_date": "02/03/1956"}, "birth_date"),
        ({"birth_date": "1956-02-30"}, "birth_date"),
        ({"birth_date": "2956-02-20"}, "birth_date"),
        ({"phone": "+33(1)612345678"}, "phone"),
        ({"allergy_status": "known", "allergies": "  "}, "allergies"),
        ({"allergy_status": "none", "allergies": "latex"}, "allergies"),
        ({"allergies": "latex"}, "allergies"),
        ({"address": "x" * 2001}, "address"),
        ({"address": "a\x00b"}, "address"),
        ({"contacts": [{"name": "", "phone": "15"}]}, "contacts[0].name"),
        ({"contacts": [{"name": "Paul", "phone": "15", "mail": "x"}]}, "contacts[0].mail"),
        ({"contacts": [{"name": "Paul", "phone": "15"}] * 9}, "contacts"),
        ({"nickname": "x"}, "nickname"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(url: str, body: dict[str, Any], field: str) -> None:
    with world.served(url) as console, console.client("nurse1") as nurse:
        answer = put(nurse, 0, **body)
        assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, [field])
        assert nurse.get("/api/patients/P1/sheet").json()["version"] == 0


def test_who_may_and_whose(url: str) -> None:
    with world.served(url) as console, console.client("pharm1") as pharmacist, console.client("nurse2") as elsewhere:
        assert put(pharmacist, 0, **WHOLE).status_code == 403
        assert pharmacist.get("/api/patients/P1/sheet").status_code == 200
        assert elsewhere.get("/api/patients/P1/sheet").status_code == 404
        assert put(elsewhere, 0, **WHOLE).status_code == 404
        assert all(each["patient"] != "P1" for each in elsewhere.get("/api/sheets").json()["sheets"])
        for headers in ({}, {"If-Match": '"0"'}):
            assert pharmacist.put("/api/patients/P1/sheet", json={}, headers=headers).status_code in (403, 428)


def test_of_two_at_once_one_is_written(url: str) -> None:
    with world.served(url) as console, console.client("coord1") as one, console.client("nurse1") as other:
        with ThreadPoolExecutor(2) as both:
            answers = list(both.map(lambda client: put(client, 0, **WHOLE), (one, other)))
        assert sorted(each.status_code for each in answers) == [200, 412]
        assert one.get("/api/patients/P1/sheet").json()["version"] == 1


def test_the_operator_reads_and_writes_it(url: str, tmp_path: Path) -> None:
    file = tmp_path / "sheet.json"
    file.write_text(json.dumps(WHOLE))
    assert "version 1" in vigie(url, "P1", "--file", str(file)).stdout
    assert "nothing has changed" in vigie(url, "P1", "--file", str(file)).stdout
    assert json.loads(vigie(url, "P1").stdout) == WHOLE
    file.write_text(json.dumps(WHOLE | {"phone": "x"}))
    refused = vigie(url, "P1", "--file", str(file))
    assert (refused.exit_code, "--file: phone: expected a telephone number" in refused.output) == (2, True)
    assert vigie(url, "P9").exit_code == 1
