"""A virtual person's vital signs: baseline, circadian rhythm, a shift by illness, noise of the sensor. Pure.

The generator of random numbers is an argument. Shapes and sizes are plausible, not fitted: for exercising the hub,
never for judging a rule's clinical worth.
"""

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from domain.instants import HOUR, Micros

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True, slots=True)
class Vitals:
    """Values, or shifts of values, in canonical units."""

    temperature: float = 0.0
    heart_rate: float = 0.0
    respiratory_rate: float = 0.0
    spo2: float = 0.0
    systolic: float = 0.0
    diastolic: float = 0.0
    weight: float = 0.0

    def plus(self, other: "Vitals", share: float = 1.0) -> "Vitals":
        """Sum, the other weighted by `share`."""
        return Vitals(*(getattr(self, f.name) + share * getattr(other, f.name) for f in fields(self)))


# Afternoon against night, at its highest (about 17 h UTC) and, negated, at its lowest.
_CIRCADIAN = Vitals(temperature=0.25, heart_rate=4, respiratory_rate=0.6, systolic=4, diastolic=3)
_PEAK_HOUR = 16.5
_DAY_HOURS = 24.0
# Standard deviations of the sensors; noise is cut at 2.5 of them.
NOISE = Vitals(
    temperature=0.07, heart_rate=2.2, respiratory_rate=0.5, spo2=0.5, systolic=2.8, diastolic=2.2, weight=0.1
)
_CUT = 2.5


def person(rng: "Random") -> Vitals:
    """Baseline of somebody whose values stay inside every limit while nothing happens."""
    return Vitals(
        temperature=rng.uniform(36.6, 36.9),
        heart_rate=rng.uniform(62, 84),
        respiratory_rate=rng.uniform(13, 16.5),
        spo2=rng.uniform(96, 98.4),
        systolic=rng.uniform(118, 142),
        diastolic=rng.uniform(66, 84),
        weight=rng.uniform(48, 95),
    )


def circadian(at: Micros) -> float:
    """-1 (before dawn) to 1 (late afternoon)."""
    hour = (at % (24 * HOUR)) / HOUR
    return math.cos(2 * math.pi * (hour - _PEAK_HOUR) / _DAY_HOURS)


def ramp(hours: float, full_after: float) -> float:
    """0 before onset, 1 after `full_after` hours, smooth between."""
    share = min(max(hours / full_after, 0.0), 1.0)
    return share * share * (3 - 2 * share)


def vitals_at(baseline: Vitals, at: Micros, shift: Vitals) -> Vitals:
    """What is true at an instant."""
    return baseline.plus(_CIRCADIAN, circadian(at)).plus(shift)


def sensed(true: Vitals, rng: "Random") -> Vitals:
    """What the sensors say; a saturation never exceeds 100."""
    noise = Vitals(*(getattr(NOISE, f.name) * min(max(rng.gauss(0, 1), -_CUT), _CUT) for f in fields(NOISE)))
    values = true.plus(noise)
    return values.plus(Vitals(spo2=min(0.0, 100 - values.spo2)))
