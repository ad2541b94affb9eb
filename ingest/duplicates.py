"""Which sequence numbers of which boots are stored: a bounded cache over the message table.

Filled in one query a batch for boots not seen before; changed only after a commit. Called by the writer.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import psycopg

from domain.ranges import Ranges, Standing, standing
from storage.messages import known_ranges

Key = tuple[str, str]  # device, boot
MAX_RANGES = 200_000


class _Known:
    """Of one boot: what is stored, and that together with what was dropped (the same set while nothing was)."""

    __slots__ = ("either", "stored")

    def __init__(self) -> None:
        self.stored = Ranges()
        self.either = self.stored

    def __len__(self) -> int:
        return 1 + len(self.stored) + (0 if self.either is self.stored else len(self.either))

    def store(self, first: int, last: int) -> None:
        self.stored.add(first, last)
        if self.either is not self.stored:
            self.either.add(first, last)

    def drop(self, first: int, last: int) -> None:
        if self.either is self.stored:
            self.either = Ranges(self.stored)
        self.either.add(first, last)


class Seen:
    """Ranges by (device, boot), the least recently used forgotten first. `MAX_RANGES` bounds the memory."""

    def __init__(self, limit: int = MAX_RANGES) -> None:
        self._limit = limit
        self._known: OrderedDict[Key, _Known] = OrderedDict()
        self._size = 0

    def load(self, conn: psycopg.Connection[Any], keys: Iterable[Key]) -> None:
        """Make sure that all of these keys are known and not forgotten before the next `shrink`."""
        known = self._known
        absent = []
        for key in set(keys):
            if key in known:
                known.move_to_end(key)
            else:
                absent.append(key)
        if not absent:
            return
        found = {key: _Known() for key in absent}
        for device, boot, first, last, stored in sorted(known_ranges(conn, absent)):  # in order each costs the same
            (found[device, boot].store if stored else found[device, boot].drop)(first, last)
        known.update(found)
        self._size += sum(len(entry) for entry in found.values())

    def has(self, key: Key, seq: int) -> bool:
        """Whether that number of a loaded key is stored."""
        return seq in self._known[key].stored

    def stored(self, key: Key, seq: int) -> None:
        """A message was committed."""
        entry = self._known[key]
        before = len(entry)
        entry.store(seq, seq)
        self._size += len(entry) - before

    def dropped(self, key: Key, first: int, last: int) -> None:
        """A device's word on dropped messages was committed. Of a key not loaded the database will tell."""
        entry = self._known.get(key)
        if entry is not None:
            before = len(entry)
            entry.drop(first, last)
            self._size += len(entry) - before

    def standing(self, key: Key) -> Standing | None:
        """What to acknowledge for a key, None when it is not loaded."""
        entry = self._known.get(key)
        return None if entry is None else standing(entry.either, entry.stored.last)

    def shrink(self) -> None:
        """Forget the least recently used until the bound holds."""
        while self._size > self._limit and len(self._known) > 1:
            self._size -= len(self._known.popitem(last=False)[1])

    def forget(self) -> None:
        """Forget everything: somebody else may have written."""
        self._known.clear()
        self._size = 0
