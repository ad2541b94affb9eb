"""How a hub starts when something is missing or wrong: it says what, and either waits for it or refuses."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import pytest
from msgspec import structs

from storage.connection import connect
from storage.migrate import migrate
from tests.flow.hub_world import SITE, Trial, clean_environment, spec, trial, until
from tests.flow.ingest_support import Device, register
from tests.ingest.support import payload
from tests.support.broker import Broker
from vigie.embedded.postgres import EmbeddedPostgres

pytestmark = [pytest.mark.flow, pytest.mark.one_server]

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


def test_database_or_broker_away_at_start_is_said_and_waited_for(
    any_postgres: EmbeddedPostgres, service_folder: Path
) -> None:
    with trial(service_folder, speed=1.0, postgres=any_postgres) as running:
        world, postgres = running.world, any_postgres
        running.register([spec("p1", "stable")])
        device = Device(Broker(world.broker, world.accounts), "dev-p1", site=SITE)
        postgres.stop()
        world.start_hub()
        body = away(running)
        assert "database" in body
        until(lambda: "database away" in running.hub_log)
        assert told(world.env) == {"database-away"}
        postgres.start()
        world.wait_until_ready(BACK_WITHIN)
        stores(running, device, 1)
        assert told(world.env) == {"unattended"}  # nobody has opened a console
        assert running.stop_hub() == 0

        world.broker.stop()
        before = len(running.hub_log)
        world.start_hub()
        until(lambda: "broker away" in running.hub_log[before:], within=20)
        body = away(running)
        assert "broker" in body
        assert "database" not in body
        assert {"section": "broker-away"}.items() <= json.loads(body)["troubles"][0].items()
        assert told(world.env) == {"broker-away", "unattended"}
        world.broker.start()
        world.wait_until_ready(BACK_WITHIN)
        until(device.client.is_connected)
        stores(running, device, 2)
        assert running.stop_hub() == 0
        device.close()


def told(env: dict[str, str]) -> set[str]:
    """The sections of the runbook that `vigie doctor` names."""
    command = [sys.executable, "-m", "vigie", "doctor", "--json"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    answer = json.loads(done.stdout)
    assert (done.returncode == 0) == answer["ok"] == (not answer["troubles"]), done.stderr
    return {each["section"] for each in answer["troubles"]}


def serve(env: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    """`vigie serve` with these settings, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "vigie", "serve", *options],
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
        ({"VIGIE_MQTT_CA_FILE": "/nowhere/ca.crt"}, ["VIGIE_MQTT_CA_FILE"]),
        ({"VIGIE_DATABASE_URL": "postgresql://hub:k3jh98ab@h:port/v"}, ["VIGIE_DATABASE_URL"]),
        ({"VIGIE_HTTP_HOST": "192.0.2.7"}, ["VIGIE_HTTP_HOST", "VIGIE_HTTP_PORT"]),
        ({"VIGIE_HTTP_HOST": "no host"}, ["VIGIE_HTTP_HOST", "VIGIE_HTTP_PORT"]),
        ({"VIGIE_CRASH_AT": "after_commit"}, ["VIGIE_CRASH_AT"]),
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


@pytest.mark.parametrize("sites", ["Ward", "ward,", "a b", "../x", ","])
def test_a_name_that_no_site_can_have_is_refused(sites: str) -> None:
    done = serve(GOOD, "--sites", sites)
    assert done.returncode == 2, done.stderr
    assert "--sites" in done.stderr


def test_an_unknown_site_is_refused_naming_those_there_are(database_url: str, service_folder: Path) -> None:
    register(database_url, {}, site="ward")
    running = Trial(fresh_folder(service_folder), database_url=database_url)
    argv = [sys.executable, "-m", "vigie", "serve", "--sites", "ward,wrad"]
    running.world.hub = running.world.spawn(argv, "hub.log", running.world.env)
    said = refused(running)
    assert "no site 'wrad', expected one of: ward" in said


def fresh_folder(inside: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix="refused-", dir=inside))


def refused(running: Trial) -> str:
    """The hub ends by itself with status 1; what it said."""
    if running.world.hub is None:
        running.world.start_hub()
    hub = running.world.hub
    assert hub is not None
    assert until(lambda: hub.poll() is not None and str(hub.returncode), within=30) == "1"
    return running.hub_log


def test_an_unmigrated_database_is_refused_naming_the_command(empty_database_url: str, service_folder: Path) -> None:
    running = Trial(fresh_folder(service_folder), database_url=empty_database_url)
    assert "vigie db migrate" in refused(running)
    assert "Traceback" not in running.hub_log


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_a_database_that_can_lose_commits_is_refused(
    setting: str, any_postgres: EmbeddedPostgres, service_folder: Path
) -> None:
    install = any_postgres._install
    any_postgres._install = structs.replace(install, settings=install.settings | {setting: "off"})
    with any_postgres as postgres:
        url = postgres.url_of("vigie_test_unsafe")
        with connect(postgres.url) as conn:
            conn.autocommit = True
            conn.execute("CREATE DATABASE vigie_test_unsafe")
        with connect(url) as conn:
            migrate(conn)
        said = refused(Trial(fresh_folder(service_folder), database_url=url))
        assert f"{setting}: off, expected on" in said


def is_ready(running: Trial) -> bool:
    return running.world.ready()


def test_a_stuck_database_connection_is_said_and_survived(database_url: str, service_folder: Path) -> None:
    with trial(service_folder, speed=1.0, database_url=database_url) as running:
        world = running.world
        running.register([spec("p1", "stable")])
        device = Device(Broker(world.broker, world.accounts), "dev-p1", site=SITE)
        running.serve()
        stores(running, device, 1)
        asked = (
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'vigie-ingest' AND datname = current_database()"
        )
        [(pid,)] = running.ask(asked)
        os.kill(pid, signal.SIGSTOP)
        try:
            until(lambda: not is_ready(running), within=15)
            assert "ingest" in away(running)
            until(lambda: b'"away"' in (device.last("hub") or b""))
        finally:
            os.kill(pid, signal.SIGCONT)
        world.wait_until_ready(BACK_WITHIN)
        stores(running, device, 2)
        until(lambda: b'"storing"' in (device.last("hub") or b""))
        assert running.stop_hub() == 0
        device.close()


def test_a_second_hub_never_stops_the_first(database_url: str, service_folder: Path) -> None:
    with trial(service_folder, speed=1.0, database_url=database_url) as running:
        world = running.world
        running.register([spec("p1", "stable")])
        device = Device(Broker(world.broker, world.accounts), "dev-p1", site=SITE)
        running.serve()

        same_port = serve(world.env)
        assert same_port.returncode == 2
        assert "VIGIE_HTTP_HOST" in same_port.stderr
        assert "VIGIE_HTTP_PORT" in same_port.stderr
        assert "Traceback" not in same_port.stderr
        stores(running, device, 1)

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        argv = [sys.executable, "-m", "vigie", "serve"]
        second = world.spawn([*argv, "--sites", SITE], "second.log", world.env | {"VIGIE_HTTP_PORT": port})

        def told() -> str:
            try:
                return httpx.get(f"http://127.0.0.1:{port}/readyz").text
            except httpx.TransportError:
                return ""

        until(lambda: "ingest: lease held by" in told(), within=20)
        stores(running, device, 2)
        assert is_ready(running)

        world.kill_hub()
        killed = time.monotonic()
        until(lambda: '"ready":true' in told(), within=20)
        assert time.monotonic() - killed < 10
        stores(running, device, 3)

        third = world.spawn([*argv, "--take-over"], "third.log", world.env)
        until(lambda: second.poll() is not None, within=20)
        assert second.returncode == 1
        world.hub = third
        world.wait_until_ready(BACK_WITHIN)
        stores(running, device, 4)
        assert running.stop_hub() == 0
        device.close()
