"""What devices are owed: coalesced, at once when asked, kept while the broker is away, sent again after a reconnect."""

import msgspec
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from domain.instants import MINUTE, SECOND
from domain.ranges import Ranges, Standing, standing
from ingest.acks import COALESCE_FOR, Acks
from ingest.duplicates import Seen
from ingest.subscriber import Session, Subscription, bulk_url, link


class Broker:
    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, object]]] = []
        self.here = True

    def publish(self, topic: str, payload: bytes) -> bool:
        if self.here:
            self.sent.append((topic, msgspec.json.decode(payload)))
        return self.here


def acks_on(broker: Broker, numbers: Ranges) -> Acks:
    return Acks(broker.publish, lambda _: standing(numbers, numbers.last))


def test_many_messages_are_one_acknowledgement() -> None:
    broker, numbers = Broker(), Ranges([(1, 50)])
    acks = acks_on(broker, numbers)
    for at in range(50):
        acks.owe(("d1", "b"), "s1", at=at)
    acks.flush(at=COALESCE_FOR - 1)
    assert broker.sent == []
    acks.flush(at=COALESCE_FOR)
    assert broker.sent == [("vigie/1/s1/d1/ack", {"boot": "b", "upto": 50, "miss": []})]
    assert acks.waiting == 0


def test_who_asks_is_answered_at_once() -> None:
    broker = Broker()
    acks = acks_on(broker, Ranges([(1, 2)]))
    acks.owe(("d1", "b"), "s1", at=0)
    acks.owe(("d2", "b"), "s1", at=0)
    acks.owe(("d2", "b"), "s1", at=5, urgent=5)
    acks.flush(at=5)
    assert [topic for topic, _ in broker.sent] == ["vigie/1/s1/d2/ack"]


def test_nothing_is_forgotten_while_the_broker_is_away_and_recent_ones_are_sent_again() -> None:
    broker = Broker()
    acks = acks_on(broker, Ranges([(1, 2)]))
    acks.refuse("s1", "d1", b"\x01", "malformed")
    acks.owe(("d1", "b"), "s1", at=0)
    broker.here = False
    acks.flush(at=SECOND)
    broker.here = True
    acks.flush(at=SECOND)
    assert [topic for topic, _ in broker.sent] == ["vigie/1/s1/d1/cmd", "vigie/1/s1/d1/ack"]
    acks.resend(at=2 * SECOND)
    acks.flush(at=3 * SECOND)
    assert len(broker.sent) == 3
    acks.resend(at=3 * SECOND + 2 * MINUTE)
    acks.flush(at=10 * MINUTE)
    assert len(broker.sent) == 3


def test_the_time_is_told_rarely() -> None:
    broker = Broker()
    acks = acks_on(broker, Ranges())
    for at in (0, SECOND, 11 * MINUTE):
        acks.tell_time("s1", "d1", now=0, at=at)
        acks.flush(at=at)
    assert [body for _, body in broker.sent] == [{"k": "time", "t": "1970-01-01T00:00:00Z"}] * 2


def test_acknowledgements_of_a_former_connection_are_dropped() -> None:
    session = Session(
        link("mqtt://127.0.0.1:1"),
        Subscription("c", ("t",), 10),
        lambda *_: None,
        waiting=lambda: False,
    )
    acknowledged: list[int] = []
    session._client.acknowledge = acknowledged.extend  # type: ignore[method-assign]
    session.acknowledge([(0, 1, 1)])
    session._epoch, session._open = 2, True
    session.acknowledge([(1, 7, 1), (2, 8, 1), (2, 9, 0), (2, 10, 1)])
    assert acknowledged == [8, 10]


@pytest.mark.parametrize("second", ["Granted QoS 1", "Not authorized"])
def test_a_connection_counts_once_the_broker_took_its_subscriptions(second: str) -> None:
    """What is published before the first subscription of a session goes nowhere; a refused one hears nothing ever."""
    session = Session(link("mqtt://127.0.0.1:1"), Subscription("c", ("t", "u"), 10), lambda *_: None, waiting=bool)
    granted, other = (ReasonCode(PacketTypes.SUBACK, name) for name in ("Granted QoS 1", second))
    session._on_connect(session._client, None, None, ReasonCode(PacketTypes.CONNACK, "Success"), None)
    assert session.epoch == 0
    session._on_subscribe(session._client, None, 1, [granted, other, granted], None)
    assert (session.epoch, session.refused) == (
        (1, None) if second == "Granted QoS 1" else (0, f"subscription: {second}")
    )


def test_the_cache_of_numbers_is_bounded() -> None:
    class Nothing:
        def execute(self, *_: object, **__: object) -> "Nothing":
            return self

        def fetchall(self) -> list[object]:
            return []

    seen = Seen(limit=10)
    for number in range(50):
        key = (f"d{number}", "b")
        seen.load(Nothing(), [key])  # type: ignore[arg-type]
        seen.stored(key, 1)
        seen.shrink()
    assert seen.standing(("d0", "b")) is None
    assert seen.standing(("d49", "b")) == Standing(1, [])
    assert len(seen._known) <= 10


def test_the_second_session_has_an_account_of_its_own() -> None:
    assert bulk_url("mqtt://hub:p%40ss@broker:1884") == "mqtt://hub-bulk:p%40ss@broker:1884"
    there = link("mqtts://hub:p%40ss@broker")
    assert (there.places, there.username, there.password, there.tls) == ((("broker", 8883),), "hub", "p@ss", True)


def test_a_heartbeat_that_does_not_come_back_ends_the_connection() -> None:
    for waiting, goes_on in ((False, False), (True, True)):
        session = Session(
            link("mqtt://127.0.0.1:1"),
            Subscription("c", ("t",), 10),
            lambda *_: None,
            waiting=lambda is_so=waiting: is_so,
        )
        session._beat_seen = 100.0
        assert session._beat(114.0)
        assert session._beat(116.0) is goes_on
