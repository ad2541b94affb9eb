"""The hub's clock: real time, or in the demo real time run faster from an epoch on. Every decision gets `now` from it.

The only place of the hub that asks the machine what time it is.
"""

import threading
import time
from collections.abc import Callable

import structlog
from msgspec import Struct

from domain.instants import MINUTE, SECOND, Micros
from vigie.settings import Settings

FOLLOWED: Micros = 10 * MINUTE  # of a clock set back: less is a correction, more is another time
log = structlog.get_logger("vigie")


def real_now() -> Micros:
    """The machine's clock."""
    return time.time_ns() // 1000


class Steady:
    """The machine's clock as a hub needs it: it never goes back, and it never stands still.

    After the machine's clock was set back, this one runs at half speed until the two meet: a deadline comes at most
    twice as late as it was near, instead of never. Set back by more than `FOLLOWED` at once, it was wrong before: this
    one follows, and says so. Set forward, it follows. Safe from several threads.
    """

    def __init__(self, wall: Callable[[], Micros] = real_now, elapsed: Callable[[], int] = time.monotonic_ns) -> None:
        self._wall, self._elapsed = wall, elapsed
        self._lock = threading.Lock()
        self._said, self._at = wall(), elapsed()

    def __call__(self) -> Micros:
        """Real time now, µs since 1970."""
        with self._lock:
            wall, at = self._wall(), self._elapsed()
            behind = self._said - wall
            if behind > FOLLOWED:
                log.error("the machine's clock was set back, the hub follows", seconds=round(behind / SECOND))
                self._said = wall
            else:
                self._said = max(wall, self._said + (at - self._at) // 2000)
            self._at = at
            return self._said


class Clock(Struct, frozen=True):
    """Hub time = epoch + (real time - real epoch) * speed. Two processes with equal values agree."""

    speed: float = 1.0
    epoch: Micros = 0
    real_epoch: Micros = 0
    real: Callable[[], Micros] = real_now

    def now(self) -> Micros:
        """Hub time now."""
        if self.speed == 1.0:
            return self.epoch + self.real() - self.real_epoch
        return self.epoch + round((self.real() - self.real_epoch) * self.speed)

    def real_seconds(self, hub: Micros) -> float:
        """How many real seconds a span of hub time lasts: what a service may sleep."""
        return hub / self.speed / 1_000_000


def clock_of(settings: Settings, real: Callable[[], Micros] = real_now) -> Clock:
    """The clock the settings ask for. Without an epoch a scaled clock starts now, and ends with the process."""
    epoch = settings.epoch if settings.epoch is not None else real()
    return Clock(settings.clock_speed, epoch, epoch, real)
