"""The early warning on a real database: shadow, on and off by decision; told to the engine only where it is on."""

import json
import threading
from collections.abc import Callable, Iterator

import msgspec
import psycopg
import pytest
from typer.testing import CliRunner

from alerts.predict import mode_desk, scoring
from alerts.predict.isolated import ModelFailed
from alerts.predict.question import Question
from alerts.predict.scoring import Fresh, Scoring, Worker
from alerts.predict.shadow_desk import shadow_report
from domain.alerts import Said
from domain.instants import DAY, HOUR, MINUTE, Micros, iso, moment
from domain.protocols import Act
from domain.values import Reading
from domain.vocabulary import HEART_RATE, NEUTROPHILS, TEMPERATURE
from models.early_warning.values import Reason, Score
from storage import registry
from storage.connection import Connection, connect
from tests.flow.console_world import add_reading, add_site, wait_for
from tests.flow.test_forecasting import owner, rows, step
from vigie.cli import app

NOW: Micros = 1_795_000_000_000_000


@pytest.fixture
def conn(plain_database_url: str) -> Iterator[Connection]:
    """P1 at paris and L1 at lyon with a heart rate, E1 at paris without any."""
    with connect(plain_database_url) as found:
        for patient, site in (("P1", "paris"), ("E1", "paris"), ("L1", "lyon")):
            add_site(found, site)
            found.execute(
                "INSERT INTO patient (id, site, created_at) VALUES (%s, %s, %s)", (patient, site, moment(NOW - 9 * DAY))
            )
        for patient in ("P1", "L1"):
            add_reading(found, patient, HEART_RATE, 131, at=NOW - MINUTE)
        found.commit()
        yield found


def alarming(question: bytes) -> bytes:
    """An alarm for a fast heart, by the newest value it is given."""
    asked = msgspec.json.decode(question, type=Question)
    newest = max(asked.readings, key=lambda row: row[2])[1]
    reasons = (Reason("HR", 1.2, Said("pouls rapide", "fast pulse")), Reason("RR", -0.3, Said("x", "x")))
    risk = min(0.9, newest / 1000)
    return msgspec.json.encode(Score("ready", risk, newest > 120, reasons, "ew-1", Said("", ""), (newest,)))


def stale(_: bytes) -> bytes:
    return msgspec.json.encode(Score("stale", None, False, (), "ew-1", Said("trop vieux", "too old")))


def work(url: str, *patients: str, at: Micros = NOW, ask: Callable[[bytes], bytes] = alarming) -> None:
    fresh = Fresh()
    fresh.add(patients or ("P1", "L1", "E1"))
    Worker(Scoring(connect=lambda: connect(url), clock=lambda: at, ask=lambda: ask), fresh).work(threading.Event())


def switch(conn: Connection, mode: str, site: str = "paris", at: Micros = NOW) -> None:
    mode_desk.set_mode(conn, site, "early-warning", mode, act=Act("Dr A", "operator", at, "agreed by the team"))
    conn.commit()


def test_in_shadow_scores_are_stored_and_nobody_hears_of_them(conn: Connection, plain_database_url: str) -> None:
    work(plain_database_url)
    assert rows(conn, "SELECT patient, mode, status, risk, alarm FROM risk_score ORDER BY patient") == [
        ("L1", "shadow", "ready", 0.131, True), ("P1", "shadow", "ready", 0.131, True),
    ]  # fmt: skip
    assert rows(conn, "SELECT count(*) FROM action_inbox") == [(0,)]


def test_on_at_one_site_the_engine_hears_of_that_site_only(conn: Connection, plain_database_url: str) -> None:
    switch(conn, "on")
    work(plain_database_url)
    engine = owner(plain_database_url)
    step(conn, engine)
    alert = engine.states["P1"].alerts["early-warning"]
    assert (alert.severity, alert.state, alert.category) == ("medium", "open", "clinical")
    assert alert.reason.en.endswith("risk of sepsis within 12 h: 13.1 % (fast pulse), said by a model")
    assert alert.reason.fr.endswith("risque de sepsis dans les 12 h : 13,1 % (pouls rapide), dit par un modèle")
    assert "early-warning" not in engine.states["L1"].alerts
    again = owner(plain_database_url)
    assert again.states["P1"].alerts == engine.states["P1"].alerts
    assert again.states["P1"].outputs == engine.states["P1"].outputs


def test_an_alarm_of_the_shadow_holds_back_none_after_the_switch(conn: Connection, plain_database_url: str) -> None:
    """Nobody heard it: the refractory time begins with an alarm that somebody was told of."""
    heard: dict[Micros, list[Micros]] = {}

    def noting(question: bytes) -> bytes:
        asked = msgspec.json.decode(question, type=Question)
        heard[asked.at] = asked.alarms
        return alarming(question)

    work(plain_database_url, "P1", ask=noting)
    work(plain_database_url, "P1", at=NOW + HOUR, ask=noting)
    switch(conn, "on", at=NOW + HOUR)
    work(plain_database_url, "P1", at=NOW + 2 * HOUR, ask=noting)
    work(plain_database_url, "P1", at=NOW + 3 * HOUR, ask=noting)
    assert list(heard.values()) == [[], [NOW], [], [NOW + 2 * HOUR]]


def test_a_temperature_is_corrected_for_its_site_by_the_newest_plan(conn: Connection, plain_database_url: str) -> None:
    asked: list[Question] = []

    def noting(question: bytes) -> bytes:
        asked.append(msgspec.json.decode(question, type=Question))
        return alarming(question)

    add_reading(conn, "P1", TEMPERATURE, 37.8, at=NOW - 2 * MINUTE, body_site="axilla")
    for number, offset in enumerate((0.9, 0.5)):
        registry.add_plan(conn, "P1", {"site_offsets": {"axillary": offset}}, set_by="t", set_at=NOW + number)
    conn.commit()
    work(plain_database_url, "P1", ask=noting)
    assert {code: value for code, value, _ in asked[0].readings} == {HEART_RATE: 131, TEMPERATURE: 38.3}


def test_switched_off_nothing_is_scored_and_back_in_shadow_nothing_is_told(
    conn: Connection, plain_database_url: str
) -> None:
    switch(conn, "on")
    switch(conn, "off")
    work(plain_database_url, "P1")
    assert rows(conn, "SELECT count(*) FROM risk_score") == [(0,)]
    switch(conn, "shadow")
    work(plain_database_url, "P1")
    assert rows(conn, "SELECT count(*) FROM risk_score") == [(1,)]
    assert rows(conn, "SELECT count(*) FROM action_inbox WHERE kind = 'model'") == [(0,)]
    assert rows(conn, "SELECT mode, actor, reason FROM model_mode ORDER BY number") == [
        (mode, "Dr A", "agreed by the team") for mode in ("on", "off", "shadow")
    ]
    assert rows(conn, "SELECT count(*) FROM audit WHERE action = 'model.mode'") == [(3,)]


def test_a_score_that_is_not_ready_is_unknown_and_says_why(conn: Connection, plain_database_url: str) -> None:
    switch(conn, "on")
    work(plain_database_url, "P1", ask=stale)
    engine = owner(plain_database_url)
    step(conn, engine)
    assert engine.states["P1"].outputs["early-warning"].why == "too old"
    assert "early-warning" not in engine.states["P1"].alerts


def test_a_failing_model_is_a_technical_alert_of_the_site_and_is_cleared_by_a_score(
    conn: Connection, plain_database_url: str
) -> None:
    def failing(_: bytes) -> bytes:
        raise ModelFailed("the model died")

    work(plain_database_url, "P1", ask=failing)
    work(plain_database_url, "P1", at=NOW + HOUR)
    engine = owner(plain_database_url)
    step(conn, engine)
    alert = engine.states["site.paris"].alerts["early-warning-fault"]
    assert (alert.category, alert.severity, alert.condition_to is not None) == ("technical", "low", True)
    assert rows(conn, "SELECT count(*) FROM risk_score") == [(1,)]


def test_a_withdrawn_model_says_so_and_comes_back_by_a_person_only(conn: Connection, plain_database_url: str) -> None:
    why = ("calibration hors de sa bande", "calibration outside its band")
    assert not mode_desk.withdraw(conn, "paris", "early-warning", why, at=NOW)
    switch(conn, "on")
    assert mode_desk.withdraw(conn, "paris", "early-warning", why, at=NOW + HOUR)
    conn.commit()
    engine = owner(plain_database_url)
    step(conn, engine)
    alert = engine.states["site.paris"].alerts["model-withdrawn"]
    assert alert.reason.en == "Model early-warning withdrawn to shadow: calibration outside its band"
    work(plain_database_url, "P1", at=NOW + 2 * HOUR)
    assert rows(conn, "SELECT mode FROM risk_score") == [("shadow",)]
    with pytest.raises(psycopg.errors.CheckViolation):
        conn.execute(
            """INSERT INTO model_mode (site, model, number, mode, actor, role, reason, set_at, by_watch)
               VALUES ('paris', 'early-warning', 9, 'on', 'hub', 'operator', 'x', now(), true)"""
        )
    conn.rollback()
    switch(conn, "on", at=NOW + 3 * HOUR)
    step(conn, engine, NOW + 3 * HOUR)
    assert engine.states["site.paris"].alerts["model-withdrawn"].condition_to is not None


def test_a_patient_is_scored_once_in_ten_minutes_however_many_values_come() -> None:
    fresh = Fresh()
    pulse = Reading("P1", HEART_RATE, 80, NOW, NOW)
    for _ in range(3):
        fresh.told({"P1": [pulse], "P2": [Reading("P2", NEUTROPHILS, 1, NOW, NOW)]})
    assert fresh.take(NOW, 9) == ["P1"]
    fresh.told({"P1": [pulse]})
    assert fresh.take(NOW + 9 * MINUTE, 9) == []
    assert fresh.take(NOW + 10 * MINUTE, 9) == ["P1"]


def test_the_service_scores_who_has_fresh_values_at_its_start(conn: Connection, plain_database_url: str) -> None:
    stop = threading.Event()
    given = Scoring(connect=lambda: connect(plain_database_url), clock=lambda: NOW, ask=lambda: alarming)
    thread = scoring.start(given, Fresh(), stop)
    try:
        wait_for(lambda: rows(conn, "SELECT count(*) FROM risk_score") == [(2,)])
    finally:
        stop.set()
        thread.join(5)


def test_the_report_compares_shadow_alarms_with_alerts_and_transfers(conn: Connection, plain_database_url: str) -> None:
    work(plain_database_url, "P1", "L1")
    conn.execute(
        """INSERT INTO pause (patient, kind, from_at, until, reason, actor, role, set_at)
           VALUES ('P1', 'ward', %s, %s, 'admitted', 'n', 'nurse', %s)""",
        (moment(NOW + 3 * HOUR), moment(NOW + 9 * DAY), moment(NOW + 3 * HOUR)),
    )
    conn.commit()
    found = shadow_report(conn, "paris", start=NOW - DAY, end=NOW + DAY)
    assert (found.alarms, found.followed.n, found.lead_h) == (1, 1, 3.0)
    assert found.foreseen["pause.ward"].n == 1
    assert shadow_report(conn, "lyon", start=NOW - DAY, end=NOW + DAY).followed.n == 0


def test_the_commands_switch_with_name_and_reason_and_report(
    conn: Connection, plain_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_DATABASE_URL", plain_database_url)
    run = CliRunner().invoke
    assert run(app, ["site", "models", "paris", "early-warning"]).output == "early-warning at paris: shadow\n"
    assert run(app, ["site", "models", "paris", "early-warning", "on"]).exit_code == 2
    named = ["--by", "Dr A", "--reason", "report of November"]
    assert run(app, ["site", "models", "paris", "early-warning", "loud", *named]).exit_code == 2
    done = run(app, ["site", "models", "paris", "early-warning", "on", *named, "--json"])
    found = json.loads(done.output)
    assert (found["mode"], found["history"][0]["reason"]) == ("on", "report of November")
    assert found["history"][0]["by"].startswith("Dr A (cli:")
    work(plain_database_url, "P1")
    span = ["--from", iso(NOW - DAY), "--to", iso(NOW + DAY)]
    report = json.loads(run(app, ["models", "shadow-report", *span, "--json"]).output)
    assert [each["alarms"] for each in report["sites"] if each["site"] == "paris"] == [1]
    assert "alarms that were followed" in run(app, ["models", "shadow-report", *span]).output
