"""How a rule's value is made out of several samples: a closed union, frozen. Pure; `rules.derived` computes it."""

from typing import Literal

from msgspec import Struct

from domain.instants import Micros


class Score(Struct, frozen=True):
    """The points of the newest value of each code, none older than `max_age`. `assumed`: what the plan says of an item
    that is not measured at home (value by place)."""

    name: str
    codes: tuple[str, ...]
    max_age: Micros
    scale: int = 1
    assumed: tuple[float | None, ...] = ()


class Trend(Struct, frozen=True):
    """Least-squares slope per `per`, over the last sample of each part of the window."""

    codes: tuple[str, ...]
    window: Micros
    part: Micros
    at_least: int
    per: Micros


class Change(Struct, frozen=True):
    """The newest value less the baseline of the window's parts that end at least `apart` before it."""

    codes: tuple[str, ...]
    window: Micros
    part: Micros
    apart: Micros
    at_least: int
    against: str
    percent: bool


class Count(Struct, frozen=True):
    """How many samples in [low, high] lie in the last `within`."""

    codes: tuple[str, ...]
    within: Micros
    low: float
    high: float
    most: int


class Symptom(Struct, frozen=True):
    """0 nothing, 1 worsening, 2 severe, 3 very severe: of the newest grade and the one before it."""

    codes: tuple[str, ...]
    severe_from: int
    very_severe_from: int
    rise: int


class Condition(Struct, frozen=True):
    """One part of a combination. Those of one `name` count as one."""

    code: str
    low: float
    high: float
    max_age: Micros
    limit: str
    name: str


class Combination(Struct, frozen=True):
    """How many of the conditions hold; those that are not known may be enough to leave it unsaid."""

    codes: tuple[str, ...]
    conditions: tuple[Condition, ...]
    needs: int


Source = Score | Trend | Change | Count | Symptom | Combination


Watch = Literal["missed", "stopped", "over", "double", "weekly", "hold", "off", "unplanned", "skipped"]


class Intakes(Struct, frozen=True):
    """A rule on the intakes of the plan's drugs: which of the values of `alerts.oral.series`. `each`: every sample is
    an event of its own. Folded by `alerts.core.oral`, not in a stream."""

    watch: Watch
    within: Micros
    each: bool


def reach(source: Source | None) -> Micros:
    """How far back samples matter to the value made now."""
    match source:
        case None | Symptom():
            return 0
        case Trend() | Change():
            return source.window
        case Count():
            return source.within
        case Score():
            return source.max_age
        case Combination():
            return max(condition.max_age for condition in source.conditions)
