"""The load publisher: what it counts is what was sent, and its book of acknowledgements is right."""

import json

from bench.load import AckBook, Plan, device_names, run
from domain.decode import Decoded, decode
from tests.device_sim.fake_hub import FakeHub
from tests.support.broker import HUB, HUB_PASSWORD, Broker, _wait_until_accepted
from vigie.broker_accounts import Credentials, Grants


def ack(upto: int, *miss: list[int], boot: str = "b") -> bytes:
    return json.dumps({"boot": boot, "upto": upto, "miss": miss}).encode()


def test_the_book_counts_each_message_once_with_its_time():
    book = AckBook("b", {"d1": [0.0, 1.0, 2.0, 3.0], "d2": [0.0]})
    book.take("d1", ack(3, [2, 2]), 10.0)
    assert sorted(book.latencies) == [8.0, 10.0]
    assert book.missing() == {"d1": 2, "d2": 1}
    book.take("d1", ack(3, [2, 2]), 11.0)
    book.take("d1", ack(4, boot="other"), 11.0)
    book.take("stranger", ack(4), 11.0)
    assert book.acked == 2
    book.take("d1", ack(4), 12.0)
    book.take("d2", ack(9), 13.0)
    assert book.missing() == {}
    assert sorted(book.latencies) == [8.0, 9.0, 10.0, 11.0, 13.0]
    assert book.last_at == 13.0


def test_everything_sent_is_confirmed_by_the_broker_and_acknowledged_by_the_hub(broker: Broker):
    topics = "vigie/1/bench/+/"
    broker.accounts.put("bench", "bench-password", grants=Grants((f"{topics}obs",), (f"{topics}ack",)))
    hub = FakeHub("127.0.0.1", broker.port, HUB, HUB_PASSWORD)
    wait_for_account(broker, Credentials("bench", "bench-password"))
    url = broker.service.url_for("bench", "bench-password")
    plan = Plan([url], "bench", device_names(20), 10.0, "b00t", rate=400, messages=300, window=50, acks=True)
    report = run(plan)
    hub.close()
    assert (report.sent, report.pubacked, report.acked) == (300, 300, 300)
    assert set(hub.stored) == {(name, "b00t", seq) for name in device_names(20) for seq in range(1, 16)}
    for payload in hub.stored.values():
        read = decode(payload)
        assert isinstance(read, Decoded)
        assert len(read.message.obs) == 3
    assert json.loads(hub.stored["bench-00001", "b00t", 1])["ev"] == [{"k": "boot"}]
    assert report.latency_p99 is not None


def wait_for_account(broker: Broker, credentials: Credentials) -> None:
    broker.service.reload()
    _wait_until_accepted(broker.port, credentials)
