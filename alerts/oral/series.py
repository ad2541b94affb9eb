"""What rules on intakes look at: values over time, made of matched doses, as samples in the shape of a reading. Pure.

Each is a function of the plans, the set of intakes and a moment: the order of arrival cannot matter. `alerts.core.oral`
folds them as it folds any level.
"""

from collections.abc import Callable, Iterator
from datetime import date

from msgspec import Struct

from alerts.core.treatments import kinds_of
from alerts.oral import sentences
from alerts.oral.doses import OPEN, TAKEN, Standing, standing
from alerts.oral.expected import Expected, Versions
from alerts.oral.matching import Event, Matched, Matching, distinct, match, time_of
from alerts.oral.windows import Windows
from alerts.rules.source import Watch
from domain.alerts import Pause, Said
from domain.instants import DAY, Micros
from domain.values import Intake

# Each sample is an event of its own, which no later one can undo.
EVENTS: tuple[Watch, ...] = ("over", "double", "weekly", "hold", "off")
WEEK = 7 * DAY


class Sample(Struct, frozen=True):
    """A value of a watch at a moment, what it means, and the intakes behind it."""

    at: Micros
    received_at: Micros
    value: float
    drug: str
    said: Said
    intakes: tuple[Intake, ...] = ()


class Seen(Struct, frozen=True):
    """What a series is made of. `watched_from`: doses due before it are not counted as missed."""

    plans: Versions
    matching: Matching
    intakes: tuple[Intake, ...]
    windows: Windows
    watched_from: Micros
    now: Micros
    rows: dict[str, list[tuple[Matched, Standing]]]  # by drug, each dose with what became of it
    days: list[tuple[Event, float, int]]  # each intake of a dose: taken of the drug on its day so far, due until then

    def begins(self, drug: str) -> Micros:
        """Before it nothing is said to be missed: nobody watched, or the hub did not know the plan."""
        return max(self.watched_from, self.plans.known_since(drug))


def seen(
    plans: Versions,
    intakes: tuple[Intake, ...],
    windows: Windows,
    *,
    stretch: tuple[Micros, Micros],
    now: Micros,
    pauses: tuple[Pause, ...],
    watched_from: Micros,
) -> Seen:
    """Everything known at a moment, with the doses due in a stretch."""
    matching = match(plans, plans.doses(*stretch), intakes, windows)
    rows: dict[str, list[tuple[Matched, Standing]]] = {}
    for row in matching.doses:
        entry = plans.at(row.dose.due_at).entry(row.dose.drug)
        rows.setdefault(row.dose.key, []).append((row, standing(row, entry, windows, now, pauses)))
    found = Seen(plans, matching, intakes, windows, watched_from, now, rows, [])
    found.days.extend(day for of in rows.values() for day in _of_days(found, of))
    return found


def series(watch: Watch, seen: Seen, *, within: Micros) -> list[Sample]:
    """The samples of a watch, by time. `within`: of a count."""
    found = _OF[watch](seen) if watch != "skipped" else _skipped(seen, within)
    return sorted(found, key=lambda sample: sample.at)


class _Step(Struct, frozen=True):
    """How long a run of one drug is from a moment on."""

    at: Micros
    key: str
    length: int
    dose: Expected
    unreported: int
    intakes: tuple[Intake, ...]


def _missed(seen: Seen) -> Iterator[Sample]:
    """Doses in a row that were left out or that nobody reported."""
    steps = [step for rows in seen.rows.values() for step in _runs(seen, rows)]
    yield from _longest(steps, lambda step: sentences.missed(step.dose, step.length, step.unreported))


def _runs(seen: Seen, rows: list[tuple[Matched, Standing]]) -> Iterator[_Step]:
    length = unreported = 0
    at: Micros = 0
    begins = seen.begins(rows[0][0].dose.key)
    for row, found in rows:
        if row.dose.due_at < begins or found.since is None or found.state in (*OPEN, "on hold", "away"):
            continue
        at = max(at, found.since)
        if found.state in TAKEN:
            length = unreported = 0
        else:
            length, unreported = length + 1, unreported + (found.state == "missed")
        yield _Step(at, row.dose.key, length, row.dose, unreported, row.skipped)


def _longest(steps: list[_Step], said: Callable[[_Step], Said]) -> Iterator[Sample]:
    """Runs of several drugs as one series: the longest counts."""
    now: dict[str, _Step] = {}
    for step in sorted(steps, key=lambda step: (step.at, step.key)):
        now[step.key] = step
        worst = max(now.values(), key=lambda each: (each.length, each.key))
        yield Sample(step.at, step.at, float(worst.length), worst.dose.drug, said(worst), worst.intakes)


def _stopped(seen: Seen) -> Iterator[Sample]:
    """Days in a row on which doses were due and none was taken."""
    steps = [step for rows in seen.rows.values() for step in _days(seen, rows)]
    yield from _longest(steps, lambda step: sentences.stopped(step.dose, step.length))


def _days(seen: Seen, rows: list[tuple[Matched, Standing]]) -> Iterator[_Step]:
    days: dict[date, list[tuple[Matched, Standing]]] = {}
    begins = seen.begins(rows[0][0].dose.key)
    for row, found in rows:
        if row.dose.due_at >= begins:
            days.setdefault(row.dose.day, []).append((row, found))
    length, at = 0, 0
    for doses in days.values():
        states = [found.state for _, found in doses]
        judged = [(row, found) for row, found in doses if found.state not in ("on hold", "away")]
        if not judged:
            continue
        taken = [found.since for _, found in judged if found.state in TAKEN and found.since is not None]
        if not taken and any(state in OPEN for state in states):
            continue
        at = max(at, min(taken) if taken else max(found.since or 0 for _, found in judged))
        length = 0 if taken else length + 1
        last = judged[-1][0]
        yield _Step(at, last.dose.key, length, last.dose, 0, last.skipped)


def _over(seen: Seen) -> Iterator[Sample]:
    """More on a day than was due on it until then; said to be one more."""
    for event, taken, due in seen.days:
        if event.said_extra or taken > due * seen.windows.over:
            value = max(round(taken - due, 2), 1.0 if event.said_extra else 0.0)
            said = sentences.over(_name(event), _zone_day(seen, event), taken, due, said_extra=event.said_extra)
            yield _sample(event, value, said)
    for intake in seen.matching.unplanned:
        if intake.state == "extra":
            said = sentences.said_extra(intake.drug)
            yield Sample(time_of(intake), intake.received_at, 1.0, intake.drug, said, (intake,))
    for event in seen.matching.strays:
        if event.said_extra:
            yield _sample(event, 1.0, sentences.said_extra(_name(event)))


def _of_days(seen: Seen, rows: list[tuple[Matched, Standing]]) -> Iterator[tuple[Event, float, int]]:
    """Every intake of a drug's doses, with what was taken of it on its day so far, and what was due until then."""
    due: dict[date, list[Expected]] = {}
    events: list[Event] = []
    for row, _ in rows:
        if row.dose.held is None:
            due.setdefault(row.dose.day, []).append(row.dose)
        events += [event for event in row.events if event.kind != "hold" and not _counted_weekly(seen, event)]
    taken: dict[date, float] = {}
    for event in sorted(events, key=lambda event: event.at):
        if event.dose is not None:
            day = event.dose.day
            taken[day] = round(taken.get(day, 0.0) + event.doses, 6)
            yield event, taken[day], sum(dose.from_at <= event.at or dose == event.dose for dose in due.get(day, ()))


def _counted_weekly(seen: Seen, event: Event) -> bool:
    """A second intake of a weekly drug has a rule of its own, unless it is said to be one more."""
    return event.kind == "extra" and _weekly_drug(seen, event) and not event.said_extra


def _double(seen: Seen) -> Iterator[Sample]:
    """Two doses in the place of one, though the day's total is not passed: never two to catch up."""
    for event, taken, due in seen.days:
        two = event.kind == "extra" or event.doses > seen.windows.over
        if two and not event.said_extra and taken <= due * seen.windows.over:
            yield _sample(event, 1.0, sentences.double(_name(event), _zone_day(seen, event)))


def _weekly_drug(seen: Seen, event: Event) -> bool:
    entry = seen.plans.at(event.at).entry(_name(event))
    return entry is not None and entry.weekly


def _weekly(seen: Seen) -> Iterator[Sample]:
    """More intakes of a weekly drug in seven days than its week has doses."""
    events = [event for event in seen.matching.events if event.kind != "hold" and _weekly_drug(seen, event)]
    for event in events:
        count = _in_week(events, event)
        due = _week_has(seen, event)
        if event.kind != "dose" and count > due:
            yield _sample(event, float(count), sentences.weekly(_name(event), count, due))


def _in_week(events: list[Event], event: Event) -> int:
    return sum(each.key == event.key and event.at - WEEK < each.at <= event.at for each in events)


def _week_has(seen: Seen, event: Event) -> int:
    entry = seen.plans.at(event.at).entry(_name(event))
    if entry is None:
        return 1
    row = next(row for row in reversed(entry.prescribed) if row.from_at <= event.at)
    return len(row.times) * (1 if entry.weekdays is None else len(entry.weekdays))


def _hold(seen: Seen) -> Iterator[Sample]:
    """Intakes while the prescriber holds the drug."""
    events = [event for event in seen.matching.events if event.kind == "hold"]
    for event in events:
        count = _in_week(events, event)
        entry = seen.plans.at(event.at).entry(_name(event))
        hold = None if event.dose is None else event.dose.held
        if entry is not None:
            hold = entry.held(event.at) or hold
        yield _sample(event, float(count), sentences.held(_name(event), hold, count))


def _off(seen: Seen) -> Iterator[Sample]:
    """Intakes when none is due: in an off week, on another day, before the first or after the last day."""
    events = [event for event in seen.matching.strays if event.kind == "not-due"]
    everything = seen.matching.events
    for event in events:
        if _weekly_drug(seen, event) and _in_week(everything, event) > _week_has(seen, event):
            continue  # the worse rule speaks
        count = _in_week(events, event)
        yield _sample(event, float(count), sentences.not_due(_name(event), _zone_day(seen, event), count))


def _unplanned(seen: Seen) -> Iterator[Sample]:
    """Intakes of a drug that the plan of its time does not have; medicines against fever are no matter of it."""
    for intake in seen.matching.unplanned:
        planned = seen.plans.at(time_of(intake)).entries
        if planned and intake.state != "skipped" and not kinds_of(intake.drug):
            said = sentences.unplanned(intake.drug)
            yield Sample(time_of(intake), intake.received_at, 1.0, intake.drug, said, (intake,))


def _skipped(seen: Seen, within: Micros) -> Iterator[Sample]:
    """Doses said to be left out in the last `within`, those of a hold apart."""
    found: list[Intake] = []
    for intake in distinct(seen.intakes):
        if intake.state != "skipped" or _on_hold(seen, intake):
            continue
        found = [each for each in found if time_of(each) > time_of(intake) - within] + [intake]
        said = sentences.skipped(intake.drug, len(found), within)
        yield Sample(time_of(intake), intake.received_at, float(len(found)), intake.drug, said, tuple(found))


def _on_hold(seen: Seen, intake: Intake) -> bool:
    entry = seen.plans.at(time_of(intake)).entry(intake.drug)
    moments = [time_of(intake), *([] if intake.due_at is None else [intake.due_at])]
    return entry is not None and any(entry.held(at) is not None for at in moments)


def _name(event: Event) -> str:
    return event.dose.drug if event.dose is not None else event.intakes[0].drug


def _zone_day(seen: Seen, event: Event) -> date:
    return event.dose.day if event.dose is not None else sentences.day(event.at, seen.plans.at(event.at).zone(event.at))


def _sample(event: Event, value: float, said: Said) -> Sample:
    return Sample(event.at, event.received_at, value, _name(event), said, event.intakes)


_OF: dict[str, Callable[[Seen], Iterator[Sample]]] = {
    "missed": _missed, "stopped": _stopped, "over": _over, "double": _double, "weekly": _weekly, "hold": _hold,
    "off": _off, "unplanned": _unplanned,
}  # fmt: skip
