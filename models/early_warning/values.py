"""What goes into the early warning and comes out: vital signs over time, a score with its reasons, a refusal. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from domain.alerts import Said
from domain.instants import HOUR, Micros
from domain.values import Reading
from domain.vocabulary import (
    DIASTOLIC,
    HEART_RATE,
    MEASURES,
    OXYGEN_FLOW,
    RESPIRATORY_RATE,
    SPO2,
    SYSTOLIC,
    TEMPERATURE,
    Measure,
)

Times = NDArray[np.int64]
Numbers = NDArray[np.float64]
Status = Literal["ready", "stale", "out_of_range", "unknown"]

MEAN_PRESSURE = "8478-0"
CODES: dict[str, str] = {
    "HR": HEART_RATE,
    "O2Sat": SPO2,
    "Temp": TEMPERATURE,
    "SBP": SYSTOLIC,
    "MAP": MEAN_PRESSURE,
    "DBP": DIASTOLIC,
    "Resp": RESPIRATORY_RATE,
    "Oxygen": OXYGEN_FLOW,
}
"""Input -> LOINC code of the hub's readings, canonical unit."""
VITALS: tuple[str, ...] = ("HR", "O2Sat", "Temp", "SBP", "MAP", "DBP", "Resp")
INPUTS: tuple[str, ...] = (*VITALS, "Oxygen", "EtCO2")
"""The vital signs; whether oxygen is given (1 or 0, as NEWS2 asks); the carbon dioxide breathed out by the ventilated
patients of the training data (mmHg), which nobody measures at home: its absence says `not ventilated`."""


def _bounds(name: str) -> tuple[float, float]:
    found = MEASURES[CODES[name]]
    if found.reject_below is None or found.reject_above is None:
        raise ValueError(f"{name}: expected bounds in the vocabulary")
    return found.reject_below, found.reject_above


PLAUSIBLE = {**{name: _bounds(name) for name in VITALS}, "Oxygen": (0.0, 1.0), "EtCO2": (5.0, 150.0)}
"""Inclusive bounds, those at which the hub refuses a reading; EtCO2: technical."""


@dataclass(frozen=True, slots=True)
class Column:
    """One vital sign: moments (µs, any order) and values in the canonical unit; NaN is no value."""

    times: Times
    values: Numbers


@dataclass(frozen=True, slots=True)
class Observations:
    """A patient's vital signs, by the names of `INPUTS`; an absent name is a sign that nobody measured.

    The same value given twice for one moment counts once. Nothing else of the patient goes in.
    """

    columns: Mapping[str, Column]


class Reason(Struct, frozen=True, gc=False):
    """What pushed the risk up (above 0) or down. `contribution`: log-odds against the average training patient."""

    feature: str
    contribution: float
    said: Said


class Score(Struct, frozen=True):
    """What the model says at a moment. Only `ready` has a risk; every other status is UNKNOWN and says why.

    `risk`: calibrated probability of onset within 12 h. `alarm`: the risk reached the threshold of the false-alarm
    budget and no alarm stood within the refractory time. `watched`: the inputs whose drift is watched, in the order of
    the model's `watched`; None where nothing was measured. Status: `stale` values too old; `out_of_range` unlike any
    patient of the training; `unknown` too little is measured, or nothing.
    """

    status: Status
    risk: float | None
    alarm: bool
    reasons: tuple[Reason, ...]
    model_version: str
    why: Said
    watched: tuple[float | None, ...] = ()


class Refused(Struct, frozen=True):
    """A model file that is not used: what was looked at, what was expected, what was found."""

    field: str
    expected: str
    found: str


def measure(name: str) -> Measure:
    """Names and unit of an input that the hub knows."""
    return MEASURES[CODES[name]]


def from_hours(hours: Numbers, table: Numbers) -> Observations:
    """Rows of the training data: hours (n), values (n, 7 to 9) in the order of `INPUTS`."""
    times = moments(hours)
    return Observations({name: _column(times, table[:, at]) for at, name in enumerate(INPUTS[: table.shape[1]])})


def moments(hours: Numbers) -> Times:
    """Hours as µs."""
    return np.round(np.asarray(hours, float) * HOUR).astype(np.int64)


def on_oxygen(fraction: Numbers) -> Numbers:
    """1 where more oxygen is breathed in than air holds (0.21), 0 where not, NaN where unsaid or impossible."""
    said = (fraction >= 0.15) & (fraction <= 1.0)
    return np.where(said, (fraction > 0.215).astype(float), np.nan)


def from_readings(readings: Iterable[Reading]) -> Observations:
    """The hub's readings of one patient; other codes are left out, and so are readings whose clock was wrong.

    A temperature is used as measured: correct it for its site of measurement before.
    """
    kept: dict[str, list[tuple[Micros, float]]] = {}
    for reading in readings:
        if reading.quality != "clock":
            kept.setdefault(reading.code, []).append((reading.measured_at, reading.value))
    if OXYGEN_FLOW in kept:
        kept[OXYGEN_FLOW] = [(at, float(flow > 0)) for at, flow in kept[OXYGEN_FLOW]]
    return Observations({name: _pairs(kept[code]) for name, code in CODES.items() if code in kept})


def _pairs(pairs: list[tuple[Micros, float]]) -> Column:
    return _column(np.array([at for at, _ in pairs], np.int64), np.array([value for _, value in pairs], float))


def _column(times: Times, values: Numbers) -> Column:
    there = ~np.isnan(values)
    return Column(times[there], np.asarray(values[there], float))
