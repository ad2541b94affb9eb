"""Wall-clock times as instants, also on the days on which the clocks change. Pure.

One rule: a local time is *the first instant at which the wall clock shows it or later*. So a time that does not exist
is the moment of the jump, and one that exists twice is the first of both; it never runs backwards.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from domain.instants import Micros, micros, moment

_SECOND = timedelta(seconds=1)


def instant_of(day: date, minute: int, zone: tzinfo) -> Micros:
    """The instant of a minute of a local day; `minute` counts from 0 = 00:00 and may be 1440 or more."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    return wall_instant(wall, zone)


def wall_instant(wall: datetime, zone: tzinfo) -> Micros:
    """The instant of a wall-clock time (a naive datetime)."""
    return micros(wall.replace(tzinfo=zone, fold=0) if shows(wall, zone) else _jump(wall, zone))


def _jump(wall: datetime, zone: tzinfo) -> datetime:
    """The second at which the clocks go forward over `wall`, which the two readings of it enclose."""
    low = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    high = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    while high - low > _SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        shown = middle.astimezone(zone).replace(tzinfo=None)
        low, high = (middle, high) if shown < wall else (low, middle)
    return high


def local_date(at: Micros, zone: tzinfo) -> date:
    """The date on the calendar of that zone."""
    return moment(at).astimezone(zone).date()


def zone_of(name: str) -> ZoneInfo:
    """A zone by its IANA name. Raises ValueError that says what was expected."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"expected an IANA time zone such as Europe/Paris, got {name!r}") from error


@cache
def zones() -> frozenset[str]:
    """Every IANA name that is known here. Finding them walks a folder, so it is done once."""
    return frozenset(available_timezones())


def in_order(walls: Sequence[datetime], zone: tzinfo) -> list[Micros]:
    """The instants of wall-clock times that are in the order in which they happened.

    The order tells the second pass of a repeated hour from the first: a time that would run backwards is of the second.
    """
    found: list[Micros] = []
    for wall in walls:
        at = wall_instant(wall, zone)
        if found and at < found[-1]:
            second = micros(wall.replace(tzinfo=zone, fold=1).astimezone(UTC))
            at = second if second >= found[-1] else at
        found.append(at)
    return found


def shows(wall: datetime, zone: tzinfo) -> bool:
    """Whether the clock of that zone ever shows this time: not in the hour that a clock change skips."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall
