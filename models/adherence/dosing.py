"""Measures of electronic monitoring: taking, correct days, timing, runs without a dose, extra doses. Pure.

Sources: table clinical/06 (correct days V, PMC7379515; taking, timing, holidays M; the timing window has its edges, D).
Days are of the wall clock, from one boundary to the next; intervals are elapsed time. Callers: `vigie score`, the hub.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from domain.instants import HOUR, Micros, moment

TOLERANCE = Fraction(1, 4)  # of the prescribed interval, on both sides
PER_CENT = 100


@dataclass(frozen=True, order=True)
class Opening:
    """One opening or intake. `doses`: tablets or openings; `key` tells two of one minute apart."""

    at: Micros
    doses: Fraction
    key: str = ""


@dataclass(frozen=True)
class Prescription:
    """What was prescribed over the observed days. `due`: days of the observation, from 1; None means every day.

    `interval_h`: hours from dose to dose; `doses`: of the whole observation; `day_starts`: where a day begins.
    What is None was not said: the measures that need it are None.
    """

    per_day: Fraction | None
    interval_h: Fraction | None
    first_day: date
    days: int
    doses: Fraction | None
    due: frozenset[int] | None = None
    day_starts: time = time()
    zone: str = "Europe/Paris"

    def per_due_day(self) -> Fraction | None:
        """Doses of a day on which the drug is due: whole, or None when the prescription does not say it."""
        if self.per_day is not None and self.per_day.denominator == 1:
            return self.per_day
        if self.per_day is None or self.doses is None:
            return None
        each = self.doses / (self.days if self.due is None else len(self.due) or 1)
        return each if each.denominator == 1 else None


@dataclass(frozen=True)
class Dosing:
    """The measures; None where one is undefined (no interval, nothing prescribed) or cannot be said."""

    doses_taken: Fraction
    taking_pct: Fraction | None
    correct_days: int | None
    correct_days_pct: Fraction | None
    intervals_in_window: int | None
    intervals_total: int
    timing_pct: Fraction | None
    longest_run_days_without_dose: int
    extra_doses: Fraction | None


def dosing(openings: Iterable[Opening], prescribed: Prescription) -> Dosing:
    """All measures over the observed days; openings of other days and openings of nothing are left out."""
    seen = [
        (day, opening)
        for opening in sorted(set(openings))
        if opening.doses > 0 and 1 <= (day := _day(opening, prescribed)) <= prescribed.days
    ]
    taken = [Fraction(0)] * prescribed.days
    for day, opening in seen:
        taken[day - 1] += opening.doses
    total = sum(taken, Fraction(0))
    correct, extra = _against(taken, prescribed)
    moments = [opening.at for _, opening in seen]
    within = _in_time(moments, prescribed.interval_h)
    intervals = max(0, len(moments) - 1)
    return Dosing(
        total,
        PER_CENT * total / prescribed.doses if prescribed.doses else None,
        correct,
        None if correct is None else Fraction(PER_CENT * correct, prescribed.days),
        within,
        intervals,
        Fraction(PER_CENT * within, intervals) if intervals and within is not None else None,
        _longest_run(taken, prescribed.due),
        extra,
    )


def _day(opening: Opening, prescribed: Prescription) -> int:
    wall = moment(opening.at).astimezone(ZoneInfo(prescribed.zone)).replace(tzinfo=None)
    starts = timedelta(hours=prescribed.day_starts.hour, minutes=prescribed.day_starts.minute)
    return ((wall - starts).date() - prescribed.first_day).days + 1


def _against(taken: list[Fraction], prescribed: Prescription) -> tuple[int | None, Fraction | None]:
    each = prescribed.per_due_day()
    if each is None:
        return None, None
    due = [_due(day, prescribed.due) * each for day in range(1, prescribed.days + 1)]
    correct = sum(one == other for one, other in zip(taken, due, strict=True))
    extra = sum((max(Fraction(0), one - other) for one, other in zip(taken, due, strict=True)), Fraction(0))
    return correct, extra


def _due(day: int, due: frozenset[int] | None) -> bool:
    return due is None or day in due


def _in_time(moments: list[Micros], interval_h: Fraction | None) -> int | None:
    """How many intervals lie within the tolerance, edges included. Elapsed time, not wall clock."""
    if interval_h is None:
        return None
    low, high = (1 - TOLERANCE) * interval_h * HOUR, (1 + TOLERANCE) * interval_h * HOUR
    return sum(low <= later - earlier <= high for earlier, later in pairwise(moments))


def _longest_run(taken: list[Fraction], due: frozenset[int] | None) -> int:
    """Days on which the drug was due, one after the other, without a dose; a day off neither counts nor ends a run."""
    longest = run = 0
    for day, doses in enumerate(taken, 1):
        if _due(day, due):
            run = 0 if doses else run + 1
            longest = max(longest, run)
    return longest
