"""H3: a message is acknowledged only after commit; a full buffer stops reading, never drops."""

import threading
import time

import psycopg
import pytest

from ingest.buffer import LIVE, Buffer, Delivery
from tests.flow.ingest_support import Device, Wiring, count, real_now, register, running, until
from tests.ingest.support import RecordingDecider, payload
from tests.support.broker import Broker


@pytest.mark.flow
def test_no_acknowledgement_while_the_commit_waits(database_url: str, broker: Broker) -> None:
    register(database_url, {"h3": "P1"})
    device = Device(broker, "h3")
    decider = RecordingDecider()
    with running(Wiring(database_url, decider), broker) as service:
        with psycopg.connect(database_url) as blocking:
            blocking.execute("LOCK TABLE reading IN SHARE MODE")
            for seq in (1, 2, 3):
                device.send(payload(seq, t=real_now()))
            until(lambda: blocked(database_url))
            time.sleep(1.2)  # longer than an acknowledgement is gathered for
            assert device.last("ack") is None
            assert decider.adopted == []
            assert count(database_url, "SELECT count(*) FROM message") == 0
        until(lambda: b'"upto":3' in (device.last("ack") or b""))
        assert count(database_url, "SELECT count(*) FROM reading") == 3
        assert service.storing
    device.close()


def blocked(url: str) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    return bool(count(url, waiting))


@pytest.mark.flow
def test_the_acknowledgement_names_nothing_that_was_rolled_back(database_url: str, broker: Broker) -> None:
    register(database_url, {"h3b": "P1"})
    device = Device(broker, "h3b")
    with running(Wiring(database_url, RecordingDecider()), broker):
        device.send(payload(1, t=real_now()))
        device.send(payload(3, t=real_now()))
        until(lambda: b'"upto":3' in (device.last("ack") or b""))
        assert b'"miss":[[2,2]]' in (device.last("ack") or b"")
    device.close()


def test_a_full_buffer_makes_the_network_wait_and_keeps_everything_in_order() -> None:
    buffer, many = Buffer(4), 50
    given = [Delivery(b"%d" % number, "t", number, 1, 1, LIVE, number) for number in range(many)]
    reader = threading.Thread(target=lambda: [buffer.put(one) for one in given])
    reader.start()
    taken: list[Delivery] = []
    end = time.monotonic() + 10
    while len(taken) < many and time.monotonic() < end:
        assert buffer.depth(LIVE) <= buffer.capacity
        taken += buffer.take(0.5)
    reader.join(5)
    assert taken == given
