"""A restart with open, acknowledged, snoozed and pending alerts changes nothing; deadlines are kept across it (H6)."""

from pathlib import Path
from typing import Any

import pytest

from domain.instants import DAY, MINUTE, iso, micros
from tests.flow import hub_oracle
from tests.flow.hub_world import Trial, act, aplasia, console, devices_of, spec, temperature, trial, until

pytestmark = [pytest.mark.flow, pytest.mark.one_server]

SPEED = 25.0  # five minutes of the hub are 12 s: a hub starts within them, on a busy machine too
QUIET = {"8310-5": 7 * 86_400}
NAMES = ("open", "acked", "snoozed", "pending", "closed")
STEPS = (5 * MINUTE, 10 * MINUTE, 15 * MINUTE)
LATE = 3 * MINUTE  # a tick or a start of the hub later

# Of the patients alone: the site's own alert that nobody watches may open at any moment of a slow run.
ROWS = {
    "alert": "SELECT * FROM alert WHERE patient = ANY (%s) ORDER BY id",
    "event": "SELECT * FROM alert_event WHERE patient = ANY (%s) ORDER BY id",
    "timer": "SELECT * FROM timer WHERE patient = ANY (%s) ORDER BY patient, rule, kind",
}


def rows(running: Trial) -> dict[str, list[tuple[Any, ...]]]:
    """Everything the engine wrote of the patients."""
    return {name: running.ask(statement, list(NAMES)) for name, statement in ROWS.items()}


def alert_of(running: Trial, patient: str) -> dict[str, Any]:
    """The patient's one alert, as the console needs it."""
    [(name, version, state)] = running.ask("SELECT id, version, state FROM alert WHERE patient = %s", patient)
    return {"id": name, "version": version, "state": state}


def state_is(running: Trial, patient: str, state: str) -> bool:
    return running.ask("SELECT state FROM alert WHERE patient = %s", patient) == [(state,)]


def prepared(running: Trial) -> Any:
    """Five patients, each with an alert in a state of its own; the devices."""
    now = running.world.clock.now
    plan = aplasia(now()) | {"fever_profile": "ESMO_2016", "cadence": QUIET}
    running.register([spec(name, "stable", **plan) for name in NAMES], since=now() - DAY)
    devices = devices_of(running, *NAMES)
    running.serve()
    devices["pending"].send(temperature(1, 38.2, at=now() - 124 * MINUTE))
    for name in ("acked", "snoozed", "closed"):
        devices[name].send(temperature(1, 39.0, at=now()))
    for name in NAMES[1:]:
        until(lambda name=name: state_is(running, name, "pending" if name == "pending" else "open"))
    with console(running, "doc1") as doc1:
        assert act(doc1, alert_of(running, "acked"), "acknowledge", reason="called").status_code == 202
        wake = iso(now() + 8 * MINUTE)
        assert act(doc1, alert_of(running, "snoozed"), "snooze", until=wake, reason="visit").status_code == 202
        assert act(doc1, alert_of(running, "closed"), "close", reason="seen").status_code == 202
    for name, state in (("acked", "acknowledged"), ("snoozed", "acknowledged"), ("closed", "closed")):
        until(lambda name=name, state=state: state_is(running, name, state))
    devices["open"].send(temperature(1, 39.0, at=now()))
    until(lambda: state_is(running, "open", "open"))
    return devices


def test_a_restart_changes_nothing_and_keeps_every_deadline(database_url: str, service_folder: Path) -> None:
    with trial(service_folder, speed=SPEED, database_url=database_url) as running:
        devices = prepared(running)
        now = running.world.clock.now
        before = rows(running)
        [(opened_at,)] = running.ask("SELECT opened_at FROM alert WHERE patient = 'open'")
        opened = micros(opened_at)
        running.world.kill_hub()
        running.serve()
        until(lambda: running.hub_log.count("patients loaded") == 2)
        after = rows(running)
        assert now() < opened + STEPS[0], "the restart took longer than the first deadline: nothing was tested"
        assert after == before

        until(lambda: len(escalated(running)) == 1, within=15)
        assert running.stop_hub() == 0  # an orderly end this time
        running.serve()
        devices["pending"].send(temperature(2, 38.2, at=now()))
        until(lambda: state_is(running, "pending", "open"))
        devices["acked"].send(temperature(2, 39.4, at=now()))
        devices["open"].send(temperature(2, 39.4, at=now()))
        devices["closed"].send(temperature(2, 39.1, at=now()))
        until(lambda: len(escalated(running)) == 3, within=30)
        for (step, at, next_at), due in zip(escalated(running), STEPS, strict=True):
            assert opened + due <= micros(at) <= opened + due + LATE, step
            assert next_at == (None if due == STEPS[-1] else opened + STEPS[STEPS.index(due) + 1])
        assert state_is(running, "acked", "acknowledged")
        assert state_is(running, "closed", "closed")  # the same condition, dealt with by a person
        assert running.ask("SELECT count(*) FROM reading") == [(len(NAMES) + 4,)]
        woken = running.ask("SELECT kind FROM alert_event WHERE patient = 'snoozed' ORDER BY id")
        assert woken[:3] == [("opened",), ("snoozed",), ("woken",)]
        with running.world.connect() as conn:
            hub_oracle.check_alerts(conn)
        for device in devices.values():
            device.close()


def escalated(running: Trial) -> list[tuple[Any, ...]]:
    """(step, when, next deadline) of the open alert's escalations."""
    return running.ask(
        "SELECT (body -> 'alert' -> 'escalation' ->> 'step')::int, at,"
        " (body -> 'alert' -> 'escalation' ->> 'next_at')::bigint"
        " FROM alert_event WHERE patient = 'open' AND kind = 'escalated' ORDER BY id"
    )
