"""H11: two triggers at once make one alert, not two."""

import threading
from pathlib import Path

import psycopg
import pytest

from alerts.engine import step
from alerts.protocol.library import shipped
from device_sim.demo import PatientSpec
from domain.instants import DAY, moment
from storage import alerts as alert_rows
from storage.connection import connect
from tests.alerts.play import OPEN, Play, fresh, reading
from tests.flow import console_world as world
from tests.flow import hub_oracle
from tests.flow.hub_world import SITE, aplasia, console, devices_of, spec, temperature, trial, until

PATIENTS = 8


def test_two_devices_in_one_batch_and_in_two_are_one_alert() -> None:
    first, second = reading(0, 39.0, device="patch"), reading(0, 39.1, device="ear")
    _, together = step(fresh(OPEN), [first, second], shipped())
    apart = Play(OPEN).feed(first, second).events
    other_way = Play(OPEN).feed(second, first).events
    for events in (together, apart, other_way):
        assert [event.kind for event in events if event.alert.rule == "fever"] == ["opened"]


@pytest.mark.flow
def test_the_database_refuses_a_second_open_alert_of_one_rule(database_url: str) -> None:
    with connect(database_url) as conn:
        world.add_site(conn, "paris")
        world.add_patient(conn, "P1", "paris")
        alert_rows.upsert(conn, [("paris", world.an_alert("P1", 1))])
        with pytest.raises(psycopg.errors.UniqueViolation):
            alert_rows.upsert(conn, [("paris", world.an_alert("P1", 2))])


def worn_twice(at: int) -> list[PatientSpec]:
    return [spec(f"p{number}", "stable", **aplasia(at)) for number in range(PATIENTS)]


@pytest.mark.flow
def test_two_devices_a_person_and_two_lanes_at_one_moment(database_url: str, service_folder: Path) -> None:
    """Each patient wears two devices; both see the fever at one moment, live and as backlog; a nurse types it in."""
    with trial(service_folder, speed=1.0, database_url=database_url) as running:
        now = running.world.clock.now
        running.register(worn_twice(now()), since=now() - DAY)
        names = [f"p{number}" for number in range(PATIENTS)]
        with running.world.connect() as conn:
            for name in names:
                conn.execute(
                    "INSERT INTO device (id, site, created_at) VALUES (%s, %s, %s)",
                    (f"dev-{name}b", SITE, moment(now())),
                )
                conn.execute("INSERT INTO wearing VALUES (%s, %s, %s)", (f"dev-{name}b", name, moment(now() - DAY)))
        running.serve()
        devices = devices_of(running, *names, *(f"{name}b" for name in names))
        at = now()
        with console(running, "nurse1") as nurse1:
            gate = threading.Barrier(3)

            def send(leaf: str, ending: str) -> None:
                gate.wait()
                for name in names:
                    devices[name + ending].send(temperature(1, 39.0, at=at), leaf)

            senders = [threading.Thread(target=send, args=each) for each in (("obs", ""), ("bulk", "b"))]
            for sender in senders:
                sender.start()
            gate.wait()
            entry = {"obs": [{"c": "8310-5", "v": 39.0, "u": "Cel", "site": "axilla"}]}
            for name in names:
                assert nurse1.post(f"/api/patients/{name}/entries", json=entry).status_code in (200, 202)
            for sender in senders:
                sender.join()
            until(lambda: running.ask("SELECT count(*) FROM reading") == [(3 * PATIENTS,)])
        opened = running.ask(
            "SELECT patient, rule, count(*) FROM alert_event WHERE kind = 'opened' AND rule = 'fever' GROUP BY 1, 2"
        )
        assert sorted(opened) == [(name, "fever", 1) for name in names]
        assert running.ask("SELECT count(*) FROM alert WHERE rule = 'fever'") == [(PATIENTS,)]
        with running.world.connect() as conn:
            hub_oracle.check_alerts(conn)
        for device in devices.values():
            device.close()
