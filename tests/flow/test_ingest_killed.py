"""`kill -9` of the hub at each named point, over MQTT 5 and 3.1.1 (4): none lost or twice, all acknowledged at last."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from domain.wire import Ack
from storage.connection import connect
from storage.ledger import ledger
from tests.flow.ingest_support import Device, Wiring, count, real_now, register, running, until
from tests.ingest.support import RecordingDecider, payload
from tests.support.broker import Broker

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("point", "version"), [("after_parse", 5), ("before_commit", 4), ("after_commit", 5)])
def test_killed_at(point: str, version: int, database_url: str, broker: Broker) -> None:
    name = point.replace("_", "-")
    register(database_url, {name: "P1"})
    device = Device(broker, name)
    with running(Wiring(database_url, RecordingDecider(remember=False)), broker, version=version):
        pass  # the session exists from now on: this bare client has no outbox to send again from
    sent = 0
    for turn in range(3):
        hub = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.flow.ingest_process",
                database_url,
                broker.hub_url,
                point,
                str(turn + 1),
                str(version),
            ],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        while hub.poll() is None:
            sent += 1
            device.send(payload(sent, t=real_now()))
            try:
                hub.wait(0.01)
            except subprocess.TimeoutExpired:
                continue
        assert hub.returncode == -9
    with running(Wiring(database_url, RecordingDecider(remember=False)), broker, version=version):
        wanted = Ack("7f3a", sent, [])
        until(lambda: msgspec.json.decode(device.last("ack") or b'{"boot":"","upto":0,"miss":[]}', type=Ack) == wanted)
    with connect(database_url) as conn:
        [boot] = ledger(conn, name)
    assert (boot.first, boot.last, boot.stored, boot.rejected, boot.missing) == (1, sent, sent, 0, ())
    assert count(database_url, "SELECT count(*), count(DISTINCT seq) FROM reading") == (sent, sent)
    device.close()
