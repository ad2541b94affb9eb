"""Large batches: what one device sends in bulk, valid or not, is stored or quarantined, and holds up nobody."""

import msgspec

from domain.wire import Ack
from tests.flow.ingest_support import Device, Wiring, count, real_now, register, running, until
from tests.ingest.support import RecordingDecider, payload
from tests.support.broker import Broker

RANGES = 500


def acked(device: Device, upto: int, *, boot: str = "7f3a") -> bool:
    return msgspec.json.encode(Ack(boot, upto, [])) in [body for topic, body in device.heard if topic.endswith("/ack")]


def gone(number: int) -> bytes:
    """A message that speaks of 500 ranges that touch nothing before."""
    first = number * RANGES
    events = [
        {"k": "dropped", "boot": "old", "from": 4 * (first + one) + 1, "to": 4 * (first + one) + 2, "why": "full"}
        for one in range(RANGES)
    ]
    return payload(number + 1, boot="many", t=real_now(), ev=events)


def test_large_batches_are_stored_and_hold_up_nobody(database_url: str, broker: Broker) -> None:
    register(database_url, {"big": "P1", "small": "P2"})
    noisy, quiet = Device(broker, "big"), Device(broker, "small")
    wiring = Wiring(database_url, RecordingDecider(remember=False))
    with running(wiring, broker):
        pass  # the sessions exist: everything below waits in the broker and comes at once
    for number in range(300):
        noisy.send(b"\xff%d" % number + b"z" * 60_000)
        if number % 4 == 0:
            noisy.send(gone(number // 4))
            quiet.send(payload(number // 4 + 1, t=real_now()))
    for number in range(75, 80):
        noisy.send(gone(number))
        quiet.send(payload(number + 1, t=real_now()))
    with running(wiring, broker) as service:
        until(lambda: count(database_url, "SELECT count(*) FROM rejected") == 300, within=40)
        until(lambda: acked(quiet, 80) and acked(noisy, 80, boot="many"), within=40)
        assert service.storing
    assert count(database_url, "SELECT count(*) FROM dropped") == 80 * RANGES
    assert count(database_url, "SELECT count(*) FROM message WHERE NOT refused") == 160
    assert count(database_url, "SELECT count(*) FROM reading") == 80
    noisy.close()
    quiet.close()
