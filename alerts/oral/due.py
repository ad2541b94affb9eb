"""What is due today, for the patient's app: each dose of the patient's own day with its window, advice and state. Pure.

Nothing is guessed: what a plan does not say and the table has not verified is "ask your team".
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from msgspec import Struct

from alerts.oral.doses import asked_at, counts_at, standing
from alerts.oral.drugs import ASK, missed, vomited
from alerts.oral.expected import always, expected, wall
from alerts.oral.matching import Matched, match
from alerts.oral.plan import Entry, OralPlan, oral_plan
from alerts.oral.windows import IntakesText, Windows, windows
from domain.alerts import Pause, Said
from domain.instants import DAY, Micros, moment
from domain.values import Intake

FOOD = {
    "with_food": Said("Pendant un repas.", "With a meal."),
    "after_meal": Said("Dans les 30 minutes après un repas.", "Within 30 minutes after a meal."),
    "empty_stomach": Said("À jeun.", "On an empty stomach."),
    "any": Said("Pendant ou en dehors des repas.", "With or without food."),
}


class DoseToday(Struct, frozen=True):
    """One dose. `state`: later, due, asked (nobody reported it: ask once), missed (asked, still nothing), taken, late
    (taken late), skipped, vomited, on hold, off (no dose of this drug today; the times are None), away (paused).

    `from_at` to `late_at`: when it counts as on time. `dose_mg`, `tablets`: None when the plan does not say.
    `taken_at`, `by`: of the intake. `too_many`: more was taken than this dose. `food`, `if_missed`, `if_vomited`: what
    the patient is told. `said`: every word about this dose, each of which may be taken back. `why`: of a hold, the
    prescriber's words; of a dose left out, the patient's.
    """

    drug: str
    state: str
    due_at: Micros | None
    from_at: Micros | None
    late_at: Micros | None
    counts_at: Micros | None
    dose_mg: float | None
    tablets: float | None
    food: Said
    if_missed: Said
    if_vomited: Said
    day: date
    taken_at: Micros | None = None
    by: str | None = None
    too_many: bool = False
    why: str | None = None
    ordered_by: str | None = None
    said: tuple[Intake, ...] = ()


def due_today(
    plan: dict[str, Any],
    intakes: Iterable[Intake],
    now: Micros,
    *,
    rules: IntakesText | None = None,
    pauses: tuple[Pause, ...] = (),
) -> list[DoseToday]:
    """The doses of today on the patient's wall, and those of yesterday that are still open, by time.

    `plan`: the checked care plan; `intakes`: the patient's of the last three days or more; `rules`: the protocol's
    windows. Called by the patient's app.
    """
    found, judged = oral_plan(plan), windows(rules or IntakesText())
    zone = found.zone(now)
    today = moment(now).astimezone(zone).date()
    start = wall(today, 0, zone)
    rows = match(always(found), expected(found, start - 2 * DAY, start + 3 * DAY), intakes, judged).doses
    shown = [
        _dose(row, found, judged, now, pauses)
        for row in rows
        if row.dose.day == today or _still_open(row, found, judged, now)
    ]
    due = {row.drug for row in shown if row.day == today}
    shown += [_off(entry, today) for entry in found.entries if entry.drug not in due and _goes_on(entry, today)]
    return sorted(shown, key=lambda row: (row.due_at is None, row.due_at or 0, row.drug))


def due_ahead(
    plan: dict[str, Any],
    now: Micros,
    days: int,
    *,
    rules: IntakesText | None = None,
    pauses: tuple[Pause, ...] = (),
) -> list[DoseToday]:
    """The doses of so many days of the patient after today, as nobody has said anything of them yet: what an app
    without network goes by. Those of a pause that is known are left out."""
    found, judged = oral_plan(plan), windows(rules or IntakesText())
    zone = found.zone(now)
    today = moment(now).astimezone(zone).date()
    start = wall(today + timedelta(days=1), 0, zone) - DAY // 2  # on a trip the day may begin earlier
    rows = match(always(found), expected(found, start, start + (days + 2) * DAY), (), judged).doses
    return [
        _dose(row, found, judged, now, ())
        for row in rows
        if today < row.dose.day <= today + timedelta(days=days) and not any(p.covers(row.dose.due_at) for p in pauses)
    ]


def _still_open(row: Matched, plan: OralPlan, judged: Windows, now: Micros) -> bool:
    """A dose of another day that is due, or waits for an answer."""
    return standing(row, plan.entry(row.dose.drug), judged, now).state in ("due", "asked")


def _dose(row: Matched, plan: OralPlan, judged: Windows, now: Micros, pauses: tuple[Pause, ...]) -> DoseToday:
    dose, entry, first = row.dose, plan.entry(row.dose.drug), row.first
    held = dose.held
    said = row.skipped[0] if row.skipped else None
    found = standing(row, entry, judged, now, pauses)
    return DoseToday(
        dose.drug,
        found.state,
        dose.due_at,
        dose.due_at - judged.early_for,
        asked_at(dose, entry, judged),
        counts_at(dose, entry, judged),
        dose.dose_mg,
        dose.tablets,
        _food(entry),
        missed(dose.drug),
        vomited(dose.drug),
        dose.day,
        taken_at=None if first is None else first.at,
        by=first.intakes[0].by if first is not None else None if said is None else said.by,
        too_many=len(row.events) > 1 or any(event.doses > judged.over for event in row.events),
        why=held.reason if held is not None and first is None else None,
        ordered_by=None if held is None else held.ordered_by,
        said=(*(intake for event in row.events for intake in event.intakes), *row.skipped),
    )


def _food(entry: Entry | None) -> Said:
    return ASK if entry is None or entry.food is None else FOOD[entry.food]


def _goes_on(entry: Entry, today: date) -> bool:
    """Whether the treatment has begun and is not over: only then is a day without doses worth telling."""
    begins = [day for day in (entry.start, None if entry.cycle is None else entry.cycle.start) if day is not None]
    return all(day <= today for day in begins) and (entry.until is None or today <= entry.until)


def _off(entry: Entry, today: date) -> DoseToday:
    """No dose of this drug today."""
    return DoseToday(
        entry.drug, "off", None, None, None, None, None, None, _food(entry), missed(entry.drug), vomited(entry.drug),
        today,
    )  # fmt: skip
