"""How a hub starts when something is missing or wrong: it says what, and either waits for it or refuses."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from msgspec import structs

from storage.connection import connect
from storage.migrate import migrate
from tests.flow.hub_world import SITE, Trial, clean_environment, spec, trial, until
from tests.flow.ingest_support import Device
from tests.ingest.support import payload
from tests.support.broker import Broker
from vigie.embedded import postgres as embedded
from vigie.embedded.postgres import EmbeddedPostgres

pytestmark = pytest.mark.flow

BACK_WITHIN = 10.0
GOOD = {
    "VIGIE_DATABASE_URL": "postgresql://hub:k3jh98ab@127.0.0.1:1/vigie",
    "VIGIE_MQTT_URL": "mqtt://hub:k3jh98ab@127.0.0.1:1",
    "VIGIE_SECRET_KEY": "0123456789abcdef" * 4,
    "VIGIE_BROKER_ACL": "file:/nowhere",
}


def away(running: Trial) -> str:
    """The body of /readyz while it is 503."""

    def asked() -> str | None:
        try:
            answer = httpx.get(f"{running.world.url}/readyz")
        except httpx.TransportError:
            return None
        return answer.text if answer.status_code == 503 else None

    return str(until(asked, within=20))


def stores(running: Trial, device: Device, seq: int) -> None:
    device.send(payload(seq, t=running.world.clock.now()))
    until(lambda: f'"upto":{seq}'.encode() in (device.last("ack") or b""))


def test_database_or_broker_away_at_start_is_said_and_waited_for(service_folder: Path) -> None:
    with trial(service_folder, speed=1.0) as running:
        world, postgres = running.world, running.world.postgres
        assert postgres is not None
        running.register([spec("p1", "stable")])
        device = Device(Broker(world.broker, world.accounts), "dev-p1", site=SITE)
        postgres.stop()
        world.start_hub()
        body = away(running)
        assert "database" in body
        until(lambda: "database away" in running.hub_log)
        postgres.start()
        world.wait_until_ready(BACK_WITHIN)
        stores(running, device, 1)
        assert running.stop_hub() == 0

        world.broker.stop()
        before = len(running.hub_log)
        world.start_hub()
        until(lambda: "broker away" in running.hub_log[before:], within=20)
        body = away(running)
        assert "broker" in body
        assert "database" not in body
        world.broker.start()
        world.wait_until_ready(BACK_WITHIN)
        until(device.client.is_connected)
        stores(running, device, 2)
        assert running.stop_hub() == 0
        device.close()


def serve(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`vigie serve` with these settings, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "vigie", "serve"],
        env=clean_environment(**env),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (dict.fromkeys(GOOD, ""), sorted(GOOD)),
        ({"VIGIE_MQTT_URL": "http://h", "VIGIE_SECRET_KEY": "short"}, ["VIGIE_MQTT_URL", "VIGIE_SECRET_KEY"]),
        ({"VIGIE_DATABASE_URL": "postgresql://vigie:vigie@h/v"}, ["VIGIE_DATABASE_URL"]),
        ({"VIGIE_HTTP_PORT": "99999"}, ["VIGIE_HTTP_PORT"]),
        ({"VIGIE_BROKER_ACL": "none"}, ["VIGIE_BROKER_ACL"]),
        ({"VIGIE_CLOCK_EPOCH": "yesterday"}, ["VIGIE_CLOCK_EPOCH"]),
    ],
)
def test_wrong_settings_are_refused_by_name(changes: dict[str, str], named: list[str]) -> None:
    done = serve(GOOD | changes)
    assert done.returncode == 2, done.stderr
    for name in named:
        assert name in done.stderr
    for name in GOOD.keys() - set(named):
        assert name not in done.stderr
    assert "Traceback" not in done.stderr


def refused(running: Trial) -> str:
    """The hub ends by itself with status 1; what it said."""
    running.world.start_hub()
    hub = running.world.hub
    assert hub is not None
    assert until(lambda: hub.poll() is not None and str(hub.returncode), within=30) == "1"
    return running.hub_log


def test_an_unmigrated_database_is_refused_naming_the_command(empty_database_url: str, service_folder: Path) -> None:
    running = Trial(service_folder / "unmigrated", database_url=empty_database_url)
    assert "vigie db migrate" in refused(running)
    assert "Traceback" not in running.hub_log


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_a_database_that_can_lose_commits_is_refused(setting: str, service_folder: Path) -> None:
    install = embedded._from_wheel()
    unsafe = structs.replace(install, settings=install.settings | {setting: "off"})
    with EmbeddedPostgres(service_folder / "unsafe-pg", install=unsafe) as postgres:
        url = postgres.url_of("vigie_test_unsafe")
        with connect(postgres.url) as conn:
            conn.autocommit = True
            conn.execute("DROP DATABASE IF EXISTS vigie_test_unsafe")
            conn.execute("CREATE DATABASE vigie_test_unsafe")
        with connect(url) as conn:
            migrate(conn)
        said = refused(Trial(service_folder / f"unsafe-{setting}", database_url=url))
        assert f"{setting}: off, expected on" in said
