"""Expected doses, derived from a plan for any stretch of time: never stored, always the same. Pure.

A dose is due at a time of the clock on the wall where the patient is. A time that the spring change skips is due an
hour later on the wall, one that the autumn change repeats is due once, the first time. On a trip no dose of a day is
due twice, and none sooner than half the ordinary gap after the one before it: such a dose is left out, and the team
decides.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from alerts.oral.plan import BEGINNING, FOREVER, WEEKDAYS, Entry, Hold, OralPlan
from domain.instants import DAY, HOUR, MINUTE, Micros, micros, moment

MARGIN: Micros = 9 * DAY  # a dose's neighbours lie within it: the same dose looks the same from any stretch
SLACK: Micros = HOUR  # the night of a clock change is so much longer
EARLY: Micros = 12 * HOUR  # an intake longer before a dose is not of that dose


class Expected(Struct, frozen=True):
    """One dose. An intake from `from_at` to before `to_at` is of this dose. `day`: the date on the patient's wall.

    `zone`: the time zone of that clock. `held`: the hold that covers it.
    """

    drug: str
    key: str
    due_at: Micros
    day: date
    slot: int
    zone: str
    dose_mg: float | None
    tablets: float | None
    held: Hold | None = None
    from_at: Micros = 0
    to_at: Micros = 0


def expected(plan: OralPlan, start: Micros, end: Micros) -> list[Expected]:
    """Every dose of a plan due from `start` to before `end`, held ones too, by time."""
    found = [dose for entry in plan.entries for dose in expected_of(entry, plan.zones, start, end)]
    return sorted(found, key=lambda dose: (dose.due_at, dose.key, dose.slot))


def expected_of(entry: Entry, zones: tuple[tuple[Micros, str], ...], start: Micros, end: Micros) -> list[Expected]:
    """The same of one drug."""
    first, last = start // DAY * DAY - MARGIN, -(-end // DAY) * DAY + MARGIN
    return [dose for dose in _around(entry, zones, first, last) if start <= dose.due_at < end]


@lru_cache(maxsize=2048)
def _around(entry: Entry, zones: tuple[tuple[Micros, str], ...], first: Micros, last: Micros) -> tuple[Expected, ...]:
    """Doses of whole days, each with the time that belongs to it."""
    doses = list(_apart(_once(sorted(_raw(entry, zones, first, last), key=lambda dose: dose.due_at)), entry))
    return tuple(_with_cells(doses, entry))


def _raw(entry: Entry, zones: tuple[tuple[Micros, str], ...], first: Micros, last: Micros) -> Iterator[Expected]:
    ends = [since for since, _ in zones[1:]] + [FOREVER]
    for (since, name), until in zip(zones, ends, strict=True):
        low, high = max(since, first), min(until, last)
        if low >= high:
            continue
        zone = ZoneInfo(name)
        day, final = _date(low, zone), _date(high, zone)
        while day <= final:
            if entry.due_on(day):
                yield from _of_day(entry, day, zone, low, high)
            day += timedelta(days=1)


def _date(at: Micros, zone: ZoneInfo) -> date:
    return moment(at).astimezone(zone).date()


def _of_day(entry: Entry, day: date, zone: ZoneInfo, low: Micros, high: Micros) -> Iterator[Expected]:
    for place, row in enumerate(entry.prescribed):
        until = entry.prescribed[place + 1].from_at if place + 1 < len(entry.prescribed) else FOREVER
        for slot, minute in enumerate(row.times):
            due_at = wall(day, minute, zone)
            if low <= due_at < high and row.from_at <= due_at < until:
                yield Expected(
                    entry.drug, entry.key, due_at, day, slot, zone.key, row.doses_mg[slot], row.tablets[slot],
                    entry.held(due_at),
                )  # fmt: skip


def wall(day: date, minute: int, zone: ZoneInfo) -> Micros:
    """The moment a clock on the wall shows so many minutes after midnight: the first one; a skipped time is read by
    the clock before its change."""
    when = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    return micros(when.astimezone(UTC))


def _once(doses: list[Expected]) -> Iterator[Expected]:
    """No dose of a date twice, when a trip to the west lives a morning twice."""
    seen: dict[tuple[date, int], str] = {}
    for dose in doses:
        if seen.setdefault((dose.day, dose.slot), dose.zone) == dose.zone:
            yield dose


def _apart(doses: Iterator[Expected], entry: Entry) -> Iterator[Expected]:
    """After a change of zone no dose sooner than half the ordinary gap after the one before it."""
    before: Expected | None = None
    for dose in doses:
        moved = before is not None and dose.zone != before.zone
        if before is not None and moved and dose.due_at - before.due_at < min(_gaps(entry, dose.due_at)) // 2:
            continue
        yield dose
        before = dose


def _gaps(entry: Entry, at: Micros) -> list[Micros]:
    """The gaps between the doses of a day like any other, the one over midnight last."""
    times = next(row.times for row in reversed(entry.prescribed) if row.from_at <= at)
    return [(after - before) * MINUTE for before, after in zip(times, (*times[1:], times[0] + 24 * 60), strict=True)]


def reach(entry: Entry, at: Micros) -> Micros:
    """How far from a dose an intake can still be of it: half the widest gap of a day, or of the days between doses."""
    days = _days_between(entry)
    return (days * DAY if days > 1 else max(_gaps(entry, at))) // 2 + SLACK


def _days_between(entry: Entry) -> int:
    """The fewest days between two days with doses."""
    if entry.weekdays is not None:
        return _fewest(sorted(entry.weekdays), len(WEEKDAYS))
    if entry.cycle is not None and entry.cycle.days is not None:
        return _fewest(sorted(entry.cycle.days), entry.cycle.on + entry.cycle.off)
    return 1


def _fewest(days: list[int], around: int) -> int:
    return min(after - before for before, after in zip(days, (*days[1:], days[0] + around), strict=True))


def _with_cells(doses: list[Expected], entry: Entry) -> Iterator[Expected]:
    """The time that belongs to each dose: half-way to its neighbours, and within reach of it."""
    gaps = [after.due_at - before.due_at for before, after in pairwise(doses)]
    for place, dose in enumerate(doses):
        most = reach(entry, dose.due_at)
        before = gaps[place - 1] // 2 if place else most
        after = gaps[place] - gaps[place] // 2 if place < len(gaps) else most
        from_at, to_at = dose.due_at - min(before, most, EARLY + SLACK), dose.due_at + min(after, most)
        yield structs.replace(dose, from_at=from_at, to_at=to_at)


class Versions(Struct, frozen=True):
    """The plans of a patient, and since when each counts, oldest first. A drug that is new in a plan counts before its
    time too: a plan is entered after the patient has it in hand."""

    rows: tuple[tuple[Micros, OralPlan], ...]

    def at(self, moment: Micros) -> OralPlan:
        """The plan that counts at a moment."""
        return next((plan for since, plan in reversed(self.rows) if since <= moment), self.rows[0][1])

    @property
    def now(self) -> OralPlan:
        """The newest plan."""
        return self.rows[-1][1]

    def known_since(self, drug: str) -> Micros:
        """Since when the newest plans have a drug (its key); the beginning when none has it."""
        found = BEGINNING
        for since, plan in reversed(self.rows):
            if all(entry.key != drug for entry in plan.entries):
                break
            found = since
        return found

    def doses(self, start: Micros, end: Micros) -> list[Expected]:
        """Doses by the plan that counted when each was due."""
        return timeline(list(self.rows), start, end)

    def then(self, since: Micros, plan: OralPlan) -> "Versions":
        """With a new plan; the same plan again changes nothing. The oldest of many are forgotten."""
        if plan == self.now:
            return self
        return Versions((*self.rows, (since, plan))[-KEPT_PLANS:])


KEPT_PLANS = 32


def always(plan: OralPlan) -> Versions:
    """One plan that has always counted."""
    return Versions(((BEGINNING, plan),))


def timeline(versions: list[tuple[Micros, OralPlan]], start: Micros, end: Micros) -> list[Expected]:
    """The same of rows as in `Versions`."""
    found: list[Expected] = []
    for place, (since, plan) in enumerate(versions):
        high = versions[place + 1][0] if place + 1 < len(versions) else FOREVER
        for entry in plan.entries:
            low = (
                since
                if place and any(each.key == entry.key for each in versions[place - 1][1].entries)
                else (versions[place - 1][0] if place > 1 else BEGINNING)
            )
            if low < end and high > start:
                found += expected_of(entry, plan.zones, max(start, low), min(end, high))
    return sorted(found, key=lambda dose: (dose.due_at, dose.key, dose.slot))
