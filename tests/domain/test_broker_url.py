"""Addresses of brokers: one host, or the nodes of a cluster."""

import pytest

from domain.broker_url import BrokerUrl, parse_broker_url


def test_one_host() -> None:
    assert parse_broker_url("mqtt://hub:pW8%2F2k@broker") == BrokerUrl(False, "hub", "pW8/2k", (("broker", 1883),))
    assert parse_broker_url("mqtts://broker:8884/") == BrokerUrl(True, "", "", (("broker", 8884),))
    assert parse_broker_url("mqtt://a:b@[::1]:1884").places == (("::1", 1884),)


def test_the_nodes_of_a_cluster_are_tried_in_turn() -> None:
    found = parse_broker_url("mqtts://hub:secret@one:1001,two,[fe80::3]")
    assert found.places == (("one", 1001), ("two", 8883), ("fe80::3", 8883))
    assert found.bare == "mqtts://one:1001,two:8883,[fe80::3]:8883"
    assert [found.place(attempt)[0] for attempt in range(5)] == ["one", "two", "fe80::3", "one", "two"]


@pytest.mark.parametrize(
    "wrong", ["http://a:b@h", "mqtt://", "mqtt://a:b@", "mqtt://h,,i", "mqtt://h:0", "mqtt://h:99999", "mqtt://h:1:2",
              "mqtt://h:x", "mqtt://h/topic", "mqtt://[::1"],
)  # fmt: skip
def test_anything_else_is_refused_with_what_was_expected(wrong: str) -> None:
    with pytest.raises(ValueError, match="expected mqtt://user:password@host:port"):
        parse_broker_url(wrong)


def test_a_password_is_never_in_the_text() -> None:
    with pytest.raises(ValueError, match="expected") as refused:
        parse_broker_url("mqtt://hub:s3cret@h:x")
    assert "s3cret" not in str(refused.value)
