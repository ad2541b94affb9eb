"""The faults of the oral part of a care plan, each naming its field and what was expected. Pure.

Called by `alerts.protocol.plan.check_plan`.
"""

import math
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from alerts.oral.drugs import key, known
from alerts.oral.plan import FOODS, WEEKDAYS, moment_of
from domain.wall_clock import zones

_KEYS = {
    "drug", "dose_mg", "times", "cycle", "tablets", "food", "weekdays", "start", "until", "changes", "holds",
    "late_min", "asked_min",
}  # fmt: skip
MOST_TIMES = 12  # doses a day
MOST_ROWS = 100  # drugs, changes, holds, trips
MOST_DAYS = 366  # of a cycle
MOST_MINUTES = 24 * 60  # of a window


def oral_faults(plan: dict[str, Any]) -> list[str]:
    """Faults of `oral` and `trips`; the plan's `timezone` is checked by the caller."""
    rows, trips = plan.get("oral", []), plan.get("trips", [])
    home = plan.get("timezone")
    home = home if isinstance(home, str) and home in zones() else "Europe/Paris"
    faults: list[str] = []
    for name, found in (("oral", rows), ("trips", trips)):
        if not isinstance(found, list) or len(found) > MOST_ROWS:
            faults.append(f"{name}: expected a list of at most {MOST_ROWS}")
    if faults:
        return faults
    for place, row in enumerate(rows):
        faults += _entry(row, f"oral[{place}]", home)
    names = [key(row["drug"]) if isinstance(row, dict) and isinstance(row.get("drug"), str) else "" for row in rows]
    for place, name in enumerate(names):
        if name and name in names[:place]:
            faults.append(f"oral[{place}].drug: expected each drug once: its times, doses and changes stand together")
    return faults + [fault for place, trip in enumerate(trips) for fault in _trip(trip, f"trips[{place}]", home)]


def _entry(row: Any, where: str, home: str) -> Iterator[str]:
    if not isinstance(row, dict):
        yield f"{where}: expected an object with drug, dose_mg and times"
        return
    for unknown in row.keys() - _KEYS:
        yield f"{where}.{unknown}: expected one of {', '.join(sorted(_KEYS))}"
    if not _words(row.get("drug"), 64):
        yield f"{where}.drug: expected the name of a drug, at most 64 characters"
    yield from _times(row.get("times"), f"{where}.times")
    count = len(row["times"]) if isinstance(row.get("times"), list) else 1
    yield from _amount(row.get("dose_mg"), f"{where}.dose_mg", count)
    if row.get("tablets") is not None:
        yield from _amount(row["tablets"], f"{where}.tablets", count)
    yield from _calendar(row, where)
    yield from _weekly(row, where)
    if row.get("food") is not None and row["food"] not in FOODS:
        yield f"{where}.food: expected one of {', '.join(FOODS)}, got {row['food']!r}"
    for name in ("late_min", "asked_min"):
        if row.get(name) is not None and not (_number(row[name]) and 1 <= row[name] <= MOST_MINUTES):
            yield f"{where}.{name}: expected 1 to {MOST_MINUTES} minutes, got {row[name]!r}"
    yield from _list(row.get("changes"), f"{where}.changes", lambda change, at: _change(change, at, count, home))
    yield from _list(row.get("holds"), f"{where}.holds", lambda hold, at: _hold(hold, at, home))


def _list(rows: Any, where: str, check: Callable[[dict[str, Any], str], Iterator[str]]) -> Iterator[str]:
    if rows is None:
        return
    if not isinstance(rows, list) or len(rows) > MOST_ROWS:
        yield f"{where}: expected a list of at most {MOST_ROWS}"
        return
    for place, row in enumerate(rows):
        if isinstance(row, dict):
            yield from check(row, f"{where}[{place}]")
        else:
            yield f"{where}[{place}]: expected an object"


def _times(times: Any, where: str) -> Iterator[str]:
    if not isinstance(times, list) or not 1 <= len(times) <= MOST_TIMES:
        yield f"{where}: expected a list of 1 to {MOST_TIMES} times such as 08:00"
        return
    for place, text in enumerate(times):
        if not isinstance(text, str) or re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text, re.ASCII) is None:
            yield f"{where}[{place}]: expected a time from 00:00 to 23:59, got {text!r}"
            return
    if times != sorted(set(times)):
        yield f"{where}: expected rising times, each once"


def _amount(value: Any, where: str, count: int) -> Iterator[str]:
    """One number for all times of the day, or one for each."""
    if isinstance(value, list) and len(value) != count:
        yield f"{where}: expected one number, or one for each of the {count} times"
        return
    for each in value if isinstance(value, list) else [value]:
        if not _number(each) or not 0 < each <= 100_000:
            yield f"{where}: expected a number above 0, got {each!r}"
            return


def _calendar(row: dict[str, Any], where: str) -> Iterator[str]:
    days = row.get("weekdays")
    if days is not None and not (
        isinstance(days, list) and days and all(day in WEEKDAYS for day in days) and len(set(days)) == len(days)
    ):
        yield f"{where}.weekdays: expected a list of {', '.join(WEEKDAYS)}"
    found = {}
    for name in ("start", "until"):
        if row.get(name) is not None:
            found[name] = _date(row[name])
            if found[name] is None:
                yield f"{where}.{name}: expected a date YYYY-MM-DD, got {row[name]!r}"
    first, last = found.get("start"), found.get("until")
    if first is not None and last is not None and last < first:
        yield f"{where}.until: expected a date not before start"
    if row.get("cycle") is not None:
        yield from _cycle(row["cycle"], f"{where}.cycle")


def _weekly(row: dict[str, Any], where: str) -> Iterator[str]:
    """A weekly drug planned without its day would be planned daily: the fatal error itself (clinical table 06, V)."""
    drug = known(row["drug"]) if isinstance(row.get("drug"), str) else None
    cycle = row.get("cycle")
    dated = row.get("weekdays") is not None or (isinstance(cycle, dict) and cycle.get("days") is not None)
    if drug is not None and drug.weekly and not dated:
        yield f"{where}.weekdays: expected the days of the week, because {drug.name} is a weekly drug; all seven if not"


def _cycle(cycle: Any, where: str) -> Iterator[str]:
    if not isinstance(cycle, dict) or cycle.keys() - {"on", "off", "start", "days"}:
        yield f"{where}: expected an object with on, off, start and perhaps days"
        return
    for name, least in (("on", 1), ("off", 0)):
        value = cycle.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MOST_DAYS:
            yield f"{where}.{name}: expected a number of days from {least} to {MOST_DAYS}, got {value!r}"
            return
    if _date(cycle.get("start")) is None:
        yield f"{where}.start: expected a date YYYY-MM-DD, got {cycle.get('start')!r}"
    days, most = cycle.get("days"), cycle["on"] + cycle["off"]
    whole = isinstance(days, list) and all(isinstance(d, int) and not isinstance(d, bool) for d in days)
    if days is not None and not (whole and days and all(1 <= day <= most for day in days)):
        yield f"{where}.days: expected days of the cycle from 1 to {most}"


def _change(change: dict[str, Any], where: str, count: int, home: str) -> Iterator[str]:
    keys = {"from", "dose_mg", "tablets", "times", "ordered_by"}
    for unknown in change.keys() - keys:
        yield f"{where}.{unknown}: expected one of {', '.join(sorted(keys))}"
    yield from _edge(change.get("from"), f"{where}.from", home)
    if "times" in change:
        yield from _times(change["times"], f"{where}.times")
        count = len(change["times"]) if isinstance(change["times"], list) else 1
    yield from _amount(change.get("dose_mg"), f"{where}.dose_mg", count)
    if change.get("tablets") is not None:
        yield from _amount(change["tablets"], f"{where}.tablets", count)
    if not _words(change.get("ordered_by"), 100):
        yield f"{where}.ordered_by: expected the name of the prescriber, at most 100 characters"


def _hold(hold: dict[str, Any], where: str, home: str) -> Iterator[str]:
    for unknown in hold.keys() - {"from", "until", "reason", "ordered_by"}:
        yield f"{where}.{unknown}: expected one of from, ordered_by, reason, until"
    yield from _stretch(hold, where, home)
    for name, most in (("reason", 500), ("ordered_by", 100)):
        if not _words(hold.get(name), most):
            yield f"{where}.{name}: expected a text of at most {most} characters"


def _trip(trip: Any, where: str, home: str) -> Iterator[str]:
    if not isinstance(trip, dict) or trip.keys() - {"from", "until", "timezone"}:
        yield f"{where}: expected an object with from, until and timezone"
        return
    yield from _stretch(trip, where, home)
    if not isinstance(trip.get("timezone"), str) or trip["timezone"] not in zones():
        yield f"{where}.timezone: expected a name such as America/Montreal, got {trip.get('timezone')!r}"


def _stretch(row: dict[str, Any], where: str, home: str) -> Iterator[str]:
    """`from`, and `until` that is null or after it."""
    faults = list(_edge(row.get("from"), f"{where}.from", home))
    if row.get("until") is not None:
        faults += _edge(row["until"], f"{where}.until", home)
        if not faults and moment_of(row["until"], home) <= moment_of(row["from"], home):
            faults.append(f"{where}.until: expected a time after from")
    yield from faults


def _edge(text: Any, where: str, home: str) -> Iterator[str]:
    try:
        moment_of(text if isinstance(text, str) else repr(text), home)
    except (ValueError, OverflowError):
        yield f"{where}: expected a date YYYY-MM-DD or an instant with an offset, got {text!r}"
        return
    if not 1970 <= int(text.strip()[:4]) <= 2200:
        yield f"{where}: expected a year from 1970 to 2200, got {text!r}"


def _date(text: Any) -> date | None:
    try:
        found = date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if len(text) == len("2026-01-01") and 1970 <= found.year <= 2200 else None


def _words(text: Any, most: int) -> bool:
    return isinstance(text, str) and bool(text.strip()) and len(text) <= most and text.isprintable()


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
