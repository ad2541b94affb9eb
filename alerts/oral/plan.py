"""The oral part of a checked care plan as frozen values. Pure; `alerts.oral.check` finds its faults first.

A plan's times are those of the clock on the wall where the patient is. `from`, `until` of changes, holds and trips are
dates (midnight where the patient lives) or instants with an offset.
"""

from datetime import date, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from alerts.oral.drugs import key, known
from domain.instants import MINUTE, Micros, micros, parse_iso

HOME = "Europe/Paris"
BEGINNING: Micros = -(1 << 62)
FOREVER: Micros = 1 << 62
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKLY_DAYS = 2  # a weekly dose may be split over so many days
FOODS = ("with_food", "after_meal", "empty_stomach", "any")


class Prescribed(Struct, frozen=True):
    """What is to be taken at each time of the day, from a moment on: minutes after midnight, mg, tablets."""

    from_at: Micros
    times: tuple[int, ...]
    doses_mg: tuple[float | None, ...]
    tablets: tuple[float | None, ...]
    ordered_by: str | None = None


class Cycle(Struct, frozen=True):
    """Day 1 is `start`; doses on days 1 to `on`, or on `days` of the cycle, then again after `on` + `off` days."""

    start: date
    on: int
    off: int
    days: frozenset[int] | None = None

    def due(self, day: date) -> bool:
        """Whether the cycle has doses on a date."""
        passed = (day - self.start).days
        if passed < 0:
            return False
        place = passed % (self.on + self.off) + 1
        return place <= self.on if self.days is None else place in self.days


class Hold(Struct, frozen=True):
    """No dose while it lasts, by order of a prescriber. `until` FOREVER: until further notice."""

    from_at: Micros
    until: Micros
    reason: str
    ordered_by: str

    def covers(self, at: Micros) -> bool:
        """Whether a moment lies in it: from inclusive, until exclusive."""
        return self.from_at <= at < self.until


class Entry(Struct, frozen=True):
    """One drug. `late_for`, `asked_for`: the plan's own windows, None: those of the protocol."""

    drug: str
    key: str
    prescribed: tuple[Prescribed, ...]
    cycle: Cycle | None = None
    weekdays: frozenset[int] | None = None
    start: date | None = None
    until: date | None = None
    holds: tuple[Hold, ...] = ()
    food: str | None = None
    late_for: Micros | None = None
    asked_for: Micros | None = None

    @property
    def weekly(self) -> bool:
        """Once a week (split over two days at most) by its plan, or by the table where the plan names no days."""
        if self.weekdays is not None:
            return len(self.weekdays) <= WEEKLY_DAYS
        drug = known(self.drug)
        return drug is not None and drug.weekly

    def due_on(self, day: date) -> bool:
        """Whether there are doses on a date, holds apart."""
        if (self.start is not None and day < self.start) or (self.until is not None and day > self.until):
            return False
        if self.weekdays is not None and day.weekday() not in self.weekdays:
            return False
        return self.cycle is None or self.cycle.due(day)

    def held(self, at: Micros) -> Hold | None:
        """The hold that covers a moment."""
        return next((hold for hold in self.holds if hold.covers(at)), None)


class OralPlan(Struct, frozen=True):
    """The drugs, and in which time zone the patient is from when on (the first from the beginning)."""

    entries: tuple[Entry, ...] = ()
    zones: tuple[tuple[Micros, str], ...] = ((BEGINNING, HOME),)

    def zone(self, at: Micros) -> ZoneInfo:
        """Where the patient's clock on the wall is at a moment."""
        return ZoneInfo(next(name for since, name in reversed(self.zones) if since <= at))

    def entry(self, name: str) -> Entry | None:
        """The drug of a name, however it is spelt."""
        wanted = key(name)
        return next((entry for entry in self.entries if entry.key == wanted), None)


NOTHING = OralPlan()


def oral_plan(plan: dict[str, Any]) -> OralPlan:
    """The oral part of a checked plan."""
    if not plan.get("oral"):
        return NOTHING
    part = {name: plan[name] for name in ("oral", "timezone", "trips") if plan.get(name) is not None}
    return _oral_plan(msgspec.json.encode(part, order="deterministic"))


def wall_zones(plan: dict[str, Any], home: str = HOME) -> tuple[tuple[Micros, str], ...]:
    """In which time zone the patient is from when on, trips too, of a checked plan. `home`: where it names none."""
    return _zones(plan.get("trips") or (), plan.get("timezone") or home)


@lru_cache(maxsize=2048)
def _oral_plan(text: bytes) -> OralPlan:
    part = msgspec.json.decode(text)
    home = part.get("timezone") or HOME
    return OralPlan(tuple(_entry(row, home) for row in part["oral"]), _zones(part.get("trips", ()), home))


def _zones(trips: Any, home: str) -> tuple[tuple[Micros, str], ...]:
    edges: dict[Micros, str] = {BEGINNING: home}
    for trip in sorted(trips, key=lambda trip: moment_of(trip["from"], home)):
        edges[moment_of(trip["from"], home)] = trip["timezone"]
        if trip.get("until") is not None:
            edges.setdefault(moment_of(trip["until"], home), home)
    return tuple(sorted(edges.items()))


def moment_of(text: str, zone: str) -> Micros:
    """A date as its midnight in a zone, or an instant with an offset. Raises ValueError."""
    if len(text) == len("2026-01-01"):
        return micros(datetime.combine(date.fromisoformat(text), time(), ZoneInfo(zone)))
    return parse_iso(text)


def _entry(row: dict[str, Any], home: str) -> Entry:
    first = Prescribed(BEGINNING, minutes(row["times"]), *_amounts(row, len(row["times"])))
    return Entry(
        drug=row["drug"].strip(),
        key=key(row["drug"]),
        prescribed=_prescribed(first, row.get("changes") or (), home),
        cycle=_cycle(row.get("cycle")),
        weekdays=frozenset(map(WEEKDAYS.index, row["weekdays"])) if row.get("weekdays") else None,
        start=_day(row.get("start")),
        until=_day(row.get("until")),
        holds=tuple(_hold(hold, home) for hold in row.get("holds") or ()),
        food=row.get("food"),
        late_for=None if row.get("late_min") is None else round(row["late_min"] * MINUTE),
        asked_for=None if row.get("asked_min") is None else round(row["asked_min"] * MINUTE),
    )


def minutes(times: Any) -> tuple[int, ...]:
    """`08:00` as minutes after midnight."""
    return tuple(int(text[:2]) * 60 + int(text[3:]) for text in times)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _amounts(row: dict[str, Any], count: int) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
    return _each(row.get("dose_mg"), count), _each(row.get("tablets"), count)


def _each(value: Any, count: int) -> tuple[float | None, ...]:
    """One amount for all times, or one for each."""
    return tuple(value) if isinstance(value, list) else (value,) * count


def _prescribed(first: Prescribed, changes: Any, home: str) -> tuple[Prescribed, ...]:
    found = [first]
    for change in sorted(changes, key=lambda change: moment_of(change["from"], home)):
        times = minutes(change["times"]) if "times" in change else found[-1].times
        doses, tablets = _amounts(change, len(times))  # a new dose without tablets: how many is not known
        found.append(Prescribed(moment_of(change["from"], home), times, doses, tablets, change["ordered_by"]))
    return tuple(found)


def _cycle(row: dict[str, Any] | None) -> Cycle | None:
    if row is None:
        return None
    days = frozenset(row["days"]) if row.get("days") else None
    return Cycle(date.fromisoformat(row["start"]), row["on"], row["off"], days)


def _hold(row: dict[str, Any], home: str) -> Hold:
    until = FOREVER if row.get("until") is None else moment_of(row["until"], home)
    return Hold(moment_of(row["from"], home), until, row["reason"], row["ordered_by"])
