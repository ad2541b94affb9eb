"""Forecasts on a real database: stored with the row that tells the engine, stepped by the owner, alike after a kill."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from alerts.core.codes import MODELS
from alerts.predict import forecasting
from alerts.predict.forecasting import Forecasting, Waiting, Worker
from alerts.predict.isolated import Isolated, ModelFailed
from alerts.protocol.library import shipped
from alerts.replay import Recording
from alerts.service import Owner
from alerts.window_desk import window_of
from domain.alerts import AlertEvent, ModelOutput, PlanSet, Tick
from domain.instants import DAY, HOUR, MINUTE, Micros, moment
from domain.values import Given, Reading
from domain.vocabulary import NEUTROPHILS, TEMPERATURE
from storage import actions, forecasts, model_outputs, registry
from storage import feed as events
from storage.connection import Connection, connect
from tests.alerts.predict import answers
from tests.flow.console_world import add_reading, add_site, wait_for

T0: Micros = 1_795_000_000_000_000
NOW = T0 + 4 * DAY
PLAN = {"protocol": "chemo-aplasia", "fever_profile": "CAUTIOUS_HOME", "aplasia": None}


@pytest.fixture
def conn(plain_database_url: str) -> Iterator[Connection]:
    """P1 after docetaxel with a count, P2 with a regimen and nothing recorded, P3 without treatment."""
    with connect(plain_database_url) as found:
        add_site(found, "paris")
        for patient in ("P1", "P2", "P3"):
            found.execute("INSERT INTO patient (id, site, created_at) VALUES (%s, 'paris', %s)", (patient, moment(T0)))
        add_given(found, "P1", "chemotherapy", "docetaxel", T0, 150.0)
        add_reading(found, "P1", NEUTROPHILS, 2.5, at=T0 + 3 * DAY)
        plans = {"P1": PLAN, "P2": PLAN | {"regimen": "docetaxel", "cycle_start": "2026-11-18"}, "P3": PLAN}
        for patient, plan in plans.items():
            registry.add_plan(found, patient, plan, set_by="t", set_at=T0)
        found.commit()
        yield found


def add_given(conn: Connection, patient: str, kind: str, name: str, at: Micros, amount: float | None) -> None:
    conn.execute(
        """INSERT INTO given (patient, kind, name, given_at, received_at, amount, unit, by, device, boot, seq, idx)
           VALUES (%s, %s, %s, %s, %s, %s, 'mg', 'nurse', 'entry', 'b', %s, 0)""",
        (patient, kind, name, moment(at), moment(at), amount, at),
    )


def service(url: str, ask: Callable[[bytes], bytes] = answers.ready, *, at: Micros = NOW, **more: Any) -> Forecasting:
    fields: dict[str, Any] = {"connect": lambda: connect(url), "clock": lambda: at, "ask": lambda: ask}
    return Forecasting(**(fields | more))


def work(given: Forecasting, *patients: str, cause: str = "count") -> None:
    waiting = Waiting()
    waiting.add(dict.fromkeys(patients or ("P1", "P2", "P3"), cause))
    worker = Worker(given, waiting)
    while waiting.some.is_set():
        worker.work(threading.Event())


def owner(url: str, at: Micros = NOW, **more: Any) -> Owner:
    @contextmanager
    def lend() -> Iterator[Connection]:
        with connect(url) as conn:
            yield conn

    found = Owner(shipped(), lend, **more)
    found.load(at)
    return found


def step(conn: Connection, engine: Owner, at: Micros = NOW) -> None:
    decided = engine.actions(conn, at=at)
    if decided is not None:
        decided.write(conn)
        conn.commit()
        decided.adopt()


def rows(conn: Connection, query: str, *values: object) -> list[tuple[Any, ...]]:
    found = conn.execute(query, values).fetchall()  # type: ignore[arg-type]
    conn.commit()
    return found


def test_a_forecast_is_stored_and_told_and_opens_alert_and_window(conn: Connection, plain_database_url: str) -> None:
    work(service(plain_database_url))
    assert rows(conn, "SELECT patient, cause, status FROM forecast ORDER BY patient") == [
        ("P1", "count", "ready"), ("P2", "count", "refused"),
    ]  # fmt: skip
    engine = owner(plain_database_url)
    step(conn, engine)
    alert = engine.states["P1"].alerts["forecast-grade4"]
    assert (alert.severity, alert.state) == ("low", "open")
    assert "nadir forecast 0.4 G/L" in alert.reason.en
    assert engine.states["P1"].window.intervals == ((T0 + round(5.5 * DAY), None),)
    assert engine.states["P2"].outputs["anc-grade4"].why.startswith("no chemotherapy given is recorded")
    kinds = [event.kind for event in events.events_after(conn, 0, 100)]
    assert kinds.count("forecast.changed") == 2
    assert kinds.count("opened") == 1


def test_the_same_question_makes_no_second_forecast_and_a_new_count_does(
    conn: Connection, plain_database_url: str
) -> None:
    work(service(plain_database_url))
    work(service(plain_database_url, at=NOW + HOUR), cause="night")
    assert rows(conn, "SELECT count(*), max(checked_at) FROM forecast WHERE patient = 'P1'") == [
        (1, moment(NOW + HOUR))
    ]
    add_reading(conn, "P1", NEUTROPHILS, 1.5, at=NOW)
    conn.commit()
    work(service(plain_database_url, at=NOW + 2 * HOUR))
    engine = owner(plain_database_url, NOW + 2 * HOUR)
    step(conn, engine, NOW + 2 * HOUR)
    assert rows(conn, "SELECT count(*) FROM forecast WHERE patient = 'P1'") == [(2,)]
    assert engine.states["P1"].outputs["anc-grade4"].value == 42.0


class Killed(BaseException):
    """As `kill -9`: nothing of the process goes on."""


@pytest.mark.parametrize("point", ["forecast_stored", "forecast_told"])
def test_killed_between_any_two_steps_nothing_is_lost_and_nothing_said_twice(
    conn: Connection, plain_database_url: str, point: str
) -> None:
    def crash(reached: str) -> None:
        if reached == point:
            raise Killed

    with pytest.raises(Killed):
        work(service(plain_database_url, crash=crash), "P1")
    stored = rows(conn, "SELECT count(*) FROM forecast") + rows(conn, "SELECT count(*) FROM action_inbox")
    assert stored == ([(0,), (0,)] if point == "forecast_stored" else [(1,), (1,)])
    work(service(plain_database_url), "P1", cause="start")
    assert rows(conn, "SELECT count(*) FROM forecast") == [(1,)]
    assert rows(conn, "SELECT kind, count(*) FROM action_inbox GROUP BY kind") == [("model", 1)]


def test_killed_before_the_commit_of_its_events_the_next_owner_says_the_same(
    conn: Connection, plain_database_url: str
) -> None:
    work(service(plain_database_url), "P1")
    first = owner(plain_database_url)
    decided = first.actions(conn, at=NOW)
    assert decided is not None
    decided.write(conn)
    conn.rollback()  # and the process is gone
    second = owner(plain_database_url)
    step(conn, second)
    third = owner(plain_database_url)  # a restart afterwards
    for name in ("alerts", "window", "known_window", "outputs", "foretold"):
        assert getattr(third.states["P1"], name) == getattr(second.states["P1"], name), name
    step(conn, third)
    assert rows(conn, "SELECT count(*) FROM alert_event WHERE kind = 'opened'") == [(1,)]
    assert len(model_outputs.newest(conn, ["P1"], ["anc-grade4"], each=9)["P1"]) == 1


def test_a_foretold_window_survives_a_restart_after_many_refusals(conn: Connection, plain_database_url: str) -> None:
    """A model that fails for days is told again and again, and takes back nothing of what it said before."""
    work(service(plain_database_url), "P1")
    engine = owner(plain_database_url)
    step(conn, engine)
    for number in range(1, 41):
        at = NOW + number
        output = ModelOutput("P1", "anc-window", "anc-1.1.0", "refused", None, at, at, "the model died")
        body = {"forecast": number, "status": "refused", "outputs": [msgspec.to_builtins(output)]}
        actions.insert(conn, actions.Wish("paris", "P1", "model", body, "hub", "operator", f"refused-{number}", at))
    conn.commit()
    step(conn, engine, NOW + HOUR)
    again = owner(plain_database_url)
    assert again.states["P1"].outputs["anc-window"].status == "refused"
    assert again.states["P1"].window == engine.states["P1"].window
    assert again.states["P1"].window.intervals
    shown = window_of(conn, "P1", again.states["P1"].compiled, at=T0 + 6 * DAY)
    assert shown is not None
    assert shown.open


def test_a_replayed_history_says_what_was_said_live(conn: Connection, plain_database_url: str) -> None:
    """The stored inputs, readings and outputs, in order of receipt through the engine once more."""
    work(service(plain_database_url), "P1")
    engine = owner(plain_database_url)
    step(conn, engine)
    fever = Reading("P1", TEMPERATURE, 38.6, NOW + 2 * DAY, NOW + 2 * DAY)
    decided = engine.decide({"P1": [fever]}, at=NOW + 2 * DAY)
    decided.adopt()
    count = Reading("P1", NEUTROPHILS, 2.5, T0 + 3 * DAY, T0 + 3 * DAY)
    outputs = model_outputs.newest(conn, ["P1"], list(MODELS), each=9)["P1"]
    inputs = [("P1", found.received_at, found) for found in (count, *outputs, fever)]
    recording = Recording(shipped(), {"P1": PLAN})
    said = [event for event in recording.play(inputs) if isinstance(event, AlertEvent)]
    live, again = engine.states["P1"], recording.state("P1")
    assert (again.window, again.known_window, again.outputs) == (live.window, live.known_window, live.outputs)
    opened = {event.alert.rule for event in said if event.kind == "opened" and event.alert.category == "clinical"}
    assert opened == {"forecast-grade4", "fever", "fever-outside-window"}
    for rule in opened:
        one, other = live.alerts[rule], again.alerts[rule]
        assert (one.reason, one.condition_at, one.severity, one.evidence) == (
            other.reason, other.condition_at, other.severity, other.evidence,
        )  # fmt: skip


def test_a_model_that_fails_is_said_and_its_answer_later_clears_it(conn: Connection, plain_database_url: str) -> None:
    def failing(_: bytes) -> bytes:
        raise ModelFailed("the model died")

    work(service(plain_database_url, failing), "P1")
    engine = owner(plain_database_url)
    step(conn, engine)
    fault = engine.states["P1"].alerts["forecast-fault"]
    assert (fault.category, fault.severity, fault.condition_to) == ("technical", "low", None)
    assert engine.states["P1"].outputs["anc-grade4"].why == "the model could not answer (the model died)"
    work(service(plain_database_url, failing, at=NOW + MINUTE), "P1")
    work(service(plain_database_url, at=NOW + HOUR), "P1", cause="night")
    step(conn, engine, NOW + HOUR)
    assert engine.states["P1"].alerts["forecast-fault"].condition_to == NOW + HOUR
    assert "forecast-grade4" in engine.states["P1"].alerts
    said = rows(conn, "SELECT body ->> 'holds' FROM action_inbox WHERE kind = 'note' ORDER BY position")
    assert said == [("true",), ("false",)]


def test_a_hanging_model_is_cut_off_while_others_are_answered_without_it(
    conn: Connection, plain_database_url: str
) -> None:
    model = Isolated("tests.alerts.predict.answers:hang", answers_within=0.2)
    try:
        work(service(plain_database_url, model.ask), "P1", "P2")
    finally:
        model.close()
    found = dict(rows(conn, "SELECT patient, body ->> 'why' FROM forecast"))
    assert "cut off" in found["P1"]
    assert found["P2"].startswith("no chemotherapy given is recorded")


def test_the_owner_tells_of_counts_doses_and_plans_once_they_are_stored(
    conn: Connection, plain_database_url: str
) -> None:
    waiting = Waiting()
    engine = owner(plain_database_url, told=waiting.told)
    count = Reading("P1", NEUTROPHILS, 1.0, NOW, NOW)
    decided = engine.decide({"P1": [count], "P3": [Reading("P3", "8867-4", 80, NOW, NOW)]}, at=NOW)
    assert waiting.take(9) == {}
    decided.adopt()
    assert waiting.take(9) == {"P1": "count"}
    engine.decide({"P2": [Given("P2", "gcsf", "filgrastim", NOW, NOW, 0.3, "mg", "nurse")]}, at=NOW).adopt()
    actions.insert(conn, actions.Wish("paris", "P3", "plan", PLAN, "t", "operator", "k", NOW))
    step(conn, engine)
    assert waiting.take(9) == {"P2": "gcsf", "P3": "plan"}
    assert forecasting.cause_of([Tick(NOW), PlanSet("P1", {}, NOW)]) == "plan"


def test_the_service_forecasts_everybody_at_its_start_and_what_comes_then(
    conn: Connection, plain_database_url: str
) -> None:
    stop, waiting = threading.Event(), Waiting()
    threads = forecasting.start(service(plain_database_url), waiting, stop)
    try:
        wait_for(lambda: len(forecasts.newest(conn, ["P1", "P2"])) == 2)
        conn.commit()
        add_reading(conn, "P1", NEUTROPHILS, 0.4, at=NOW - HOUR)
        conn.commit()
        waiting.told({"P1": [Reading("P1", NEUTROPHILS, 0.4, NOW - HOUR, NOW)]})
        wait_for(lambda: forecasts.newest(conn, ["P1"])["P1"].cause == "count")
    finally:
        stop.set()
        for thread in threads:
            thread.join(5)
