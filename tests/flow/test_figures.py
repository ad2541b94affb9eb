"""The aplasia clock and the alert budget on a real database: each mark from its record, nothing missing good."""

import csv
import io
import json
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
from typer.testing import CliRunner
from websockets.sync.client import connect as ws_connect

from clinician_ui import receipts
from domain.alerts import Alert, AlertEvent
from domain.instants import DAY, HOUR, MINUTE, SECOND, Micros, iso, moment
from storage import connection, figures, marks
from tests.flow import console_world as world
from vigie.cli import app

pytestmark = pytest.mark.flow
RULES = ("fever", "rigors")


def write(url: str, event: AlertEvent, site: str = "paris") -> int:
    """One event, committed."""
    with connection.connect(url) as conn:
        conn.autocommit = True
        return world.write_event(conn, site, event)


def open_alert(url: str, patient: str = "P1", number: int = 1, site: str = "paris", **changes: Any) -> Alert:
    """An alert that has just opened."""
    alert = world.an_alert(patient, number, **changes)
    write(url, world.opened(alert), site)
    return alert


def acted(alert: Alert, kind: str, at: Micros, *, note: str | None = "calling", after: int = 1) -> AlertEvent:
    """A person's move, the `after`-th."""
    state = {"acknowledged": "acknowledged", "closed": "closed"}.get(kind, alert.state)
    moved = msgspec.structs.replace(alert, version=alert.version + after, state=state)
    return AlertEvent(kind, at, moved, actor="nurse1", note=note)


def give(url: str, patient: str, at: Micros, kind: str = "antibiotic") -> None:
    """A treatment given, entered now."""
    with connection.connect(url) as conn:
        conn.execute(
            """INSERT INTO given (patient, kind, name, given_at, received_at, by, device, boot, seq, idx)
               VALUES (%s, %s, 'ceftriaxone', %s, now(), 'nurse', 'console', 'b', %s, 0)""",
            (patient, kind, moment(at), at),
        )


def shown(client: httpx.Client, alert: str) -> dict[str, dict[str, Any]]:
    """The clock's marks by name."""
    answer = client.get(f"/api/alerts/{alert}/clock")
    assert answer.status_code == 200, answer.text
    return {each["mark"]: each for each in answer.json()["marks"]}


def test_the_seven_marks_come_from_where_they_are_recorded(database_url: str) -> None:
    world.hospital(database_url)
    start = world.now() - 40 * MINUTE
    give(database_url, "P1", start - MINUTE)  # before the signal: the answer to something else
    give(database_url, "P1", start + 20 * MINUTE, "antipyretic")
    alert = open_alert(database_url, at=start)
    with world.served(database_url) as console, console.client("nurse1") as client:
        found = shown(client, alert.id)
        assert found["signal"]["at"] == iso(start)
        assert found["received"]["since_signal_s"] == 2.0
        assert found["opened"]["since_signal_s"] == 3.0
        assert [found[name]["at"] for name in ("delivered", "seen", "acted", "antibiotic")] == [None] * 4
        assert client.get(f"/api/alerts/{alert.id}/clock").json()["verdict"] == "running"
        assert client.post(f"/api/alerts/{alert.id}/seen").json()["first"] is True
        assert client.post(f"/api/alerts/{alert.id}/seen").json()["first"] is False
        write(database_url, acted(alert, "commented", start + 9 * MINUTE))
        write(database_url, acted(alert, "acknowledged", start + 10 * MINUTE, after=2))
        write(database_url, acted(alert, "closed", start + 30 * MINUTE, after=3))
        give(database_url, "P1", start + 35 * MINUTE)
        give(database_url, "P1", start + 25 * MINUTE)  # entered afterwards, given before
        found = shown(client, alert.id)
        assert (found["seen"]["who"], found["seen"]["source"]) == ("nurse1", "panel")
        assert (found["acted"]["since_signal_s"], found["acted"]["source"]) == (600.0, "acknowledged")
        assert (found["antibiotic"]["since_signal_s"], found["antibiotic"]["source"]) == (1500.0, "ceftriaxone")
        assert client.get(f"/api/alerts/{alert.id}/clock").json()["verdict"] == "within"
    with connection.connect(database_url) as conn:
        looks = conn.execute("SELECT count(*) FROM audit WHERE action = 'seen'").fetchone()
    assert looks == (1,)


def test_an_answer_is_a_signal_too(database_url: str) -> None:
    world.hospital(database_url)
    at = world.now() - 10 * MINUTE
    alert = open_alert(database_url, at=at, rule="rigors", evidence=())
    with connection.connect(database_url) as conn:
        for number, (measured, received) in enumerate(((at, at + 9 * SECOND), (at - SECOND, at))):
            conn.execute(
                """INSERT INTO report (patient, measured_at, received_at, questionnaire, item, grade, by, device, boot,
                                       seq, idx)
                   VALUES ('P1', %s, %s, 'daily', 'rigors', 2, 'patient', 'd', 'b', %s, 0)""",
                (moment(measured), moment(received), number),
            )
        found = {mark.mark: mark for mark in marks.of_alert(conn, alert.id)}
    assert (found["signal"].at, found["signal"].who) == (at, "patient")
    assert (found["received"].at, found["received"].source) == (at + 9 * SECOND, "report")


def test_a_console_delivers_what_it_says_it_shows_and_no_more(database_url: str) -> None:
    world.hospital(database_url)
    before = open_alert(database_url, "P2")  # in the snapshot
    other = open_alert(database_url, "L1", site="lyon")
    with world.served(database_url, beat_seconds=0.2) as console, console.client("nurse1") as client:
        cursor = client.get("/api/snapshot").json()["cursor"]
        with ws_connect(console.feed_url(client, cursor)) as socket:
            json.loads(socket.recv(timeout=10))
            socket.send("not json")
            socket.send(json.dumps({"got": "7"}))
            socket.send(json.dumps({"got": 10**30}))
            socket.send(b"\x00\x01")
            socket.send(json.dumps({"got": cursor, "visible": False}))
            socket.send(json.dumps({"got": cursor}))
            world.wait_for(lambda: shown(client, before.id)["delivered"]["at"] is not None)
            live = open_alert(database_url, "P1")
            frame: dict[str, Any] = {"kind": "beat"}
            while frame["kind"] == "beat":
                frame = json.loads(socket.recv(timeout=10))
            assert shown(client, live.id)["delivered"]["at"] is None
            socket.send(json.dumps({"got": frame["id"] + 1000}))
            world.wait_for(lambda: shown(client, live.id)["delivered"]["at"] is not None)
        assert shown(client, live.id)["delivered"]["who"] == "nurse1"
    with connection.connect(database_url) as conn:
        assert {mark.mark for mark in marks.of_alert(conn, other.id)} == {"signal", "received", "opened"}
        start = world.now() - HOUR
        assert list(figures.attended(conn, ["paris"], start=start, end=start + 2 * HOUR).values()) == [1]


def test_what_a_console_says_cannot_hurt(database_url: str) -> None:
    assert receipts.read(None) is None
    assert receipts.read("[") is None
    assert receipts.read('{"got": 1.5}') is None
    assert receipts.read('{"got": 1' + " " * 300 + "}") is None
    assert receipts.read('{"got": 3}') == receipts.Said(3)


def test_a_mark_is_append_only_and_the_first_counts(database_url: str) -> None:
    world.hospital(database_url)
    alert = open_alert(database_url)
    at = world.now()
    with connection.connect(database_url) as conn:
        assert marks.seen(conn, alert.id, who="doc1", at=at + SECOND)
        assert marks.seen(conn, alert.id, who="nurse1", at=at)
        assert not marks.seen(conn, alert.id, who="nurse1", at=at - HOUR)
        [seen] = [mark for mark in marks.of_alert(conn, alert.id) if mark.mark == "seen"]
        assert (seen.who, seen.at) == ("nurse1", at)
        conn.commit()
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            conn.execute("DELETE FROM alert_mark")


MONTH, BEGIN = "2025-03", 1_740_783_600_000_000  # 1 March 2025, midnight in Paris


def fill_month(url: str) -> None:
    """Four fevers: within, over, never, and one of another month; a noisy medium alert of another rule."""
    for number, (patient, at, dose) in enumerate(
        [("P1", BEGIN, 50 * MINUTE), ("P1", BEGIN + DAY * 7, 61 * MINUTE), ("P2", BEGIN + DAY, None),
         ("P2", BEGIN - MINUTE, 10 * MINUTE)], start=1
    ):  # fmt: skip
        alert = open_alert(url, patient, number, at=at)
        write(url, acted(alert, "closed", at + 40 * MINUTE))
        if dose is not None:
            give(url, patient, at + dose)
    for number in range(12):
        silence = world.an_alert("P2", 100 + number, at=BEGIN + DAY + number * SECOND, rule="silence.8310-5",
                                 severity="medium", category="technical")  # fmt: skip
        write(url, world.opened(silence))
        write(url, acted(silence, "closed", silence.opened_at + MINUTE, note=None))
    with connection.connect(url) as conn:
        conn.execute("UPDATE patient SET created_at = %s WHERE id = 'P1'", (moment(BEGIN),))


def test_a_month_by_site_counts_what_is_missing_as_missing(database_url: str) -> None:
    world.hospital(database_url)
    fill_month(database_url)
    with connection.connect(database_url) as conn:
        world.add_user(conn, "audit1", "auditor", "paris", "lyon")
    with world.served(database_url) as console, console.client("doc1") as doc1, console.client("audit1") as auditor:
        answer = doc1.get("/api/figures/aplasia-clock", params={"month": MONTH}).json()
        [paris] = answer["sites"]
        assert (paris["n"], paris["within"], paris["over"], paris["missing"]) == (3, 1, 1, 1)
        assert paris["within_percent"] == 33.3
        assert (paris["median_min"], paris["p90_min"]) == (50.0, 61.0)
        seen = next(each for each in paris["marks"] if each["mark"] == "seen")
        assert seen == {"mark": "seen", "n": 3, "missing": 3, "median_min": None, "p90_min": None}
        assert [each["verdict"] for each in answer["clocks"]] == ["within", "missing", "over"]
        assert answer["target"]["minutes"] == 60
        without = auditor.get("/api/figures/aplasia-clock", params={"month": MONTH}).json()
        assert without["clocks"] == []
        lyon = next(each for each in without["sites"] if each["site"] == "lyon")
        assert (lyon["n"], lyon["within_percent"], lyon["median_min"]) == (0, None, None)
        for wrong in ("2026-13", "march", "2026-3-1", ""):
            assert doc1.get("/api/figures/aplasia-clock", params={"month": wrong}).status_code == 422


def test_the_budget_counts_floods_shares_and_yield(database_url: str) -> None:
    world.hospital(database_url)
    fill_month(database_url)
    asked = {"from": iso(BEGIN), "to": iso(BEGIN + 31 * DAY)}
    with world.served(database_url) as console, console.client("doc1") as client, console.client("nurse2") as lyon:
        answer = client.get("/api/figures/budget", params=asked).json()
        [site] = answer["sites"]
        assert (site["alerts"], site["floods"], site["over_steady"]) == (15, 1, 1)
        assert site["shares_percent"] == {"high": 20.0, "medium": 80.0, "low": 0.0}
        assert site["patient_days"] == pytest.approx(31, abs=0.01)
        rules = {each["rule"]: each for each in answer["rules"]}
        assert (rules["fever"]["opened"], rules["fever"]["acted"], rules["fever"]["yield_percent"]) == (3, 3, 100.0)
        # Closed without a word of why: nobody said it was worth anything.
        assert (rules["silence.8310-5"]["opened"], rules["silence.8310-5"]["yield_percent"]) == (12, 0.0)
        rows = list(csv.DictReader(io.StringIO(client.get("/api/figures/budget.csv", params=asked).text)))
        assert [row["alerts"] for row in rows] == ["1", "13", "1"]
        nothing = lyon.get("/api/figures/budget", params=asked).json()["sites"][0]
        assert (nothing["alerts"], nothing["shares_percent"], nothing["per_patient_day"]) == (0, None, None)
        empty = lyon.get("/api/figures/budget.csv", params={**asked, "what": "sites"}).text
        assert "high_percent" in empty
        assert "none" in empty
        for wrong in ({"to": asked["from"]}, {"to": iso(BEGIN + 500 * DAY)}, {"to": "soon"}):
            refused = client.get("/api/figures/budget", params={**asked, **wrong})
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "to")


def test_attended_consoles_share_the_load(database_url: str) -> None:
    world.hospital(database_url)
    for number in range(4):
        open_alert(database_url, "P1", number + 1, at=BEGIN + number * SECOND, rule=f"rule{number}")
    with connection.connect(database_url) as conn:
        receipt = marks.Receipt("nurse1", b"a", ("paris",), 0, 0, BEGIN + MINUTE)
        again = msgspec.structs.replace(receipt, at=BEGIN + 2 * MINUTE)
        marks.attended(conn, [receipt, again, msgspec.structs.replace(receipt, who="doc1", session=b"b")])
        marks.attended(conn, [receipt])
    asked = {"from": iso(BEGIN), "to": iso(BEGIN + HOUR)}
    with world.served(database_url) as console, console.client("doc1") as client:
        [found] = client.get("/api/figures/budget", params=asked).json()["bins"]
    assert (found["alerts"], found["consoles"], found["per_console"]) == (4, 2, 2.0)


def run(url: str, *words: str) -> Any:
    """The command with settings of its own."""
    env = {"VIGIE_DATABASE_URL": url, "VIGIE_MQTT_URL": "mqtt://vigie-hub:k3jh-98Ab@127.0.0.1:1"}
    return CliRunner().invoke(app, ["figures", *words], env=env)


def test_the_command_prints_json_csv_and_words(database_url: str) -> None:
    world.hospital(database_url)
    fill_month(database_url)
    done = run(database_url, "aplasia-clock", "--month", MONTH, "--json")
    assert done.exit_code == 0, done.output
    sites = {each["site"]: each for each in json.loads(done.stdout)["sites"]}
    assert (sites["paris"]["n"], sites["lyon"]["within_percent"]) == (3, None)
    stretch = ("--from", iso(BEGIN), "--to", iso(BEGIN + 31 * DAY))
    text = run(database_url, "budget", *stretch, "--site", "lyon").stdout
    assert "high percent" in text
    assert "none" in text
    rows = list(csv.DictReader(io.StringIO(run(database_url, "yield", *stretch, "--csv").stdout)))
    assert {row["rule"]: row["yield_percent"] for row in rows} == {"fever": "100.0", "silence.8310-5": "0.0"}
    for words in (("aplasia-clock", "--month", "x"), ("budget", *stretch, "--site", "nowhere"),
                  ("yield", "--from", "now", "--to", "then"), ("budget", *stretch, "--json", "--csv")):  # fmt: skip
        assert run(database_url, *words).exit_code == 2


def test_a_shift_says_how_fast_each_severity_was_answered(database_url: str) -> None:
    world.hospital(database_url)
    start = world.now() - HOUR
    first = open_alert(database_url, "P1", opened_at=start + MINUTE)
    open_alert(database_url, "P2", opened_at=start + 2 * MINUTE)
    open_alert(database_url, "P2", 2, opened_at=start + 3 * MINUTE, category="technical", rule="battery")
    open_alert(database_url, "L1", site="lyon", opened_at=start + MINUTE)
    open_alert(database_url, "P1", 2, opened_at=start - HOUR, rule="rigors")
    write(database_url, acted(first, "acknowledged", start + 9 * MINUTE))
    with connection.connect(database_url) as conn:
        for who, minutes in (("doc1", 4), ("nurse1", 6)):
            marks.seen(conn, first.id, who=who, at=start + minutes * MINUTE)
    with world.served(database_url) as served, served.client("nurse1") as nurse:
        answer = nurse.get("/api/figures/shift", params={"from": iso(start), "to": iso(start + HOUR)})
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert nurse.get("/api/figures/shift", params={"from": iso(start), "to": iso(start)}).status_code == 422
    [paris] = said["sites"]  # of the caller's circle alone
    assert [each["severity"] for each in paris["responses"]] == ["high", "medium", "low"]
    high = paris["responses"][0]
    assert high["n"] == 2  # neither the technical one, nor the other site's, nor the one before the shift
    by_mark = {each["mark"]: each for each in high["marks"]}
    assert by_mark["delivered"] == {"mark": "delivered", "n": 2, "missing": 2, "median_min": None, "p90_min": None}
    assert by_mark["seen"] == {"mark": "seen", "n": 2, "missing": 1, "median_min": 3.0, "p90_min": 3.0}
    assert by_mark["acted"] == {"mark": "acted", "n": 2, "missing": 1, "median_min": 8.0, "p90_min": 8.0}
    assert paris["budget"]["alerts"] == 3
    assert {each["rule"]: each["opened"] for each in paris["rules"]} == {first.rule: 2, "battery": 1}
    assert said["titles"]["battery"]["en"] == "Battery low"
