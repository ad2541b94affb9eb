"""What consoles say they show: collected by the event loop, written once a second for the whole process by a thread.

A receipt that cannot be written now is kept and tried again. Called by the feed.
"""

import asyncio
from collections.abc import Callable

import msgspec
import psycopg
import structlog
from msgspec import Struct
from psycopg_pool import PoolTimeout

from clinician_ui.access import Caller, Verb, may
from domain.converting import decoder
from domain.instants import Micros
from storage import marks
from storage.connection import Pool

WRITE_EVERY = 1.0
MOST = 10_000  # receipts kept while the database is away; the consoles say it again when they come back
MAX_TEXT = 200
_log = structlog.get_logger()


class Said(Struct):
    """What a console says: it has drawn everything up to this event; `visible`: somebody could see it."""

    got: int
    visible: bool = True


_said = decoder(Said)


def read(text: str | None) -> Said | None:
    """A message of a console, None when it cannot be read: it changes nothing then."""
    if text is None or len(text) > MAX_TEXT:
        return None
    try:
        return _said(text)
    except (msgspec.DecodeError, UnicodeError):
        return None


class Receipts:
    """The receipts of one process. `take` on the event loop, `write` in a thread."""

    def __init__(self, pool: Pool, clock: Callable[[], Micros]) -> None:
        self._pool, self._clock = pool, clock
        self._waiting: list[marks.Receipt] = []

    def take(self, caller: Caller, said: Said, *, after: int, upto: int) -> int:
        """Note what a console shows, at most `upto`; answers how far it has said so until now."""
        if not said.visible:
            return after
        got = max(after, min(said.got, upto))
        if len(self._waiting) < MOST:
            attends = may(caller.role, Verb.ACKNOWLEDGE)
            mine = marks.Receipt(caller.username, caller.session, caller.sites, after, got, self._clock(), attends)
            self._waiting.append(mine)
        return got

    async def write_for_ever(self) -> None:
        """Once a second, as long as the task lives."""
        while True:
            await asyncio.sleep(WRITE_EVERY)
            taken, self._waiting = self._waiting, []
            if taken and not await asyncio.to_thread(self.write, taken):
                self._waiting = [*taken, *self._waiting][:MOST]

    def write(self, receipts: list[marks.Receipt]) -> bool:
        """Write them, one statement a table; False when the database is away and it must be tried again."""
        try:
            with self._pool.connection(timeout=2.0) as conn:
                marks.delivered(conn, receipts)
                marks.attended(conn, receipts)
        except (psycopg.OperationalError, PoolTimeout) as error:
            _log.warning("receipts: not written, trying again", error=str(error).strip()[:200])
            return False
        except psycopg.Error as error:
            _log.error("receipts: refused by the database, given up", error=str(error).strip()[:200])
        return True
