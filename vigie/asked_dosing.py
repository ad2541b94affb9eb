"""Openings and the prescription they are held against: electronic monitoring. Wiring only; caller: asked_names."""

import re
from datetime import datetime, time, tzinfo
from fractions import Fraction

from domain.instants import Micros, parse_iso
from domain.wall_clock import in_order, wall_instant, zone_of
from models.adherence.dosing import Dosing, Opening, Prescription, dosing
from vigie.asked_events import DAYS, Line, day_of, faults_of, needed, said, unanswered, whole
from vigie.asked_refill import UNDEFINED, exact
from vigie.score_cells import Cells
from vigie.score_rows import Answer, Value

ZONE = "Europe/Paris"
MEASURES = (
    "doses_taken",
    "taking_pct",
    "correct_days",
    "correct_days_pct",
    "intervals_in_window",
    "intervals_total",
    "timing_pct",
    "longest_run_days_without_dose",
    "extra_doses",
)
_MOST = Fraction(10_000)
_WALL = re.compile(r"(19|20|21)\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?", re.ASCII)
_DUE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?", re.ASCII)


def measures(ask: Cells, lines: tuple[Line, ...]) -> list[Answer]:
    """All measures of one case; no opening at all is a case without a dose taken."""
    zone = _zone(ask)
    prescribed = _prescription(ask, zone)
    if prescribed is None or zone is None:
        return unanswered()
    openings, faults = _openings(lines, zone)
    if faults:
        return unanswered(said(faults))
    found = dosing(openings, prescribed)
    return [(_columns(found, prescribed), _remark(found, openings))]


def _columns(found: Dosing, prescribed: Prescription) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for name in MEASURES:
        value = getattr(found, name)
        values[name] = exact(value) if isinstance(value, Fraction) else value
    if found.taking_pct is None and prescribed.doses is not None:
        values["taking_pct"] = UNDEFINED
    if not found.intervals_total and prescribed.interval_h is not None:
        values["timing_pct"] = UNDEFINED
    return values


def _remark(found: Dosing, openings: list[Opening]) -> str:
    outside = sum((opening.doses for opening in openings), Fraction(0)) - found.doses_taken
    return f"{exact(outside)} doses outside the observed days are not counted" if outside else ""


def _zone(ask: Cells) -> tzinfo | None:
    try:
        return zone_of(ask.text("timezone") or ZONE)
    except ValueError:
        ask.wrong("timezone", f"an IANA time zone such as {ZONE}")
        return None


def _prescription(ask: Cells, zone: tzinfo | None) -> Prescription | None:
    """None when the days themselves are not known; a dose or interval that is not said only costs what needs it."""
    first, days, starts = day_of(ask, "observed_from"), whole(ask, "days_observed", low=1), _boundary(ask)
    if first is None or days is None or starts is None or zone is None:
        return None
    due = _due_days(ask, days)
    per_day = needed(ask, "prescribed_per_day", "a number of doses from 0", low=Fraction(0), high=_MOST)
    interval_h = needed(ask, "prescribed_interval_h", "hours above 0", low=Fraction(1, 60), high=24 * DAYS[1])
    doses = needed(ask, "prescribed_doses", "a number of doses from 0", low=Fraction(0), high=_MOST * days)
    if due == ():
        return None
    every = frozenset(due) if due is not None else None
    return Prescription(per_day, interval_h, first, days, doses, every, starts, str(zone))


def _boundary(ask: Cells) -> time | None:
    text = ask.text("day_boundary")
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of the wall clock
    except ValueError:
        ask.wrong("day_boundary", "hh:mm")
        return None


def _due_days(ask: Cells, days: int) -> tuple[int, ...] | None:
    """None: every day. Days and ranges such as `1,8,15` or `1-14`; empty with a fault when they cannot be read."""
    text = ask.text("due_days")
    if text.casefold() == "all":
        return None
    found: list[int] = []
    for part in re.split(r"[,;|\s]+", text):
        match = _DUE.fullmatch(part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= days:
            ask.wrong("due_days", f"all, or days from 1 to {days} such as 1,8,15 or 1-14")
            return ()
        found += range(first, last + 1)
    return tuple(found)


def _openings(lines: tuple[Line, ...], zone: tzinfo) -> tuple[list[Opening], list[str]]:
    """The openings and what is wrong with the lines."""
    found, faults = [], []
    for line, at in zip(lines, _moments(lines, zone), strict=True):
        cells = line.cells()
        doses = needed(cells, "tablets_or_openings", "a number from 0", low=Fraction(0), high=_MOST)
        if at is None:
            cells.wrong("local_time", "a date and time such as 2025-03-01T08:00")
        elif doses is not None:
            found.append(Opening(at, doses, cells.text("seq")))
        faults += faults_of(line, cells)
    return found, faults


def _moments(lines: tuple[Line, ...], zone: tzinfo) -> list[Micros | None]:
    """The instant of each line. Numbers in `seq` say in which order, and so which pass of a repeated hour it was."""
    walls = [_wall(line.row.get("local_time", "").strip()) for line in lines]
    order = [line.row.get("seq", "").strip() for line in lines]
    found = [at if at is None or isinstance(at, int) else wall_instant(at, zone) for at in walls]
    if all(number.isascii() and number.isdigit() for number in order):
        known = [(int(order[place]), place, at) for place, at in enumerate(walls) if isinstance(at, datetime)]
        known.sort(key=lambda one: one[:2])
        for (_, place, _), at in zip(known, in_order([wall for *_, wall in known], zone), strict=True):
            found[place] = at
    return found


def _wall(text: str) -> datetime | Micros | None:
    """A wall-clock time as a naive datetime; one with an offset as its instant."""
    try:
        return datetime.fromisoformat(text) if _WALL.fullmatch(text) else parse_iso(text)
    except ValueError:
        return None
