"""The hub's clock as an argument: real time, or time that runs faster from a given moment on. Pure."""

from dataclasses import dataclass

from domain.instants import SECOND, Micros


@dataclass(frozen=True, slots=True)
class HubClock:
    """hub_now = epoch_hub + (real_now - epoch_real) * speed. Both epochs in µs since 1970."""

    epoch_real: Micros = 0
    epoch_hub: Micros = 0
    speed: float = 1.0

    def at(self, real_now: Micros) -> Micros:
        """Hub time at a real instant."""
        return self.epoch_hub + round((real_now - self.epoch_real) * self.speed)

    def real_seconds(self, hub_span: Micros) -> float:
        """How long a span of hub time really takes."""
        return hub_span / SECOND / self.speed
