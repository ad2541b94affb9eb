"""How an oral treatment is taken: doses and measures of each drug over some days, and every dose of the calendar. Pure.

What nobody reported is not known: every measure is an interval, its ends are "none of those was taken" and "all were".
Sources: clinical table 06 (taking and timing M, correct days V, PMC7379515; relative dose intensity V, PMC7841266).
Callers: `alerts.adherence_desk`.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from itertools import pairwise

from msgspec import Struct

from alerts.oral.adherence import dose_intensity, openings
from alerts.oral.doses import OPEN, TAKEN, Standing
from alerts.oral.expected import Versions
from alerts.oral.matching import Event, Matched, Matching, distinct, time_of
from alerts.oral.plan import Entry
from alerts.oral.series import Seen, seen
from alerts.oral.windows import Windows
from domain.alerts import Pause
from domain.instants import DAY, Micros, moment
from domain.values import Intake
from models.adherence.dosing import Prescription, dosing

MARGIN: Micros = 8 * DAY  # before the days asked for: an early intake belongs to a dose before them
PER_CENT = 100


class Interval(Struct, frozen=True):
    """In %. `low`: nothing of what is not known was taken, `high`: all of it. None: nothing to measure yet."""

    low: float | None
    high: float | None


class DrugMeasures(Struct, frozen=True):
    """One drug over the days asked for. `counts`: doses by state.

    `on_time`: of the doses known to be taken, within the window. `timing`: intervals between intakes within 25 % of the
    prescribed one (None where the times of the day are not evenly spaced). `persistence_days`: from the first to the
    last intake known, inclusive. `stopped_days`: days with doses due in a row without a known one, until now.
    `intensity`: mg (or doses) delivered of what was first prescribed.
    """

    drug: str
    counts: dict[str, int]
    taking: Interval
    correct_days: Interval
    on_time: float | None
    timing: float | None
    intensity: Interval
    extra: int
    not_due: int
    during_hold: int
    first_at: Micros | None
    last_at: Micros | None
    persistence_days: int | None
    stopped_days: int


class Adherence(Struct, frozen=True):
    """Measures by drug, and everything they are made of: each dose, intakes that belong to none, other drugs."""

    start: Micros
    now: Micros
    drugs: tuple[DrugMeasures, ...]
    doses: tuple[tuple[Matched, Standing], ...]
    strays: tuple[Event, ...]
    unplanned: tuple[Intake, ...]


def adherence(
    plans: Versions,
    intakes: Iterable[Intake],
    windows: Windows,
    *,
    stretch: tuple[Micros, Micros],
    pauses: tuple[Pause, ...] = (),
) -> Adherence:
    """From a moment to now. `intakes`: those since `MARGIN` before it, in any order."""
    start, now = stretch
    found = seen(
        plans, tuple(distinct(intakes)), windows, stretch=(start - MARGIN, now + DAY), now=now, pauses=pauses,
        watched_from=start,
    )  # fmt: skip
    doses = [row for rows in found.rows.values() for row in rows if start <= row[0].dose.due_at <= now]
    doses.sort(key=lambda row: (row[0].dose.due_at, row[0].dose.key))
    strays = tuple(event for event in found.matching.strays if start <= event.at <= now)
    other = tuple(intake for intake in found.matching.unplanned if start <= time_of(intake) <= now)
    entries = {entry.key: entry for _, plan in plans.rows for entry in plan.entries}
    shown = {row.dose.key for row, _ in doses} | {event.key for event in strays} | {e.key for e in plans.now.entries}
    drugs = [_drug(entries[key], found, doses, strays) for key in sorted(shown) if key in entries]
    return Adherence(start, now, tuple(drugs), tuple(doses), strays, other)


def _drug(entry: Entry, found: Seen, doses: list[tuple[Matched, Standing]], strays: tuple[Event, ...]) -> DrugMeasures:
    rows = [row for row in doses if row[0].dose.key == entry.key]
    mine = [event for event in strays if event.key == entry.key]
    counts = Counter(standing.state for _, standing in rows)
    events = sorted([event for row, _ in rows for event in row.events] + mine, key=lambda event: event.at)
    part = Matching(tuple(row for row, _ in rows), tuple(mine), ())
    intensity = dose_intensity(part, entry, found.windows, found.now)
    first_at, last_at = (events[0].at, events[-1].at) if events else (None, None)
    taken = [standing.state for _, standing in rows if standing.state in TAKEN]
    return DrugMeasures(
        entry.drug,
        {str(state): number for state, number in counts.items()},
        _taking(rows, events),
        _correct(rows),
        round(PER_CENT * (len(taken) - taken.count("late")) / len(taken), 1) if taken else None,
        _timing(entry, part, found),
        _interval(intensity.low, intensity.high),
        sum(event.kind == "extra" for event in events),
        sum(event.kind == "not-due" for event in events),
        sum(event.kind == "hold" for event in events),
        first_at,
        last_at,
        None if first_at is None or last_at is None else (last_at - first_at) // DAY + 1,
        _stopped(rows),
    )


def _timing(entry: Entry, part: Matching, found: Seen) -> float | None:
    """Of evenly spaced times; the measure is that of electronic monitoring (`models.adherence.dosing`)."""
    times = next(row.times for row in reversed(entry.prescribed) if row.from_at <= found.now)
    gap = Fraction(24, len(times))
    if any((after - before) != gap * 60 for before, after in pairwise(times)) or entry.weekdays is not None:
        return None
    zone = found.plans.now.zone(found.now)
    first, last = (moment(at).astimezone(zone).date() for at in (found.watched_from, found.now))
    asked = Prescription(None, gap, first, (last - first).days + 1, None, zone=zone.key)
    share = dosing(openings(part, entry.key), asked).timing_pct
    return None if share is None else round(float(share), 1)


def _interval(low: Fraction | None, high: Fraction | None) -> Interval:
    return Interval(*(None if share is None else round(float(share) * PER_CENT, 1) for share in (low, high)))


def _taking(rows: list[tuple[Matched, Standing]], events: list[Event]) -> Interval:
    """Doses taken of doses due; more than 100 % when more was taken."""
    due = [s.state for row, s in rows if row.dose.held is None and s.state not in (*OPEN, "away")]
    if not due:
        return Interval(None, None)
    taken = sum((Fraction(str(event.doses)) for event in events), Fraction(0))
    return _interval(taken / len(due), (taken + due.count("missed")) / len(due))


def _correct(rows: list[tuple[Matched, Standing]]) -> Interval:
    """Days with exactly what was prescribed, of the days with doses. A day with an open dose is not over."""
    days: dict[date, list[tuple[Matched, str]]] = {}
    for row, standing in rows:
        if row.dose.held is None and standing.state != "away":
            days.setdefault(row.dose.day, []).append((row, standing.state))
    over = {day: found for day, found in days.items() if not any(state in OPEN for _, state in found)}
    sure = [day for day, found in over.items() if all(s in TAKEN and len(row.events) == 1 for row, s in found)]
    maybe = [
        day
        for day, found in over.items()
        if all((s in TAKEN and len(row.events) == 1) or s == "missed" for row, s in found)
    ]
    if not over:
        return Interval(None, None)
    return _interval(Fraction(len(sure), len(over)), Fraction(len(maybe), len(over)))


def _stopped(rows: list[tuple[Matched, Standing]]) -> int:
    """Days in a row, until now, with doses due and none known to be taken."""
    days: dict[date, set[str]] = {}
    for row, standing in rows:
        if standing.state not in (*OPEN, "on hold", "away"):
            days.setdefault(row.dose.day, set()).add(standing.state)
    count = 0
    for states in reversed(days.values()):
        if states & set(TAKEN):
            break
        count += 1
    return count
