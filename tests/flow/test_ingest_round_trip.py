"""From a device's publish to its acknowledgement, on a real broker and a real database."""

from collections.abc import Iterator

import msgspec
import psycopg
import pytest

from domain.wire import Ack
from ingest.service import IngestService
from tests.flow.ingest_support import Device, Wiring, count, real_now, register, running, until
from tests.ingest.support import RecordingDecider, payload
from tests.support.broker import Broker


class Hub(msgspec.Struct):
    url: str
    wiring: Wiring
    decider: RecordingDecider
    service: IngestService
    device: Device


@pytest.fixture
def hub(database_url: str, broker: Broker) -> Iterator[Hub]:
    register(database_url, {"d1": "P1", "d2": "P2"})
    decider = RecordingDecider()
    wiring = Wiring(database_url, decider)
    device = Device(broker, "d1")
    with running(wiring, broker) as service:
        yield Hub(database_url, wiring, decider, service, device)
    device.close()


def body(seq: int, **more: object) -> bytes:
    return payload(seq, t=real_now(), **more)


def acked(hub: Hub, upto: int) -> bool:
    last = hub.device.last("ack")
    return last is not None and msgspec.json.decode(last, type=Ack) == Ack("7f3a", upto, [])


def test_a_message_is_stored_decided_and_acknowledged(hub: Hub) -> None:
    hub.device.send(body(1))
    until(lambda: acked(hub, 1))
    assert count(hub.url, "SELECT count(*), min(value), min(patient) FROM reading") == (1, 38.4, "P1")
    assert [patient for patient, _ in hub.decider.adopted] == ["P1"]
    assert b'"storing"' in (hub.device.last("hub") or b"")


def test_what_is_delivered_twice_is_stored_once_and_acknowledged_again(hub: Hub) -> None:
    first = body(1)
    hub.device.send(first)
    until(lambda: acked(hub, 1))
    hub.device.heard.clear()
    for _ in range(5):
        hub.device.send(first)
    until(lambda: acked(hub, 1))
    assert count(hub.url, "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM reading)") == (1, 1)
    assert len(hub.decider.adopted) == 1
    assert hub.service.metrics.duplicates._value.get() == 5


def test_other_content_under_a_stored_number_is_a_conflict(hub: Hub) -> None:
    one, other = body(1), body(1, toff=3)
    hub.device.send(one)
    hub.device.send(other)
    hub.device.send(other)
    until(lambda: count(hub.url, "SELECT count(*) FROM rejected WHERE reason = 'conflict' AND patient = 'P1'") == 1)
    hub.device.send(body(2))
    until(lambda: acked(hub, 2))
    assert count(hub.url, "SELECT count(*) FROM rejected") == 1
    assert count(hub.url, "SELECT count(*) FROM reading") == 2
    assert len(hub.decider.adopted) == 3


def test_a_message_without_a_number_is_refused_by_its_digest(hub: Hub) -> None:
    hub.device.send(b"{")
    until(lambda: hub.device.last("cmd"))
    command = msgspec.json.decode(hub.device.last("cmd") or b"")
    assert command["k"] == "refused"
    assert command["reason"] == "malformed"
    assert len(command["sha256"]) == 64


def test_gaps_are_named_and_a_request_is_answered(hub: Hub) -> None:
    for seq in (1, 2, 5):
        hub.device.send(body(seq))
    hub.device.send(body(8, ev=[{"k": "ack?"}, {"k": "dropped", "from": 3, "to": 3, "why": "outbox full"}]))
    wanted = Ack("7f3a", 8, [(4, 4), (6, 7)])
    until(lambda: msgspec.json.decode(hub.device.last("ack") or b'{"boot":"","upto":0,"miss":[]}', type=Ack) == wanted)


def test_presence_and_battery_are_the_devices_state(hub: Hub) -> None:
    hub.device.send(b'{"online":true}', "st")
    hub.device.send(body(1, ev=[{"k": "battery", "v": 12}]))
    until(lambda: count(hub.url, "SELECT online, battery FROM device WHERE id = 'd1'") == (True, 12.0))


def test_a_message_that_the_database_refuses_costs_no_other(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = hub.service._writer.accept

    def poisoned(raw: bytes, topic: str, **more: object) -> object:
        judged = judge(raw, topic, **more)  # type: ignore[arg-type]
        if b'"toff":7' in raw:
            bad = [msgspec.structs.replace(one, quality="bogus") for one in judged.readings]  # type: ignore[union-attr]
            return msgspec.structs.replace(judged, readings=bad)
        return judged

    monkeypatch.setattr(hub.service._writer, "accept", poisoned)
    for seq in range(1, 41):
        hub.device.send(body(seq, toff=7) if seq in (13, 30) else body(seq))
    until(lambda: acked(hub, 40))
    assert count(hub.url, "SELECT count(*) FROM reading") == 38
    assert count(hub.url, "SELECT count(*), min(reason), min(patient) FROM rejected") == (2, "malformed", "P1")
    assert count(hub.url, "SELECT count(*) FROM message WHERE refused") == 2
    assert "reading_quality_check" in count(hub.url, "SELECT min(expected) FROM rejected")


@pytest.mark.parametrize("where", ["decide", "write"])
def test_a_mistake_of_the_decider_costs_no_reading(hub: Hub, where: str) -> None:
    if where == "decide":
        hub.decider.broken_for = "P1"
    else:
        hub.decider.broken_write = True
    for seq in range(1, 9):
        hub.device.send(body(seq))
    until(lambda: acked(hub, 8))
    assert count(hub.url, "SELECT count(*) FROM reading") == 8
    assert hub.service.metrics.undecided._value.get() == 8
    assert hub.decider.adopted == []


def test_a_row_written_by_somebody_else_is_found_and_not_stored_again(hub: Hub) -> None:
    hub.device.send(body(1))
    until(lambda: acked(hub, 1))
    second = body(2)
    with psycopg.connect(hub.url) as conn:
        conn.execute("INSERT INTO message VALUES ('d1', '7f3a', 2, sha256(%s::bytea), now(), false)", (second,))
    hub.device.send(second)
    hub.device.send(body(3))
    until(lambda: acked(hub, 3))
    assert count(hub.url, "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM reading)") == (3, 2)
    assert len(hub.decider.adopted) == 2
