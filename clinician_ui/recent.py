"""The newest events of the feed, encoded, so that consoles that come back after a break need no query each.

Every event after `since` up to the feed's position is here. Touched by the event loop only. Called by `feed`.
"""

from collections import deque
from collections.abc import Collection

from msgspec import Struct

KEPT = 4000  # of about 1.5 kB


class Line(Struct, frozen=True):
    """One event, encoded once for every console: the frame without its opening `{"id":n,"prev":m,`."""

    id: int
    site: str
    tail: bytes

    def frame(self, prev: int) -> str:
        """The frame for a console whose event before this one was `prev`."""
        return f'{{"id":{self.id},"prev":{prev},{self.tail.decode()}'


class Recent:
    """The events that were given to consoles last."""

    def __init__(self, most: int = KEPT) -> None:
        self._lines: deque[Line] = deque()
        self._most = most
        self.since = -1  # nothing is known until the feed has a position

    def begin(self, position: int) -> None:
        """The feed's first position: what came before it is not here."""
        if self.since < 0:
            self.since = position

    def add(self, lines: Collection[Line]) -> None:
        """In order, each once."""
        self._lines.extend(lines)
        while len(self._lines) > self._most:
            self.since = self._lines.popleft().id

    def between(self, sites: Collection[str], after: int, upto: int) -> list[Line] | None:
        """Events of these sites with `after` < id <= `upto`; None when some of them are no longer here."""
        if self.since < 0 or after < self.since:
            return None
        return [line for line in self._lines if after < line.id <= upto and line.site in sites]
