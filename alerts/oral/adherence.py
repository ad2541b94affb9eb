"""The doses of an oral plan and what became of them, as the measures of adherence want them. Pure; no decision is here.

A dose that nobody reported is unknown, never missed: it is asked about, and a silence is not an answer. A dose on hold
or in a pause was not expected of the patient. Callers: the hub, reports.
"""

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from alerts.oral.doses import OPEN, State, standing
from alerts.oral.expected import Expected
from alerts.oral.matching import Event, Matched, Matching
from alerts.oral.plan import Entry, Prescribed
from alerts.oral.windows import Windows
from domain.alerts import Pause
from domain.instants import Micros, moment
from models.adherence.dosing import Opening
from models.adherence.intensity import Intensity, Planned, intensity
from models.adherence.intensity import State as Delivery
from models.adherence.lapse import Dose, Outcome

_BECAME: dict[State, Outcome] = {
    "taken": "taken",
    "late": "taken",
    "vomited": "taken",
    "skipped": "missed",
    "missed": "unknown",
}


def openings(found: Matching, key: str) -> list[Opening]:
    """Everything taken of one drug, in prescribed doses: for `models.adherence.dosing`."""
    return [Opening(one.at, Fraction(one.doses), str(n)) for n, one in enumerate(found.events) if one.key == key]


def history(
    found: Matching, entry: Entry, windows: Windows, now: Micros, *, pauses: tuple[Pause, ...] = ()
) -> list[Dose]:
    """What became of each dose of one drug that was expected and is decided: for `models.adherence.lapse`."""
    return [
        Dose(_wall(row.dose).hour, _wall(row.dose).weekday(), _BECAME[state])
        for row, state in _states(found, entry, windows, now, pauses=pauses)
        if state in _BECAME
    ]


def _wall(dose: Expected) -> datetime:
    return moment(dose.due_at).astimezone(ZoneInfo(dose.zone))


def _states(
    found: Matching, entry: Entry, windows: Windows, now: Micros, *, pauses: tuple[Pause, ...]
) -> Iterator[tuple[Matched, State]]:
    for row in found.doses:
        if row.dose.key == entry.key:
            yield row, standing(row, entry, windows, now, pauses).state


def dose_intensity(
    found: Matching, entry: Entry, windows: Windows, now: Micros, *, pauses: tuple[Pause, ...] = ()
) -> Intensity:
    """Delivered against planned of one drug. Planned: the first prescription of the plan, before reductions and holds.

    In mg where the plan says them, else in doses. Doses of a pause may have been given elsewhere: they are unsure.
    """
    rows = [(row, state) for row, state in _states(found, entry, windows, now, pauses=pauses) if state not in OPEN]
    in_mg = all(mg is not None for one in entry.prescribed for mg in one.doses_mg)
    doses = [Planned(_full(entry, row.dose, in_mg), *_came(row, state, in_mg)) for row, state in rows]
    strays = (one for one in found.strays if one.key == entry.key and one.at <= now and not one.vomited)
    return intensity(doses, sum((_stray(entry, one, in_mg) for one in strays), Fraction(0)))


def _full(entry: Entry, dose: Expected, in_mg: bool) -> Fraction:
    """The planned dose of a time of the day: that of the whole day as first prescribed, over the times of now."""
    first, now = entry.prescribed[0], _prescribed(entry, dose.due_at)
    day = sum((_mg(mg) for mg in first.doses_mg), Fraction(0)) if in_mg else Fraction(len(first.times))
    return day / len(now.times)


def _prescribed(entry: Entry, at: Micros) -> Prescribed:
    return next((row for row in reversed(entry.prescribed) if row.from_at <= at), entry.prescribed[0])


def _mg(mg: float | None) -> Fraction:
    return Fraction(0) if mg is None else Fraction(str(mg))


def _came(row: Matched, state: State, in_mg: bool) -> tuple[Delivery, Fraction]:
    one = _mg(row.dose.dose_mg) if in_mg else Fraction(1)
    taken = sum((Fraction(str(event.doses)) * one for event in row.events), Fraction(0))
    if row.events:
        return ("unsure" if any(event.vomited for event in row.events) else "delivered"), taken
    return ("unsure", one) if state in ("missed", "away") else ("none", Fraction(0))


def _stray(entry: Entry, event: Event, in_mg: bool) -> Fraction:
    one = _mg(_prescribed(entry, event.at).doses_mg[0]) if in_mg else Fraction(1)
    return Fraction(str(event.doses)) * one
