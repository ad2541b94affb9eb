"""The time zones that a calendar defines itself: those of this file, never of one that was read before. Pure.

A zone's rules are worked out again for each time that is asked of it, so what they may say is bounded.
"""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from alerts.escalation.oncall.calendar_event import Unfit, fields_of

MOST_ZONES, MOST_RULES, MOST_DAYS = 50, 8, 7
_RULE_KEYS = frozenset({"FREQ", "INTERVAL", "BYMONTH", "BYDAY", "BYMONTHDAY", "UNTIL", "COUNT", "WKST"})
_EXPECTED = "clocks that change on a day of a month: RRULE of FREQ=YEARLY with BYMONTH and BYDAY or BYMONTHDAY"

Zones = Mapping[str, tzinfo]


def zones_of(calendar: Calendar) -> Zones:
    """What the file itself defines, by TZID; names that are known everywhere left out. Raises Unfit."""
    parts = [part for part in calendar.walk("VTIMEZONE") if _known(_name(part)) is None]
    rules = [rule for part in parts for rule in _rules(part)]
    if len(parts) > MOST_ZONES or len(rules) > MOST_RULES:
        raise Unfit("VTIMEZONE", f"at most {MOST_ZONES} zones of the file's own with {MOST_RULES} RRULE together")
    if not all(_bounded(rule) for rule in rules):
        raise Unfit("VTIMEZONE", _EXPECTED)
    return {_name(part): _zone(part) for part in reversed(parts)}


def use(event: Event, zones: Zones) -> None:
    """Put the file's own zones into the times of an event. What its name does not lead to stays without a zone."""
    for field in fields_of(event, "DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE"):
        named = field.params.get("TZID")
        for each in getattr(field, "dts", [field]):
            if named is not None and isinstance(each.dt, datetime) and not isinstance(each.dt.tzinfo, ZoneInfo):
                name = str(named).strip("/")
                each.dt = each.dt.replace(tzinfo=zones.get(name) or _known(name))
                each.params["TZID"] = named


def _name(part: Component) -> str:
    return str(part.get("TZID", "")).strip("/")


def _known(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(WINDOWS_TO_OLSON.get(name, name))
    except (OSError, ValueError, KeyError):
        return None


def _zone(part: Component) -> tzinfo:
    zone: tzinfo = part.to_tz(lookup_tzid=False)  # type: ignore[attr-defined]
    return zone


def _rules(part: Component) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for turn in part.subcomponents:
        if "EXRULE" in turn:
            raise Unfit("VTIMEZONE", _EXPECTED)
        rule = turn.get("RRULE", [])
        found += rule if isinstance(rule, list) else [rule]
    return found


def _bounded(rule: Mapping[str, Any]) -> bool:
    """At most a few changes of the clocks a year."""
    yearly = [str(found).upper() for found in rule.get("FREQ", ())] == ["YEARLY"]
    months, weekdays, dates = (len(rule.get(name, ())) for name in ("BYMONTH", "BYDAY", "BYMONTHDAY"))
    one_month = months == 1 or not (months or weekdays or dates)
    return yearly and set(rule) <= _RULE_KEYS and one_month and weekdays <= 1 and dates <= MOST_DAYS
