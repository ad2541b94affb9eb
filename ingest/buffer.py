"""Deliveries between the network threads and the service: two bounded lanes, live before bulk.

A full lane makes its network thread wait, so that reading stops; nothing is ever dropped. No I/O.
"""

import threading
import time
from collections import deque

from msgspec import Struct

from domain.instants import Micros

LIVE = "live"
BULK = "bulk"
APP = "app"  # came by HTTP: never in this buffer, and the broker is owed nothing
BATCH = 500
BULK_BATCH = 250
BATCH_BYTES = 4_000_000  # of payload: what one transaction writes stays small
GATHER_FOR = 0.020  # s
BULK_AT_LEAST_EVERY = 1.0  # s, while live messages keep coming


class Delivery(Struct, frozen=True, gc=False):
    """One message as the broker delivered it; `epoch` is the connection in which `mid` means something."""

    payload: bytes
    topic: str
    mid: int
    qos: int
    epoch: int
    lane: str
    received_at: Micros


class Buffer:
    """Bounded, in order of arrival within a lane. Any thread may put, one thread takes."""

    def __init__(self, capacity: int = 4000) -> None:
        self.capacity = capacity
        self._lanes: dict[str, deque[Delivery]] = {LIVE: deque(), BULK: deque()}
        self._changed = threading.Condition()
        self._closed = False
        self._full: set[str] = set()
        self._bulk_after = 0.0

    def put(self, delivery: Delivery) -> bool:
        """Add, waiting while the lane is full. False when the buffer was closed: not added."""
        lane = self._lanes[delivery.lane]
        with self._changed:
            while len(lane) >= self.capacity and not self._closed:
                self._full.add(delivery.lane)
                self._changed.wait()
            self._full.discard(delivery.lane)
            if self._closed:
                return False
            lane.append(delivery)
            if len(lane) == 1 or len(lane) == BATCH:
                self._changed.notify_all()
            return True

    def depth(self, lane: str) -> int:
        """How many are waiting in a lane."""
        return len(self._lanes[lane])

    def is_full(self, lane: str) -> bool:
        """Whether a network thread is waiting for room."""
        return lane in self._full

    def take(self, wait_for: float) -> list[Delivery]:
        """The next batch: waits up to `wait_for` s for a first message, then gathers for 20 ms or up to 500 or 4 MB.

        Bulk messages come alone, when no live one waits or when none was taken for a second. While any wait nobody
        gathers: live messages gather by themselves during a bulk batch.
        """
        live, bulk = self._lanes[LIVE], self._lanes[BULK]
        with self._changed:
            if not live and not bulk and not self._closed:
                self._changed.wait(wait_for)
            now = time.monotonic()
            if bulk and (not live or now >= self._bulk_after):
                self._bulk_after = now + BULK_AT_LEAST_EVERY
                return self._pop(bulk, BULK_BATCH)
            if not live:
                return []
            until = now if bulk else now + GATHER_FOR
            while len(live) < BATCH and not self._closed and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
            return self._pop(live, BATCH)

    def _pop(self, lane: deque[Delivery], limit: int) -> list[Delivery]:
        taken: list[Delivery] = []
        room = BATCH_BYTES
        while lane and len(taken) < limit and (not taken or len(lane[0].payload) <= room):
            room -= len(lane[0].payload)
            taken.append(lane.popleft())
        self._changed.notify_all()
        return taken

    def close(self) -> None:
        """Wake everybody; nothing more goes in. What is inside can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
