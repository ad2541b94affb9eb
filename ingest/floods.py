"""Devices that send far more than any device measures. In memory, bounded. Told by the writer what is stored.

Everything they send is stored and judged like any other message: it may be a fever. A person is told, once, which one
it is: it fills the hub for everybody. What an outbox sends after an outage comes on the bulk lane and never
counts. The numbers are choices of this project (status D).
"""

from collections import OrderedDict
from collections.abc import Iterable

from domain.alerts import DeviceNote
from domain.instants import MINUTE, Micros
from ingest.accept import Accepted
from ingest.batch import Item
from ingest.buffer import LIVE

QUOTA = 600  # messages a minute: ten a second, ten times what the fastest monitor sends
CALM = QUOTA // 2  # below this the flood is over
MOST = 100_000  # devices remembered


class Floods:
    """Messages of each device in the minute that runs and in the one before, and who was told of."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, list[int]] = OrderedDict()  # device -> [minute, now, before]
        self._told: set[str] = set()

    def count(self, items: Iterable[Item]) -> None:
        """These came, and are stored."""
        for item in items:
            judged = item.judged
            if item.delivery.lane == LIVE and isinstance(judged, Accepted):
                self._one(judged.device, judged.received_at // MINUTE)

    def notes(self, items: Iterable[Item]) -> list[DeviceNote]:
        """What these messages must say of their devices besides. Changes nothing: it may be asked again."""
        found: dict[str, DeviceNote] = {}
        for item in items:
            judged = item.judged
            if not isinstance(judged, Accepted) or judged.wearer is None:
                continue
            rate = self._says(judged.device)
            if rate is not None:
                found[judged.device] = DeviceNote(judged.wearer, judged.device, "flood", rate, judged.received_at)
        return list(found.values())

    def told(self, notes: Iterable[DeviceNote]) -> None:
        """These notes were committed."""
        for note in notes:
            if note.kind == "flood" and note.value:
                self._told.add(note.device)
            elif note.kind == "flood":
                self._told.discard(note.device)

    def _one(self, device: str, minute: Micros) -> None:
        row = self._counts.pop(device, [minute, 0, 0])
        if minute > row[0]:
            row = [minute, 0, row[1] if minute == row[0] + 1 else 0]
        row[1] += 1
        self._counts[device] = row
        if len(self._counts) > MOST:
            gone, _ = self._counts.popitem(last=False)
            self._told.discard(gone)

    def _says(self, device: str) -> float | None:
        row = self._counts.get(device)
        if row is None:
            return None
        if device not in self._told:
            return float(QUOTA) if row[1] > QUOTA else None
        return 0.0 if row[1] < CALM and row[2] < CALM else None
