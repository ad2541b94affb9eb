"""Which consoles are attended: each answers the beats of its feed, and every 15 s one statement writes all of them.

A console whose alarm cannot be heard is written and does not count; one of a role that may not acknowledge neither.
Called by the feed: `take` on the event loop, `write` in a thread.
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
from storage import presence
from storage.connection import Pool

WRITE_EVERY = 15.0
MAX_TEXT = 200
_log = structlog.get_logger()


class Here(Struct, frozen=True):
    """What a console answers to a beat: whether its page is in front, and whether its alarm can be heard."""

    visible: bool
    sounds: bool


_here = decoder(Here)


def read(text: str | None) -> Here | None:
    """A message of a console, None when it says nothing of this."""
    if text is None or len(text) > MAX_TEXT:
        return None
    try:
        return _here(text)
    except (msgspec.DecodeError, UnicodeError):
        return None


class Presence:
    """The consoles of one process that have answered since the last writing."""

    def __init__(self, pool: Pool, wall: Callable[[], Micros]) -> None:
        self._pool, self._wall = pool, wall
        self._seen: dict[bytes, presence.Seen] = {}

    def take(self, caller: Caller, text: str | None) -> None:
        """Note that a console has answered; of two pages of one session the better one counts."""
        here = read(text)
        if here is None or not may(caller.role, Verb.ACKNOWLEDGE):
            return
        before = self._seen.get(caller.session)
        visible = here.visible or (before is not None and before.visible)
        sounds = here.sounds or (before is not None and before.sounds)
        self._seen[caller.session] = presence.Seen(caller.session, caller.username, caller.sites, visible, sounds)

    async def write_for_ever(self) -> None:
        """Every 15 s, as long as the task lives. What could not be written is not kept: the next beats say it again."""
        while True:
            await asyncio.sleep(WRITE_EVERY)
            await asyncio.to_thread(self.write)

    def write(self) -> None:
        """Write who has answered, in one statement; nothing when nobody has."""
        taken, self._seen = list(self._seen.values()), {}
        if not taken:
            return
        try:
            with self._pool.connection(timeout=2.0) as conn:
                presence.mark(conn, taken, self._wall())
        except (psycopg.Error, PoolTimeout) as error:
            _log.warning("presence: not written, the next beats say it again", error=str(error).strip()[:200])
