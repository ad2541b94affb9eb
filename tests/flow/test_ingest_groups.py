"""Ingest processes that share the sites: each says how it is on a port of its own; one that dies holds up no other."""

import signal
from pathlib import Path

import httpx
import pytest

from storage import registry
from tests.flow.hub_world import SITE, spec, trial, until
from tests.flow.ingest_support import Device, count
from tests.ingest.support import payload
from tests.support.broker import Broker
from vigie.embedded.mosquitto import free_port

pytestmark = [pytest.mark.flow, pytest.mark.one_server]

OTHER = "clinic"


def test_groups_share_the_sites_and_one_that_dies_holds_up_no_other(database_url: str, service_folder: Path) -> None:
    with trial(service_folder, speed=1.0, database_url=database_url) as running:
        world = running.world
        running.register([spec("p1", "stable")])
        at = world.clock.now()
        with world.connect() as conn:
            registry.add_site(conn, OTHER, OTHER, at)
            registry.add_patient(conn, "p2", OTHER, at)
            registry.add_device(conn, "dev-p2", OTHER, at)
            registry.wear(conn, "dev-p2", "p2", at)
        broker = Broker(world.broker, world.accounts)
        devices = (Device(broker, "dev-p1", site=SITE), Device(broker, "dev-p2", site=OTHER))
        ports = (free_port(), free_port())
        groups = [world.start_group([site], port) for site, port in zip((SITE, OTHER), ports, strict=True)]
        for port in ports:
            world.wait_until_ready(port=port)

        def send(number: int, seq: int) -> None:
            devices[number].send(payload(seq, t=world.clock.now()))

        def acknowledged(number: int, seq: int) -> bool:
            return f'"upto":{seq}'.encode() in (devices[number].last("ack") or b"")

        for number in (0, 1):
            send(number, 1)
            until(lambda number=number: acknowledged(number, 1))
        for port in ports:  # each of its own: one message, and it stores
            said = httpx.get(f"http://127.0.0.1:{port}/metrics").text
            assert 'vigie_ingest_messages_total{outcome="stored"} 1.0' in said
            assert "vigie_ingest_storing 1.0" in said
            assert httpx.get(f"http://127.0.0.1:{port}/healthz").text == "ok"
            assert httpx.get(f"http://127.0.0.1:{port}/api/alerts").status_code == 404  # nothing of a patient here

        groups[0].send_signal(signal.SIGKILL)
        groups[0].wait(10)
        send(0, 2)
        send(1, 2)
        until(lambda: acknowledged(1, 2))
        assert not acknowledged(0, 2)
        assert count(database_url, "SELECT count(*) FROM message") == 3

        groups[0] = world.start_group([SITE], ports[0])
        world.wait_until_ready(port=ports[0])
        until(lambda: acknowledged(0, 2), within=40)
        assert count(database_url, "SELECT count(*) FROM message") == 4
        for device in devices:
            device.close()
