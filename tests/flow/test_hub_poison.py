"""A message that the database refuses, in one batch with fevers: it alone is quarantined, every fever is one alert."""

from pathlib import Path

import pytest

from tests.flow import hub_oracle
from tests.flow.hub_world import aplasia, devices_of, spec, temperature, trial, until

pytestmark = [pytest.mark.flow, pytest.mark.one_server]

PATIENTS = 6
POISON = 36.66
_REFUSES = """
CREATE FUNCTION refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a value this database cannot take' USING ERRCODE = 'data_exception';
END $$;
CREATE TRIGGER refuse_poison BEFORE INSERT ON reading FOR EACH ROW WHEN (new.value = 36.66)
    EXECUTE FUNCTION refuse_poison();
"""


def test_a_poisoned_message_costs_no_fever_its_alert(database_url: str, service_folder: Path) -> None:
    with trial(service_folder, speed=1.0, database_url=database_url) as running:
        now = running.world.clock.now
        names = [f"p{number}" for number in range(PATIENTS)]
        running.register([spec(name, "stable", **aplasia(now())) for name in names])
        devices = devices_of(running, *names)
        running.serve()
        assert running.stop_hub() == 0  # from now on the broker keeps what is sent: it comes as one batch
        with running.world.connect() as conn:
            conn.execute(_REFUSES)  # type: ignore[arg-type]
        for place, name in enumerate(names):
            values = [39.0, POISON, 39.2] if place % 2 else [39.0, 39.2]
            for seq, value in enumerate(values, 1):
                devices[name].send(temperature(seq, value, at=now()))
        running.serve()
        stored = 2 * PATIENTS
        until(lambda: running.ask("SELECT count(*) FROM reading") == [(stored,)])
        until(lambda: running.ask("SELECT count(*) FROM rejected") == [(PATIENTS // 2,)])
        opened = (
            "SELECT patient, count(*) FROM alert_event WHERE kind = 'opened' AND rule = 'fever' GROUP BY 1 ORDER BY 1"
        )
        assert running.ask(opened) == [(name, 1) for name in names]
        for place, name in enumerate(names):
            wanted = b'"upto":3' if place % 2 else b'"upto":2'
            until(lambda name=name, wanted=wanted: wanted in (devices[name].last("ack") or b""))
        with running.world.connect() as conn:
            hub_oracle.check_alerts(conn)
        for device in devices.values():
            device.close()
