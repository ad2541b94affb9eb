"""Intakes matched to expected doses: one pure answer for a set of intakes, whatever the order they came in.

Each dose owns the time half-way to its neighbours, so an intake belongs to at most one dose. A pill box and a person
who speak of the same dose speak of one intake; one source that speaks twice means two.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from alerts.oral.drugs import key
from alerts.oral.expected import Expected, Versions
from alerts.oral.windows import Windows
from domain.instants import DAY, Micros
from domain.values import Intake

Kind = Literal["dose", "extra", "hold", "not-due"]
TAKEN = ("taken", "extra")


class Event(Struct, frozen=True):
    """One dose that went into the patient: what one source, or a box and a person together, say of it.

    `doses`: how many prescribed doses it is, None when the amount cannot be compared. `kind`: of a dose that was due,
    beyond it, during a hold, or when none was due.
    """

    key: str
    at: Micros
    doses: float
    exact: bool
    kind: Kind
    vomited: bool
    said_extra: bool
    intakes: tuple[Intake, ...]
    dose: Expected | None = None

    @property
    def received_at(self) -> Micros:
        """When the first word of it was received."""
        return min(intake.received_at for intake in self.intakes)


class Matched(Struct, frozen=True):
    """One expected dose and what was said of it: intakes (the first is the dose, the others too many), skipped."""

    dose: Expected
    events: tuple[Event, ...] = ()
    skipped: tuple[Intake, ...] = ()

    @property
    def first(self) -> Event | None:
        """The intake of this dose."""
        return self.events[0] if self.events else None


class Matching(Struct, frozen=True):
    """Every expected dose; intakes that belong to none; intakes of drugs that the plan does not have."""

    doses: tuple[Matched, ...]
    strays: tuple[Event, ...]
    unplanned: tuple[Intake, ...]

    @property
    def events(self) -> list[Event]:
        """Everything taken of planned drugs, by time."""
        found = [event for matched in self.doses for event in matched.events] + list(self.strays)
        return sorted(found, key=lambda event: (event.at, event.key))


def time_of(intake: Intake) -> Micros:
    """When it happened."""
    return intake.measured_at if intake.taken_at is None else intake.taken_at


Order = tuple[Micros, str, str, str, int, int, str, str, Micros]


def order(intake: Intake) -> Order:
    """One order for a set of intakes, however they came; equal means the same intake."""
    origin = intake.origin
    where = ("", "", 0) if origin is None else (origin.device, origin.boot, origin.seq)
    due = -1 if intake.due_at is None else intake.due_at
    return (time_of(intake), intake.state, *where, intake.index, intake.by, intake.drug, due)


def distinct(intakes: Iterable[Intake]) -> list[Intake]:
    """Each once (the same entry of the same message is the same intake), in one order."""
    seen: dict[Order, Intake] = {}
    for intake in sorted(intakes, key=lambda intake: (order(intake), intake.received_at)):
        seen.setdefault(order(intake), intake)
    return list(seen.values())


def match(plans: Versions, doses: Sequence[Expected], intakes: Iterable[Intake], windows: Windows) -> Matching:
    """Every intake to the dose it is of. `doses`: those due around the intakes, by time."""
    of: dict[str, list[Intake]] = {}
    unplanned = []
    keys = {dose.key for dose in doses} | {entry.key for _, plan in plans.rows for entry in plan.entries}
    due = {dose.key for dose in doses}
    for intake in distinct(intakes):
        name = key(intake.drug)
        if name in due or (name in keys and plans.at(time_of(intake)).entry(intake.drug) is not None):
            of.setdefault(name, []).append(intake)
        else:
            unplanned.append(intake)
    matched: list[Matched] = []
    strays: list[Event] = []
    for name in sorted(keys):
        mine = [dose for dose in doses if dose.key == name]
        found, lost = _match_one(plans, mine, of.get(name, []), windows)
        matched += found
        strays += lost
    matched.sort(key=lambda each: (each.dose.due_at, each.dose.key, each.dose.slot))
    return Matching(tuple(matched), tuple(sorted(strays, key=lambda e: (e.at, e.key))), tuple(unplanned))


def _match_one(
    plans: Versions, doses: list[Expected], intakes: list[Intake], windows: Windows
) -> tuple[list[Matched], list[Event]]:
    """One drug."""
    cells: dict[int, list[Intake]] = {}
    outside: list[Intake] = []
    starts = [dose.due_at for dose in doses]
    for intake in intakes:
        place = _cell(doses, starts, intake)
        if place is None:
            outside.append(intake)
        else:
            cells.setdefault(place, []).append(intake)
    found = [_matched(plans, dose, cells.get(place, []), windows) for place, dose in enumerate(doses)]
    taken = [intake for intake in outside if intake.state != "skipped"]
    strays = [
        _event(group, None, _stray(plans, group[0]), exact_tablets=_tablets(plans, group[0]))
        for group in _grouped(taken, windows)
    ]
    return found, strays


def _stray(plans: Versions, intake: Intake) -> Kind:
    entry = plans.at(time_of(intake)).entry(intake.drug)
    return "hold" if entry is not None and entry.held(time_of(intake)) is not None else "not-due"


def _tablets(plans: Versions, intake: Intake) -> tuple[float | None, float | None]:
    """What one dose is for an intake that belongs to none: the first of the day."""
    entry = plans.at(time_of(intake)).entry(intake.drug)
    if entry is None:
        return None, None
    row = next(row for row in reversed(entry.prescribed) if row.from_at <= time_of(intake))
    return row.doses_mg[0], row.tablets[0]


def _cell(doses: list[Expected], starts: list[Micros], intake: Intake) -> int | None:
    """The dose an intake is of: the one it names, when it was taken within a day's reach of it; else by its time."""
    at = time_of(intake)
    if intake.due_at is not None:
        named = _around(doses, starts, intake.due_at)
        if named is not None and abs(at - doses[named].due_at) < _far(doses[named]):
            return named
    return _around(doses, starts, at)


def _far(dose: Expected) -> Micros:
    """A box that names a dose is believed up to the time of the next or the one before."""
    return 2 * min(max(dose.to_at - dose.due_at, dose.due_at - dose.from_at), DAY // 2)


def _around(doses: list[Expected], starts: list[Micros], at: Micros) -> int | None:
    """The nearest dose among those whose time it is."""
    middle = bisect_right(starts, at)
    near = range(max(0, middle - 2), min(len(doses), middle + 2))
    holding = [place for place in near if doses[place].from_at <= at < doses[place].to_at]
    return min(holding, key=lambda place: (abs(doses[place].due_at - at), place), default=None)


def _matched(plans: Versions, dose: Expected, intakes: list[Intake], windows: Windows) -> Matched:
    taken = [intake for intake in intakes if intake.state != "skipped"]
    amounts = (dose.dose_mg, dose.tablets)
    events = []
    for place, group in enumerate(_grouped(taken, windows)):
        held = dose.held is not None or _stray(plans, group[0]) == "hold"
        kind: Kind = "hold" if held else "extra" if place else "dose"
        events.append(_event(group, dose, kind, exact_tablets=amounts))
    skipped = tuple(intake for intake in intakes if intake.state == "skipped")
    return Matched(dose, tuple(events), skipped)


def _grouped(intakes: list[Intake], windows: Windows) -> list[list[Intake]]:
    """One group an intake: a second source within `same_for` or of the same due time joins it, the same source not.

    A vomited dose belongs to the dose its source reported before it.
    """
    groups: list[list[Intake]] = []
    for intake in intakes:
        joined = next((group for group in groups if _same(group, intake, windows)), None)
        if joined is None:
            groups.append([intake])
        else:
            joined.append(intake)
    return groups


def _same(group: list[Intake], intake: Intake, windows: Windows) -> bool:
    if intake.state == "extra" or any(each.state == "extra" for each in group):
        return False  # said to be one more
    if any(_source(each) == _source(intake) for each in group):
        return intake.state == "vomited" and not any(each.state == "vomited" for each in group)
    near = time_of(intake) - time_of(group[0]) <= windows.same_for
    return near or intake.state == "vomited" or any(_names(each, intake) for each in group)


def _names(one: Intake, other: Intake) -> bool:
    return one.due_at is not None and one.due_at == other.due_at


def _source(intake: Intake) -> tuple[str, str]:
    """Who speaks: one device under one role."""
    return ("" if intake.origin is None else intake.origin.device, intake.by)


def _event(
    group: list[Intake], dose: Expected | None, kind: Kind, *, exact_tablets: tuple[float | None, float | None]
) -> Event:
    told = [found for intake in group if (found := _doses(intake, *exact_tablets)) is not None]
    return Event(
        key(group[0].drug),
        time_of(group[0]),
        max(told, default=1.0),
        bool(told),
        kind,
        any(intake.state == "vomited" for intake in group),
        any(intake.state == "extra" for intake in group),
        tuple(group),
        dose,
    )


def _doses(intake: Intake, dose_mg: float | None, tablets: float | None) -> float | None:
    """How many doses an intake says it is; None when it says no amount that can be compared. An opening of a box that
    counts one is a dose, however many tablets that is."""
    if intake.mg is not None and dose_mg:
        return intake.mg / dose_mg
    if intake.tablets is None or (intake.by == "device" and intake.tablets <= 1):
        return None
    return intake.tablets / tablets if tablets else None
