"""What a simulated device does at one moment: the value that scenarios make, faults bend and the fleet carries out.

Pure. Instants are `Micros` of the hub's clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from device_sim.truth import Truth
from domain.instants import Micros

Message = dict[str, Any]  # obs, rep, int, ev, by: everything but v, boot, seq, t, toff


@dataclass(frozen=True, slots=True)
class Step:
    """At `at` the device keeps and publishes `message`, measured at `measured_at`; or its link goes down or up.

    `skew_s`: how far its clock is ahead. `deaf`: it ignores `cmd time`. `copies`: how often it is published besides the
    first time. `spoil`: the kind of garbage to make of it. `truths`: what becomes true with it.
    """

    at: Micros
    message: Message | None
    measured_at: Micros
    truths: tuple[Truth, ...] = ()
    copies: int = 0
    spoil: str | None = None
    skew_s: float = 0.0
    deaf: bool = False
    link: Literal["down", "up"] | None = None


Steps = Iterator[Step]
