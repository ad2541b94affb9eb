"""Holes in a device's numbers that stay: messages it says it sent and that never came. In memory, bounded.

Called by the writer. What it says rides on the device's next message, into the same transaction; a restart begins the
count of time anew. That a hole lasts ten minutes before a person is told is a choice of this project (status D).
"""

from collections import OrderedDict
from collections.abc import Iterable

from domain.alerts import DeviceNote
from domain.instants import MINUTE, Micros
from ingest.accept import Accepted
from ingest.duplicates import Key

LASTS: Micros = 10 * MINUTE
MOST = 100_000  # boots remembered


class Gaps:
    """Since when each boot has a hole, how many numbers are missing, and whether a person was told."""

    def __init__(self) -> None:
        self._open: OrderedDict[Key, tuple[Micros, int]] = OrderedDict()
        self._told: set[Key] = set()

    def look(self, key: Key, missing: int, at: Micros) -> None:
        """What is committed of a boot now: so many numbers are missing below the highest."""
        if missing == 0:
            self._open.pop(key, None)
            return
        since, _ = self._open.pop(key, (at, 0))
        self._open[key] = (since, missing)
        if len(self._open) > MOST:
            gone, _ = self._open.popitem(last=False)
            self._told.discard(gone)

    def notes(self, judged: Iterable[object], at: Micros) -> list[DeviceNote]:
        """What the next messages of these devices must say besides. Changes nothing: it may be asked again."""
        found: dict[Key, DeviceNote] = {}
        for one in judged:
            if not isinstance(one, Accepted) or one.wearer is None:
                continue
            key = (one.device, one.boot)
            since, missing = self._open.get(key, (at, 0))
            if key in self._told and missing == 0:
                found[key] = DeviceNote(one.wearer, one.device, "gap", 0.0, one.received_at)
            elif key not in self._told and missing and at - since >= LASTS:
                found[key] = DeviceNote(one.wearer, one.device, "gap", float(missing), one.received_at)
        return list(found.values())

    def told(self, judged: Iterable[object], at: Micros) -> None:
        """The notes of these messages were committed."""
        for one in judged:
            if not isinstance(one, Accepted) or one.wearer is None:
                continue
            key = (one.device, one.boot)
            since, missing = self._open.get(key, (at, 0))
            if missing == 0:
                self._told.discard(key)
            elif at - since >= LASTS:
                self._told.add(key)
