"""iCalendar (RFC 5545) in and out of a roster. Pure: bytes to values or faults, values to bytes; nothing half read.

Read: VEVENT once or weekly (RRULE, EXDATE, RECURRENCE-ID, TZID, all-day, cancelled). Called by the command line and
the console, which apply what was read in one transaction.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event
from msgspec import Struct
from msgspec.structs import replace

from alerts.escalation.oncall.calendar_event import (
    DAYS,
    YEARS,
    Fault,
    Into,
    Unfit,
    occurrence,
    only,
    shift_of,
    uid_of,
)
from alerts.escalation.oncall.calendar_zone import Zones, use, zones_of
from alerts.escalation.oncall.roster import falls_on
from domain.instants import SECOND, Micros, moment
from domain.oncall import Shift, Stretch, Weekly
from domain.wall_clock import instant_of

__all__ = ["Entries", "Fault", "Into", "canonical", "read", "write", "write_stretches"]

MOST_EVENTS = 2000
MOST_FAULTS = 50
_PARSER_SAYS = (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, OverflowError)


class Entries(Struct, frozen=True):
    """What a calendar holds. `cancelled`: uids of events that are no more."""

    shifts: tuple[Shift, ...] = ()
    weekly: tuple[Weekly, ...] = ()
    cancelled: tuple[str, ...] = ()

    @property
    def entries(self) -> tuple[Shift | Weekly, ...]:
        """Single and weekly shifts."""
        return (*self.shifts, *self.weekly)

    @property
    def uids(self) -> tuple[str, ...]:
        """Every uid it speaks of."""
        return (*(one.uid for one in self.entries), *self.cancelled)


def read(payload: bytes, into: Into) -> Entries | tuple[Fault, ...]:
    """A whole calendar, or every fault of it."""
    try:
        calendar = Calendar.from_ical(payload)
    except _PARSER_SAYS as error:
        return (Fault("", "BEGIN:VCALENDAR", f"one calendar as of RFC 5545 ({_plain(error)})"),)
    events = [part for part in calendar.walk("VEVENT") if isinstance(part, Event)]
    if calendar.name != "VCALENDAR" or not 1 <= len(events) <= MOST_EVENTS:
        return (Fault("", "VEVENT", f"1 to {MOST_EVENTS} events in one VCALENDAR, got {len(events)}"),)
    try:
        zones = zones_of(calendar)
    except Unfit as fault:
        return (Fault("", fault.property, fault.expected),)
    except _PARSER_SAYS as error:
        return (Fault("", "VTIMEZONE", f"what RFC 5545 says ({_plain(error)})"),)
    return _Reading(into, zones).all_of(events)


class _Reading:
    """What was read so far of one calendar."""

    def __init__(self, into: Into, zones: Zones) -> None:
        self.into, self.zones = into, zones
        self.found: dict[str, Shift | Weekly] = {}
        self.cancelled: list[str] = []
        self.faults: list[Fault] = []

    def all_of(self, events: Sequence[Event]) -> Entries | tuple[Fault, ...]:
        """Whole events first, then what changes single occurrences of them."""
        for event in (one for one in events if "RECURRENCE-ID" not in one):
            self._guarded(event, self._whole)
        for event in (one for one in events if "RECURRENCE-ID" in one):
            self._guarded(event, self._single)
        if self.faults:
            return tuple(self.faults[:MOST_FAULTS])
        values = self.found.values()
        shifts = tuple(one for one in values if isinstance(one, Shift))
        weekly = tuple(one for one in values if isinstance(one, Weekly))
        return Entries(shifts, weekly, tuple(self.cancelled))

    def _guarded(self, event: Event, take: Callable[[Event, str], None]) -> None:
        name = _shown_uid(event)
        broken = [Fault(name, str(prop or "line"), f"what RFC 5545 says ({_plain(why)})") for prop, why in event.errors]
        if broken:
            self.faults += broken
            return
        try:
            use(event, self.zones)
            take(event, uid_of(event))
        except Unfit as fault:
            self.faults.append(Fault(name, fault.property, fault.expected))
        except _PARSER_SAYS as error:
            self.faults.append(Fault(name, "VEVENT", f"what RFC 5545 says ({_plain(error)})"))

    def _whole(self, event: Event, uid: str) -> None:
        if uid in self.found or uid in self.cancelled:
            raise Unfit("UID", "an event of its own: this one is there twice")
        if _is_cancelled(event):
            self.cancelled.append(uid)
            return
        self.found[uid] = shift_of(event, self.into, uid)

    def _single(self, event: Event, uid: str) -> None:
        """One occurrence of a weekly shift that is otherwise, or not at all."""
        if uid in self.cancelled:
            return
        pattern, named = self.found.get(uid), only(event, "RECURRENCE-ID")
        if not isinstance(pattern, Weekly):
            raise Unfit("RECURRENCE-ID", "the repeating event of this UID in the same file, without faults")
        if "RRULE" in event or "RANGE" in named.params:
            raise Unfit("RECURRENCE-ID", "one occurrence, without RANGE and RRULE")
        day = occurrence(named, "RECURRENCE-ID", pattern, zone=ZoneInfo(pattern.timezone))
        if not _is_cancelled(event):
            name = f"{uid}#{day.isoformat()}"
            if name in self.found:
                raise Unfit("RECURRENCE-ID", "each occurrence once")
            self.found[name] = shift_of(event, self.into, name)
        self.found[uid] = replace(pattern, without=tuple(sorted({*pattern.without, day})))


def _is_cancelled(event: Event) -> bool:
    return str(only(event, "STATUS") or "").upper() == "CANCELLED"


def _shown_uid(event: Event) -> str:
    return _plain(event.get("UID") or "without UID")


def _plain(said: object) -> str:
    """Text from outside, short and without what a screen would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(said))[:120]


def canonical(weekly: Weekly) -> Weekly | None:
    """The same occurrences with `first` on the first of them, as a calendar says it. None when it has none."""
    day = weekly.first
    for day in _days_from(weekly.first, weekly.every):
        if falls_on(weekly, day):
            without = tuple(sorted({gone for gone in weekly.without if falls_on(weekly, gone)}))
            return replace(weekly, first=day, without=without, weekdays=tuple(sorted(set(weekly.weekdays))))
    return None


def _days_from(first: date, weeks: int) -> Iterable[date]:
    return (first + timedelta(days=count) for count in range(7 * (weeks + 1)))


def write(shifts: Sequence[Shift], weekly: Sequence[Weekly], *, name: str, stamp: Micros) -> bytes:
    """A roster as a calendar that `read` reads back. Substitutions are not in it: `write_stretches` applies them."""
    calendar = _calendar(name)
    for shift in shifts:
        calendar.add_component(_event(shift, moment(shift.from_at), moment(shift.to_at), stamp=stamp))
    for pattern in weekly:
        found = canonical(pattern)
        if found is not None:
            calendar.add_component(_repeating(found, stamp))
    return _bytes(calendar)


def write_stretches(stretches: Sequence[Stretch], *, name: str, stamp: Micros) -> bytes:
    """Who is really on call, substitutes instead of those they stand in for, for a calendar program to show."""
    calendar = _calendar(name)
    for one in stretches:
        uid = f"{one.shift}#{one.person}#{one.from_at // SECOND}"
        shift = Shift(uid, one.role, one.person, one.from_at, one.to_at, one.rank)
        calendar.add_component(_event(shift, moment(one.from_at), moment(one.to_at), stamp=stamp))
    return _bytes(calendar)


def _calendar(name: str) -> Calendar:
    calendar = Calendar()
    calendar.add("PRODID", "-//Vigie//on call//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("X-WR-CALNAME", name)
    return calendar


def _bytes(calendar: Calendar) -> bytes:
    calendar.add_missing_timezones(first_date=date(YEARS[0], 1, 1), last_date=date(2038, 1, 1))
    return bytes(calendar.to_ical())


def _event(who: Shift | Weekly, begin: datetime, end: datetime, *, stamp: Micros) -> Event:
    event = Event()
    event.add("UID", who.uid)
    event.add("DTSTAMP", moment(stamp).replace(microsecond=0))
    event.add("DTSTART", begin)
    event.add("DTEND", end)
    event.add("SUMMARY", f"{who.person} ({who.role})")
    for name, value in (("PERSON", who.person), ("ROLE", who.role), ("RANK", str(who.rank))):
        event.add(f"X-VIGIE-{name}", value)
    return event


def _repeating(pattern: Weekly, stamp: Micros) -> Component:
    zone = ZoneInfo(pattern.timezone)
    event = _event(
        pattern,
        _local(pattern.first, pattern.begins, zone),
        _local(pattern.first + timedelta(days=pattern.days), pattern.ends, zone),
        stamp=stamp,
    )
    rule: dict[str, object] = {"FREQ": "WEEKLY", "BYDAY": [DAYS[day] for day in pattern.weekdays]}
    if pattern.every > 1:
        rule |= {"INTERVAL": pattern.every, "WKST": "MO"}
    if pattern.last is not None:
        rule["UNTIL"] = moment(instant_of(pattern.last, pattern.begins, zone))
    event.add("RRULE", rule)
    if pattern.without:
        event.add("EXDATE", [_local(day, pattern.begins, zone) for day in pattern.without])
    return event


def _local(day: date, minute: int, zone: ZoneInfo) -> datetime:
    shown = datetime.combine(day, datetime.min.time(), tzinfo=UTC if zone.key == "UTC" else zone)
    return shown.replace(hour=minute // 60, minute=minute % 60)
