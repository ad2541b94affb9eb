"""Since when each part of the hub is away, told to the log when it has lasted and when it ends. One for a process."""

import threading
import time
from collections.abc import Callable, Sequence

import structlog
from msgspec import Struct

from domain.instants import Micros
from web.troubles import Trouble, of_part, sentence

LASTED = 3.0  # s: a hub that starts, or a connection made again, is no trouble yet
log = structlog.get_logger("vigie")


class _Away(Struct):
    since: Micros
    begun: float
    told: bool = False


class Standing:
    """Remembers what `note` was told; safe from several threads. `elapsed`: seconds that never jump."""

    def __init__(self, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed = elapsed
        self._away: dict[str, _Away] = {}
        self._lock = threading.Lock()

    def note(self, away: Sequence[str], at: Micros) -> list[Trouble]:
        """What is wrong now, with since when. `at`: hub time."""
        now = self._elapsed()
        with self._lock:
            over = {part: self._away.pop(part) for part in [part for part in self._away if part not in away]}
            for part in away:
                self._away.setdefault(part, _Away(at, now))
            telling = [part for part, one in self._away.items() if not one.told and now - one.begun >= LASTED]
            for part in telling:
                self._away[part].told = True
            found = {part: of_part(part, one.since) for part, one in self._away.items()}
        for part in telling:
            log.error("trouble", section=found[part].section, said=sentence(found[part]))
        for part, one in over.items():
            if one.told:
                log.info("trouble is over", section=of_part(part).section)
        return list(found.values())
