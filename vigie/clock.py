"""The hub's clock: real time, or in the demo real time run faster from an epoch on. Every decision gets `now` from it.

The only place of the hub that asks the machine what time it is.
"""

import time
from collections.abc import Callable

from msgspec import Struct

from domain.instants import Micros
from vigie.settings import Settings


def real_now() -> Micros:
    """The machine's clock."""
    return time.time_ns() // 1000


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


def clock_of(settings: Settings) -> Clock:
    """The clock the settings ask for. Without an epoch a scaled clock starts now, and ends with the process."""
    epoch = settings.epoch if settings.epoch is not None else real_now()
    return Clock(settings.clock_speed, epoch, epoch)
