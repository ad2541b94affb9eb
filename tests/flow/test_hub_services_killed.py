"""`kill -9` of the broker with its store deleted, and of PostgreSQL, five times each under load; a full disk."""

import random
import time
from pathlib import Path

import pytest

from tests.flow import hub_oracle
from tests.flow.hub_world import SITE, Trial, spec, trial, until, ward
from tests.flow.ingest_support import Device
from tests.ingest.support import payload
from tests.support.broker import Broker
from vigie.embedded.postgres import EmbeddedPostgres

pytestmark = [pytest.mark.flow, pytest.mark.one_server]

BACK_WITHIN = 10.0  # seconds from the return of a service to storing again


def judged(running: Trial) -> dict[str, int]:
    """End the devices, then compare everything; the hub must have ended by itself never."""
    sums = running.end_fleet()
    assert sums["unacked"] == 0
    seen = hub_oracle.check(running)
    assert running.stop_hub() == 0
    return seen


def test_the_broker_killed_five_times_with_its_store_deleted(database_url: str, service_folder: Path) -> None:
    dice = random.Random(5)
    with trial(service_folder, database_url=database_url) as running:
        running.register(ward(running.world.clock.now()))
        running.serve()
        running.start_fleet()
        for _ in range(5):
            time.sleep(dice.uniform(1.0, 3.0))
            running.world.broker.kill9()
            running.world.broker.wipe()
            until(lambda: not running.world.ready())
            running.world.broker.start()
            running.world.wait_until_ready(BACK_WITHIN)
        assert judged(running)["sent"] > 300


def test_postgresql_killed_five_times(any_postgres: EmbeddedPostgres, service_folder: Path) -> None:
    dice = random.Random(6)
    with trial(service_folder, postgres=any_postgres) as running:
        running.register(ward(running.world.clock.now()))
        running.serve()
        running.start_fleet()
        for _ in range(5):
            time.sleep(dice.uniform(1.0, 3.0))
            any_postgres.kill9()
            until(lambda: not running.world.ready())
            any_postgres.start()
            running.world.wait_until_ready(BACK_WITHIN)
        assert judged(running)["sent"] > 300


_FULL = """
CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
END $$;
CREATE TRIGGER disk_is_full BEFORE INSERT ON reading FOR EACH STATEMENT EXECUTE FUNCTION disk_is_full();
"""


def test_a_full_disk_loses_nothing_and_the_hub_says_away_until_there_is_room(
    database_url: str, service_folder: Path
) -> None:
    with trial(service_folder, database_url=database_url, speed=1.0) as running:
        running.register([spec("p1", "stable")])
        device = Device(Broker(running.world.broker, running.world.accounts), "dev-p1", site=SITE)
        running.serve()
        with running.world.connect() as conn:
            conn.execute(_FULL)  # type: ignore[arg-type]
        until(lambda: b'"storing"' in (device.last("hub") or b""))
        for seq in range(1, 21):
            device.send(payload(seq, t=running.world.clock.now()))
        until(lambda: b'"away"' in (device.last("hub") or b""))
        states = len([1 for topic, _ in device.heard if topic.endswith("/hub")])
        until(lambda: running.hub_log.count("No space left on device") >= 3)
        assert not running.world.ready()
        assert len([1 for topic, _ in device.heard if topic.endswith("/hub")]) == states  # no wavering
        assert running.ask("SELECT count(*) FROM message") == [(0,)]
        assert device.last("ack") is None
        with running.world.connect() as conn:
            conn.execute("DROP TRIGGER disk_is_full ON reading")
        running.world.wait_until_ready(BACK_WITHIN)
        until(lambda: b'"upto":20' in (device.last("ack") or b""))
        assert running.ask("SELECT count(*), count(DISTINCT seq) FROM reading") == [(20, 20)]
        assert running.ask("SELECT count(*) FROM rejected") == [(0,)]
        device.close()
