"""How many passwords are verified at once: argon2 takes tens of MB and milliseconds each. Used by logging in."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from web.problems import Problem

AT_ONCE = 2
WAITING = 20
RETRY_SECONDS = "2"


class Gate:
    """One per process. `place` refuses at once when too many wait; `turn` waits for one of the few turns."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._turns = threading.BoundedSemaphore(at_once)
        self._places = threading.BoundedSemaphore(at_once + waiting)

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place in the queue, or 503 with Retry-After."""
        if not self._places.acquire(blocking=False):
            raise Problem(503, "too many people are logging in just now", headers={"Retry-After": RETRY_SECONDS})
        try:
            yield
        finally:
            self._places.release()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The work itself, never more than a few at once. Hold no database connection while waiting for it."""
        with self._turns:
            yield
