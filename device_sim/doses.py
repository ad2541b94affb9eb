"""When the doses of a simulated patient's oral plan are due, derived a second time: an oracle shares no code. Pure.

Understands what simulated plans use: times of the day, one amount, cycles, days of the week, holds by instants.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from domain.instants import Micros, micros, moment, parse_iso


@dataclass(frozen=True, slots=True)
class Slot:
    """One time of the day of one drug: due, or a time at which nothing is to be taken (off week, hold)."""

    at: Micros
    drug: str
    mg: float
    tablets: float
    kind: Literal["due", "off", "hold"]
    weekday: int  # 0 Monday
    weekly: bool = False  # due on some days of the week only


def slots(oral: Sequence[Mapping[str, Any]], zone: str, start: Micros) -> Iterator[Slot]:
    """Every time of the day of every drug from `start` on, in order, without end; none without a plan."""
    if not oral:
        return
    place = ZoneInfo(zone)
    day = moment(start).astimezone(place).date()
    while True:
        found = [slot for entry in oral for slot in _day(entry, day, place)]
        yield from (slot for slot in sorted(found, key=lambda each: (each.at, each.drug)) if slot.at >= start)
        day += timedelta(days=1)


_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _day(entry: Mapping[str, Any], day: date, place: ZoneInfo) -> Iterator[Slot]:
    for text in entry["times"]:
        hour, minute = (int(part) for part in text.split(":"))
        at = micros(datetime.combine(day, time(hour, minute), place))
        mg, tablets = float(entry["dose_mg"]), float(entry.get("tablets") or 1)
        yield Slot(at, entry["drug"], mg, tablets, _kind(entry, day, at), day.weekday(), "weekdays" in entry)


def _kind(entry: Mapping[str, Any], day: date, at: Micros) -> Literal["due", "off", "hold"]:
    for hold in entry.get("holds", ()):
        until = hold.get("until")
        if parse_iso(hold["from"]) <= at and (until is None or at < parse_iso(until)):
            return "hold"
    if "weekdays" in entry and _WEEKDAYS[day.weekday()] not in entry["weekdays"]:
        return "off"
    cycle = entry.get("cycle")
    if cycle is None:
        return "due"
    passed = (day - date.fromisoformat(cycle["start"])).days
    return "due" if passed >= 0 and passed % (cycle["on"] + cycle["off"]) < cycle["on"] else "off"
