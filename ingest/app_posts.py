"""What the app posted over HTTP, judged and committed exactly like a device's messages, then taken out of its inbox.

The rows go in a transaction after the one that stores them: killed in between, they are judged again as duplicates.
Called by the service, from its thread.
"""

import time
from collections.abc import Callable, Mapping, Sequence

from domain.wire import device_topic
from ingest.buffer import APP, Delivery
from ingest.registry import Device
from ingest.writer import Writer
from storage import app_inbox

AT_ONCE = 200
LOOK_EVERY = 0.2  # s

Known = Callable[[Sequence[Delivery]], Mapping[str, Device]]


class Posts:
    """Takes what waits for these sites (none: every site). `known`: the registry, with the devices of deliveries."""

    def __init__(self, sites: Sequence[str], known: Known) -> None:
        self._sites = sites
        self._known = known
        self._looked = 0.0

    def ring(self) -> None:
        """Something was filed."""
        self._looked = 0.0

    def take(self, writer: Writer) -> None:
        """Store what waits, at most `AT_ONCE` messages; the rest at the next cycle."""
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY:
            return
        tools = writer.tools
        waiting = tools.owner.read(lambda conn: app_inbox.waiting(conn, self._sites, AT_ONCE))
        self._looked = 0.0 if len(waiting) == AT_ONCE else now
        if not waiting:
            return
        at = tools.clock()
        deliveries = [
            Delivery(one.payload, device_topic(one.site, one.device, "obs"), 0, 1, 0, APP, at) for one in waiting
        ]
        writer.store(deliveries, self._known(deliveries))
        ids = [one.id for one in waiting]
        tools.owner.perform(lambda conn: app_inbox.remove(conn, ids, at))
