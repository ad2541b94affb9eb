"""One measured figure with its interval, goal and baseline; a picture; what an evaluation works from. Frozen values."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf, isnan
from pathlib import Path
from typing import Any, Protocol

ABSENT = "not run: data absent"


@dataclass(frozen=True, slots=True)
class Goal:
    """The span a value shall lie in, ends included, and how it is written."""

    low: float
    high: float
    text: str

    def met(self, value: float) -> bool:
        """NaN meets nothing."""
        return not isnan(value) and self.low <= value <= self.high


def at_most(limit: float) -> Goal:
    """Smaller is better."""
    return Goal(-inf, limit, f"≤ {limit:g}")


def at_least(limit: float) -> Goal:
    """Larger is better."""
    return Goal(limit, inf, f"≥ {limit:g}")


def between(low: float, high: float) -> Goal:
    """Neither too small nor too large."""
    return Goal(low, high, f"{low:g} to {high:g}")


NO_GOAL = Goal(-inf, inf, "")


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` None: not run, `note` says why. `low`, `high`: 95 % interval. `of`: counted on how many of what."""

    model: str
    name: str
    value: float | None
    low: float | None
    high: float | None
    goal: str
    meets: bool | None
    baseline: str
    of: str
    note: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """A value and its 95 % interval, from `models.evaluation.intervals`."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """What a figure is called, aims at and is compared with."""

    model: str
    version: str
    name: str
    goal: Goal = NO_GOAL
    baseline: str = ""


def figure(ask: Ask, measured: Measured, *, of: str, note: str = "") -> Figure:
    """A figure that was measured."""
    meets = None if ask.goal is NO_GOAL else ask.goal.met(measured.value)
    return Figure(
        ask.model, ask.name, measured.value, measured.low, measured.high, ask.goal.text, meets, ask.baseline, of, note,
        ask.version,
    )  # fmt: skip


def absent(ask: Ask, what: str) -> Figure:
    """A figure whose data are not here: `what` is missing."""
    note = f"{ABSENT} ({what})"
    return Figure(ask.model, ask.name, None, None, None, ask.goal.text, None, ask.baseline, "", note, ask.version)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of docs/models: `draw` gets a matplotlib Figure; `caption` says what it shows."""

    model: str
    file: str
    caption: str
    draw: Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the data are (a folder may be absent), the folder of a published run, and the seed of all randomness."""

    data: Path
    published: Path | None = None
    seed: int = 20261125


class Told(Protocol):
    """Progress: so many steps of a named piece of work are done."""

    def __call__(self, what: str, done: int, total: int) -> None: ...


Found = Iterator[Figure | Picture]
