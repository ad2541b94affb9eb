"""What an account may do on RabbitMQ, as the regular expressions that it is given."""

import re

import pytest

from vigie.broker_accounts import AccountError, device_grants, hub_grants
from vigie.broker_rabbitmq import pattern, queues_of


def test_a_device_has_its_own_topics_and_no_other() -> None:
    grants = device_grants("paris", "patch-1")
    write, read = re.compile(pattern(grants.publish)), re.compile(pattern(grants.subscribe))
    assert all(write.search(f"vigie.1.paris.patch-1.{lane}") for lane in ("obs", "bulk", "st"))
    assert all(read.search(key) for key in ("vigie.1.paris.patch-1.ack", "vigie.1.paris.hub"))
    mine = "vigie.1.paris.patch-1"
    other = ("vigie.1.paris.patch-2.obs", f"{mine}.ack", f"{mine}.obs.x", "vigiex1.paris.patch-1.obs")
    assert not any(write.search(key) for key in other)
    assert not any(read.search(key) for key in ("vigie.1.paris.*.ack", "vigie.#", "#", "vigie.1.paris.patch-1.obs"))


def test_the_hub_reads_every_site_and_subscribes_with_wildcards() -> None:
    grants = hub_grants()
    read, write = re.compile(pattern(grants.subscribe)), re.compile(pattern(grants.publish))
    keys = ("vigie.1.*.*.obs", "vigie.1.paris.d.bulk", "vigie.1._hub.hub-all-live.beat")
    assert all(read.search(key) for key in keys)
    assert all(write.search(key) for key in ("vigie.1.paris.d.ack", "vigie.1.paris.hub"))
    assert not read.search("vigie.#")
    assert not write.search("vigie.1.paris.d.obs")


def test_nobody_touches_the_queues_of_the_hub() -> None:
    hub = re.compile(queues_of("vigie-hub", hub_grants()))
    mine = queues_of("patch-1", device_grants("paris", "patch-1"))
    assert hub.search("mqtt-subscription-hub-all-liveqos1")
    assert re.search(mine, "mqtt-subscription-patch-1qos1")
    assert not re.search(mine, "mqtt-subscription-hub-all-liveqos1")
    with pytest.raises(AccountError, match="begins with hub-"):
        queues_of("hub-all-live", device_grants("paris", "hub-all-live"))
