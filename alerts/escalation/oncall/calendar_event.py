"""One VEVENT of a calendar as a shift or a weekly shift. Pure. Every fault names the event, the property, the expected.

Raises `Unfit` inside; `alerts.escalation.oncall.calendar` collects it as a value.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Event
from msgspec import Struct
from msgspec.structs import replace

from alerts.escalation.oncall.roster import falls_on
from domain.instants import Micros, moment
from domain.oncall import ROLES, Shift, Weekly
from domain.wall_clock import instant_of, wall_instant

LONGEST_UID = 200
LONGEST_DAYS = 31
MOST_COUNTED = 5000
YEARS = range(2000, 2101)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_ONE_DAY = timedelta(days=1)
_OCCURRENCE = re.compile(r"#[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_RULE_KEYS = frozenset({"FREQ", "INTERVAL", "BYDAY", "UNTIL", "COUNT", "WKST"})


class Fault(Struct, frozen=True):
    """What is wrong with which property of which event, and what was expected. `uid` "": the calendar itself."""

    uid: str
    property: str
    expected: str

    def __str__(self) -> str:
        """`event UID: PROPERTY: expected ...`."""
        where = f"event {self.uid}" if self.uid else "calendar"
        return f"{where}: {self.property}: expected {self.expected}"


class Unfit(Exception):
    """A property that cannot be used."""

    def __init__(self, name: str, expected: str) -> None:
        super().__init__(f"{name}: expected {expected}")
        self.property, self.expected = name, expected


class Into(Struct, frozen=True):
    """What a calendar is read into. `role`: for events that name none; `people`: user name or e-mail, lower case."""

    timezone: ZoneInfo
    people: Mapping[str, str]
    role: str | None = None


class When(Struct, frozen=True):
    """Beginning and end on the wall of one zone (naive), and how the end was said."""

    begin: datetime
    end: datetime
    zone: ZoneInfo
    exact_end: Micros | None = None  # where the end was said as an instant, or as so many hours


def shift_of(event: Event, into: Into, uid: str) -> Shift | Weekly:
    """The event as what it stands for. Raises Unfit."""
    for name in ("RDATE", "EXRULE"):
        if name in event:
            raise Unfit(name, "none: a weekly RRULE with EXDATE")
    role, person, rank = _role(event, into), person_of(event, into), _rank(event)
    when = _when(event, into)
    if "RRULE" in event:
        return _weekly(event, when, Shift(uid, role, person, 0, 0, rank))
    begin, end = wall_instant(when.begin, when.zone), _end(when)
    if begin >= end:
        raise Unfit("DTEND", "an end after DTSTART")
    return Shift(uid, role, person, begin, end, rank)


def only(event: Event, name: str) -> Any:
    """The one value of a property; None when there is none. Raises Unfit when there are several."""
    found = event.get(name)
    if isinstance(found, list):
        raise Unfit(name, "one value, not several")
    return found


def fields_of(event: Event, *names: str) -> list[Any]:
    """Every value of these properties."""
    found = (event.get(name, []) for name in names)
    return [each for some in found for each in (some if isinstance(some, list) else [some])]


def uid_of(event: Event) -> str:
    """The event's name. Raises Unfit."""
    text = str(only(event, "UID") or "")
    if not 1 <= len(series_of(text)) <= LONGEST_UID or not text.isprintable():
        raise Unfit("UID", f"1 to {LONGEST_UID} printable characters")
    return text


def series_of(uid: str) -> str:
    """The uid of the repeating event that an exceptional occurrence (`UID#YYYY-MM-DD`) belongs to; else itself."""
    return uid[:-11] if _OCCURRENCE.search(uid) else uid


def person_of(event: Event, into: Into) -> str:
    """Whom the event is about: X-VIGIE-PERSON, else the only attendee known here, else the summary. Raises Unfit."""
    named = only(event, "X-VIGIE-PERSON")
    if named is not None:
        return _known(str(named), "X-VIGIE-PERSON", into)
    addresses = [_address(one) for one in fields_of(event, "ATTENDEE")]
    found = {into.people[address] for address in addresses if address in into.people}
    if len(found) > 1:
        raise Unfit("ATTENDEE", "one person who is on call")
    if found:
        return found.pop()
    return _known(str(only(event, "SUMMARY") or ""), "ATTENDEE" if addresses else "SUMMARY", into)


def _address(attendee: object) -> str:
    return str(attendee).strip().lower().removeprefix("mailto:")


def _known(name: str, said_by: str, into: Into) -> str:
    person = into.people.get(name.strip().lower())
    if person is None:
        raise Unfit(said_by, "the user name or e-mail address of somebody who has an account")
    return person


def _role(event: Event, into: Into) -> str:
    named = only(event, "X-VIGIE-ROLE")
    role = into.role if named is None else str(named).strip().lower()
    if role not in ROLES:
        raise Unfit("X-VIGIE-ROLE", f"one of {', '.join(ROLES)}")
    return role


def _rank(event: Event) -> int:
    text = str(only(event, "X-VIGIE-RANK") or "0").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        raise Unfit("X-VIGIE-RANK", "a whole number from 0 to 99")
    return int(text)


def wall(value: Any, name: str, zone: ZoneInfo) -> tuple[datetime, ZoneInfo, bool]:
    """A DATE or DATE-TIME property on the wall of its own zone, and whether it was a date. Raises Unfit."""
    found = value.dt
    if isinstance(found, datetime):
        stated = value.params.get("TZID")
        if found.tzinfo is None:
            if stated is not None:
                raise Unfit(name, f"a TZID that is known or defined in the file, got {str(stated)[:60]!r}")
        elif isinstance(found.tzinfo, ZoneInfo):
            zone = found.tzinfo
        else:  # a zone that the file itself defines: its instant, on the wall of the roster's zone
            found = found.astimezone(UTC).astimezone(zone)
        found, is_date = found.replace(tzinfo=None, fold=0), False
    elif isinstance(found, date):
        found, is_date = datetime.combine(found, time()), True
    else:
        raise Unfit(name, "a date, or a date and time")
    if found.year not in YEARS:
        raise Unfit(name, f"a year from {YEARS[0]} to {YEARS[-1]}")
    return found, zone, is_date


def _when(event: Event, into: Into) -> When:
    start = only(event, "DTSTART")
    if start is None:
        raise Unfit("DTSTART", "when the shift begins")
    begin, zone, all_day = wall(start, "DTSTART", into.timezone)
    stop, lasting = only(event, "DTEND"), only(event, "DURATION")
    if stop is not None and lasting is not None:
        raise Unfit("DURATION", "either DTEND or DURATION")
    if stop is not None:
        return _until(begin, zone, wall(stop, "DTEND", zone), is_date=all_day)
    if lasting is not None:
        return _for(begin, zone, lasting.dt)
    if all_day:
        return When(begin, begin + _ONE_DAY, zone)
    raise Unfit("DTEND", "when the shift ends, or DURATION")


def _until(begin: datetime, zone: ZoneInfo, stop: tuple[datetime, ZoneInfo, bool], *, is_date: bool) -> When:
    end, end_zone, end_is_date = stop
    if is_date != end_is_date:
        raise Unfit("DTEND", "a date when DTSTART is a date, a date and time when it is one")
    if str(end_zone) == str(zone):
        return When(begin, end, zone)
    exact = wall_instant(end, end_zone)
    return When(begin, _shown(exact, zone), zone, exact)


def _for(begin: datetime, zone: ZoneInfo, lasting: object) -> When:
    if not isinstance(lasting, timedelta) or not timedelta(0) < lasting <= timedelta(days=LONGEST_DAYS):
        raise Unfit("DURATION", f"more than nothing and at most {LONGEST_DAYS} days")
    whole_days = lasting % _ONE_DAY == timedelta(0)
    exact = None if whole_days else wall_instant(begin, zone) + lasting // timedelta(microseconds=1)
    return When(begin, begin + lasting, zone, exact)


def _shown(at: Micros, zone: ZoneInfo) -> datetime:
    return moment(at).astimezone(zone).replace(tzinfo=None, fold=0)


def _end(when: When) -> Micros:
    return wall_instant(when.end, when.zone) if when.exact_end is None else when.exact_end


def _weekly(event: Event, when: When, who: Shift) -> Weekly:
    if when.begin.second or when.end.second:
        raise Unfit("DTSTART", "whole minutes, as the event repeats")
    days = (when.end.date() - when.begin.date()).days
    if when.end <= when.begin or days > LONGEST_DAYS:
        raise Unfit("DTEND", f"an end after DTSTART, at most {LONGEST_DAYS} days later")
    pattern = Weekly(
        uid=who.uid, role=who.role, person=who.person, rank=who.rank, timezone=str(when.zone),
        weekdays=(), begins=_minute(when.begin), ends=_minute(when.end), days=days, first=when.begin.date(),
    )  # fmt: skip
    ruled = _ruled(only(event, "RRULE"), pattern)
    return _left_out(event, ruled, when.zone)


def _minute(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


def _ruled(rule: Mapping[str, Sequence[Any]], pattern: Weekly) -> Weekly:
    """The pattern with the days of its RRULE. Raises Unfit."""
    if set(rule) - _RULE_KEYS or {"UNTIL", "COUNT"} <= set(rule):
        raise Unfit("RRULE", "FREQ=WEEKLY with INTERVAL, BYDAY, and UNTIL or COUNT, nothing else")
    every, daily = int(_one(rule, "INTERVAL", 1)), str(_one(rule, "FREQ", "")) == "DAILY"
    if str(_one(rule, "FREQ", "")) not in ("WEEKLY", "DAILY") or (daily and every != 1) or not 1 <= every <= 53:
        raise Unfit("RRULE", "FREQ=WEEKLY with an INTERVAL from 1 to 53, or FREQ=DAILY without")
    if every > 1 and str(_one(rule, "WKST", "MO")) != "MO":
        raise Unfit("RRULE", "WKST=MO, weeks are counted from Monday")
    weekdays = _weekdays(rule.get("BYDAY", ()), pattern, daily=daily)
    found = replace(pattern, weekdays=weekdays, every=every)
    if "UNTIL" in rule:
        return replace(found, last=_last(_one(rule, "UNTIL", None), found))
    if "COUNT" in rule:
        return replace(found, last=_counted(int(_one(rule, "COUNT", 0)), found))
    return found


def _one(rule: Mapping[str, Sequence[Any]], key: str, otherwise: object) -> Any:
    found = rule.get(key, (otherwise,))
    if len(found) != 1:
        raise Unfit("RRULE", f"one {key}")
    return found[0]


def _weekdays(said: Sequence[Any], pattern: Weekly, *, daily: bool) -> tuple[int, ...]:
    names = [str(one).upper() for one in said] or (list(DAYS) if daily else [DAYS[pattern.first.weekday()]])
    if not set(names) <= set(DAYS):
        raise Unfit("RRULE", "BYDAY of MO, TU, WE, TH, FR, SA, SU")
    weekdays = tuple(sorted({DAYS.index(name) for name in names}))
    if pattern.first.weekday() not in weekdays:
        raise Unfit("DTSTART", "a day of BYDAY, as it is the first occurrence")
    return weekdays


def _last(until: Any, pattern: Weekly) -> date:
    """The date of the last beginning that is not after UNTIL."""
    if isinstance(until, datetime):
        zone = ZoneInfo(pattern.timezone)
        shown = until if until.tzinfo is None else until.astimezone(zone)
        last = shown.date() if _minute(shown) >= pattern.begins else shown.date() - _ONE_DAY
    else:
        last = until
    if last < pattern.first:
        raise Unfit("RRULE", "UNTIL at DTSTART or later")
    return min(last, date(YEARS[-1], 12, 31))


def _counted(count: int, pattern: Weekly) -> date:
    if not 1 <= count <= MOST_COUNTED:
        raise Unfit("RRULE", f"COUNT from 1 to {MOST_COUNTED}")
    return list(islice(_beginnings(pattern), count))[-1]


def _beginnings(pattern: Weekly) -> Iterator[date]:
    day = pattern.first
    while day.year in YEARS:
        if falls_on(pattern, day):
            yield day
        day += _ONE_DAY


def _left_out(event: Event, pattern: Weekly, zone: ZoneInfo) -> Weekly:
    said = [value for each in fields_of(event, "EXDATE") for value in each.dts]
    days = {occurrence(value, "EXDATE", pattern, zone=zone) for value in said}
    return replace(pattern, without=tuple(sorted(days)))


def occurrence(value: Any, name: str, pattern: Weekly, *, zone: ZoneInfo) -> date:
    """The date of the occurrence that EXDATE or RECURRENCE-ID names. Raises Unfit when there is none."""
    shown, said_in, is_date = wall(value, name, zone)
    at = wall_instant(shown, said_in)
    day = shown.date() if str(said_in) == str(zone) else _shown(at, zone).date()
    same = is_date or (str(said_in) == str(zone) and _minute(shown) == pattern.begins)
    if not (same or at == instant_of(day, pattern.begins, zone)) or not falls_on(pattern, day):
        raise Unfit(name, f"an occurrence of the event: {shown.isoformat()} is none")
    return day
