"""`vigie questionnaire` against a real database, and what is asked and judged by it afterwards."""

import json
from pathlib import Path

import pytest

from alerts import day_desk
from alerts.asking import Turn
from alerts.questionnaire_files import shipped_texts
from alerts.questionnaire_shelf import books, text_of
from domain.instants import DAY, Micros, parse_iso
from domain.values import Origin, Report
from storage import messages
from storage.connection import Connection, connect
from tests.flow.test_commands import Vigie

AT: Micros = parse_iso("2026-11-22T09:00:00Z")
ORAL = {"protocol": "oral-therapy", "oral": []}


@pytest.fixture
def vigie(plain_database_url: str, tmp_path: Path) -> Vigie:
    """Two sites, a patient."""
    found = Vigie(plain_database_url, tmp_path)
    for site in ("paris", "lyon"):
        found.good("site", "add", site)
    (tmp_path / "plan.json").write_text(json.dumps(ORAL))
    for patient, site in (("P1", "paris"), ("P2", "lyon")):
        found.good("patient", "add", patient, "--site", site)
        found.good("plan", "set", patient, str(tmp_path / "plan.json"))
    return found


def turns_now(conn: Connection, patient: str, at: Micros = AT) -> tuple[Turn, ...]:
    """What the patient is asked at a moment."""
    return day_desk.turns(conn, patient, day_desk.day_of(conn, patient, at=at))


def licensed(tmp_path: Path, *, version: str = "3.1", drop: str | None = None, name: str = "daily") -> str:
    """The shipped oral set as a site's own, without the question `drop`."""
    tree = json.loads(shipped_texts()["oral-daily.json"])
    tree |= {"id": "theirs", "version": version, "title": "Leur questionnaire", "copyright": "see the agreement"}
    tree["code"][0]["code"] = name
    for group in tree["item"]:
        if "item" in group:
            group["item"] = [item for item in group["item"] if item["linkId"] != drop]
    path = tmp_path / f"{version}-{drop}.json"
    path.write_text(json.dumps(tree, ensure_ascii=False), "utf-8")
    return str(path)


def test_a_licensed_questionnaire_is_kept_for_its_site_and_asked_instead(vigie: Vigie, tmp_path: Path) -> None:
    said = vigie.good("questionnaire", "import", licensed(tmp_path), "--site", "paris", "--licence", "agreement 12")
    assert said.startswith("theirs@3.1 of paris: ")
    with connect(vigie.url) as conn:
        [turn] = turns_now(conn, "P1")
        assert (turn.questionnaire.ref, turn.questionnaire.licence) == ("theirs@3.1", "agreement 12")
        assert set(books(conn)["paris"]) - set(books(conn)[""]) == {"theirs@3.1"}
        assert [each.questionnaire.id for each in turns_now(conn, "P2")] == ["oral-daily"]
        assert "Leur questionnaire" in str(text_of(conn, "paris", "theirs"))
        assert text_of(conn, "lyon", "theirs") is None
    vigie.good(
        "questionnaire", "import", licensed(tmp_path, version="3.2"), "--site", "paris", "--licence", "agreement 12"
    )
    rows = json.loads(vigie.good("questionnaire", "list", "--site", "paris", "--json"))
    assert [(row["site"], row["ref"], row["licence"]) for row in rows if row["site"]] == [
        ("paris", "theirs@3.1", "agreement 12"), ("paris", "theirs@3.2", "agreement 12"),
    ]  # fmt: skip
    assert json.loads(vigie.good("questionnaire", "show", "theirs", "--site", "paris"))["version"] == "3.2"
    vigie.good("questionnaire", "withdraw", "theirs", "--site", "paris")
    with connect(vigie.url) as conn:
        assert [each.questionnaire.id for each in turns_now(conn, "P1")] == ["oral-daily"]
        assert "theirs@3.2" in books(conn)["paris"]


def test_what_may_not_be_imported_is_said_with_field_and_what_was_expected(vigie: Vigie, tmp_path: Path) -> None:
    whole = licensed(tmp_path)
    site = ("--site", "paris", "--licence", "agreement 12")
    vigie.good("questionnaire", "import", whole, *site)
    assert "it is there already" in vigie("questionnaire", "import", whole, *site).stderr
    Path(whole).write_text(Path(whole).read_text("utf-8").replace("Leur", "Notre"), "utf-8")
    assert "the text of that version is another" in vigie("questionnaire", "import", whole, *site).stderr
    less = vigie("questionnaire", "import", licensed(tmp_path, version="4", drop="nausea.severity"), *site)
    assert (less.exit_code, "expected also nausea.severity: rules look at them" in less.stderr) == (2, True)
    beside = licensed(tmp_path, version="5", drop="nausea.severity", name="their-daily")
    vigie.good("questionnaire", "import", beside, *site)
    assert (
        "--site: no site 'nantes'"
        in vigie("questionnaire", "import", whole, "--site", "nantes", "--licence", "x").stderr
    )
    assert "--licence" in vigie("questionnaire", "import", whole, "--site", "paris", "--licence", " ").stderr
    assert "FILE.json" in vigie("questionnaire", "check", str(tmp_path / "none.json")).stderr
    (tmp_path / "bad.json").write_text('{"resourceType":"Questionnaire"}')
    assert (
        "bad.json: Object missing required field" in vigie("questionnaire", "check", str(tmp_path / "bad.json")).stderr
    )


def test_answered_today_is_not_asked_again_and_the_version_comes_back(vigie: Vigie) -> None:
    given = (
        ("rigors", "presence", 0),
        ("unwell", "severity", 0),
        ("symptoms", "presence", 1),
        ("nausea", "severity", 2),
    )
    reports = [
        Report(
            "P1", "daily", item, attribute, grade, None, None, AT - 1, AT, "patient", Origin("d", "b", 1), place,
            "oral-daily@1.0.0", "telephone",
        )
        for place, (item, attribute, grade) in enumerate(given)
    ]  # fmt: skip
    with connect(vigie.url) as conn:
        messages.insert_reports(conn, reports)
        [turn] = turns_now(conn, "P1")
        assert (turn.done, turn.baseline, turn.ask) == (True, False, ("nausea.severity",))
        [next_day] = turns_now(conn, "P1", AT + DAY)
        assert not next_day.done
    exported = [
        json.loads(line)
        for line in vigie.good("export", "P1", "--what", "reports", "--format", "jsonl").split("\n")
        if line
    ]
    assert {(row["version"], row["channel"]) for row in exported} == {("oral-daily@1.0.0", "telephone")}
