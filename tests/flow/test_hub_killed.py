"""`kill -9` of the hub, at random and at named points, under load: nothing lost, nothing twice, no alert missing."""

import random
import time
from pathlib import Path

import pytest

from tests.flow import hub_oracle
from tests.flow.hub_world import Trial, trial, until, ward

pytestmark = pytest.mark.flow

POINTS = ("after_parse", "before_commit", "after_commit")
CRASHED = 137


def killed_at_random(running: Trial, times: int, dice: random.Random) -> None:
    """Half of the kills strike a hub that stores, the others one that is still starting, or just has."""
    for turn in range(times):
        running.world.start_hub()
        if turn % 2:
            running.world.wait_until_ready()
            time.sleep(dice.uniform(0.0, 1.0))
        else:
            time.sleep(dice.uniform(0.3, 3.0))
        running.world.kill_hub()


def killed_at_points(running: Trial, times: int, *, broker_too: str = "") -> None:
    """The hub kills itself when it has passed the point that often: a first batch is but the devices' presence.

    `broker_too`: meanwhile the broker dies as well, and its store is deleted: only the devices have what was in flight.
    """
    for turn in range(times):
        for place, point in enumerate(POINTS):
            running.world.start_hub(crash=f"{point}:{1 + 5 * turn + 4 * place}")
            hub = running.world.hub
            assert hub is not None
            assert until(lambda hub=hub: hub.poll(), within=30) == CRASHED, running.hub_log[-8000:]
            running.world.hub = None
            if broker_too:
                running.world.broker.kill9()
                running.world.broker.wipe()
                running.world.broker.start()


def test_killed_twenty_times_at_random_and_at_each_point(plain_database_url: str, service_folder: Path) -> None:
    with trial(service_folder, database_url=plain_database_url) as running:
        running.register(ward(running.world.clock.now()))
        running.start_fleet()
        killed_at_random(running, 20, random.Random(20))
        killed_at_points(running, 2)
        running.serve()
        sums = running.end_fleet()
        assert sums["unacked"] == 0
        seen = hub_oracle.check(running)
        assert seen["sent"] > 1500
        assert seen["truths"] >= 6
        assert running.stop_hub() == 0


@pytest.mark.one_server  # the other kind than that of the large dose
def test_a_small_dose_on_timescaledb_and_over_mqtt_3_1_1(database_url: str, service_folder: Path) -> None:
    """From a fever to its alert over MQTT 3.1.1, and batches that were not acknowledged outlive the hub."""
    with trial(service_folder, database_url=database_url) as running:
        running.world.settings["VIGIE_MQTT_VERSION"] = "3.1.1"
        running.register(ward(running.world.clock.now()))
        running.start_fleet()
        killed_at_points(running, 2, broker_too="with its store")
        killed_at_random(running, 2, random.Random(4))
        running.serve()
        assert running.end_fleet()["unacked"] == 0
        assert hub_oracle.check(running)["sent"] > 300
        assert running.stop_hub() == 0
        sharp(running)


# One row wrong of each kind of wrong there is.
WRONGS = (
    "DELETE FROM message WHERE ctid = (SELECT min(ctid) FROM message WHERE NOT refused)",
    "UPDATE message SET sha256 = '\\x00' WHERE ctid = (SELECT max(ctid) FROM message WHERE NOT refused)",
    "DELETE FROM reading WHERE (device, boot, seq, idx) IN (SELECT device, boot, seq, idx FROM reading LIMIT 1)",
    "INSERT INTO reading SELECT * FROM reading LIMIT 1",
    "DELETE FROM rejected WHERE sha256 = (SELECT sha256 FROM rejected LIMIT 1)",
    "DELETE FROM alert WHERE rule = 'fever'",
    "UPDATE alert SET version = version + 1 WHERE ctid = (SELECT max(ctid) FROM alert)",
    "UPDATE alert SET state = 'closed' WHERE ctid = (SELECT max(ctid) FROM alert WHERE state = 'open')",
    "INSERT INTO timer VALUES ('nobody', 'fever', 'escalation', 'epoch')",
    "DELETE FROM alert_event WHERE id = (SELECT max(id) FROM alert_event)",
    "UPDATE alert SET condition_at = condition_at + interval '1 s' WHERE rule = 'fever'",
)


def sharp(running: Trial) -> None:
    """The oracle sees each of these faults: what it passes is right."""
    with running.world.connect() as conn:
        for wrong in WRONGS:
            conn.execute("ALTER TABLE alert_event DISABLE TRIGGER alert_event_append_only")
            assert conn.execute(wrong).rowcount > 0, wrong  # type: ignore[arg-type]
            try:
                hub_oracle.judge(conn, running)
            except AssertionError:
                conn.rollback()
            else:
                pytest.fail(f"the oracle passed: {wrong}")
