"""The moments of exports: instants, and wall-clock times; day or month first is read from the whole file. Pure."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, tzinfo
from itertools import pairwise

from domain.instants import Micros, micros
from domain.wall_clock import in_order, shows

_SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4}),?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?", re.ASCII)
_ISO = re.compile(
    r"(\d{4})-(\d{2}|[A-Z][a-z]{2})-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2}))?(?:\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_YEARS = range(1990, 2100)


def instant(text: str) -> Micros | None:
    """`2023-04-26T13:46:48-04:00`, `2023-Apr-26T13:46:48-04:00` or with Z, to the second; None for anything else."""
    found = _ISO.fullmatch(text)
    wall = _iso_wall(found)
    if found is None or wall is None or found[7] is None or found[4] is None:
        return None
    try:
        return micros(datetime.fromisoformat(f"{wall.isoformat()}{found[7]}"))
    except ValueError:
        return None


def day(text: str) -> date | None:
    """`2023-04-26` or `2023-Apr-26`."""
    wall = _iso_wall(_ISO.fullmatch(text))
    return None if wall is None else wall.date()


def wall_of_iso(text: str) -> datetime | None:
    """What the wall clock showed in a time with or without an offset."""
    return _iso_wall(_ISO.fullmatch(text))


def _iso_wall(found: re.Match[str] | None) -> datetime | None:
    if found is None:
        return None
    month = found[2] if found[2].isdigit() else f"{_MONTHS.index(found[2]) + 1:02}" if found[2] in _MONTHS else "00"
    return _wall(
        (int(found[1]), int(month), int(found[3])), (int(found[4] or 0), int(found[5] or 0), int(found[6] or 0))
    )


def walls(texts: Sequence[str]) -> list[datetime | None]:
    """Wall-clock times such as `3/16/2022 12:30:10 PM`; None for what is none.

    Month first, unless only day first makes sense of every time, or only day first keeps the file in order.
    """
    month_first = [_slashed(text, month_first=True) for text in texts]
    day_first = [_slashed(text, month_first=False) for text in texts]
    ranks = [(found.count(None), not _ordered(found)) for found in (month_first, day_first)]
    return day_first if ranks[1] < ranks[0] else month_first


def _slashed(text: str, *, month_first: bool) -> datetime | None:
    found = _SLASHED.fullmatch(text)
    if found is None:
        iso = _ISO.fullmatch(text)
        return _iso_wall(iso) if iso is not None and iso[4] and not iso[7] else None
    first, second, year, hour = (int(found[place]) for place in (1, 2, 3, 4))
    if found[7]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[7].upper() == "PM" else 0)
    months = (first, second) if month_first else (second, first)
    return _wall((year, *months), (hour, int(found[5]), int(found[6] or 0)))


def _wall(on: tuple[int, int, int], clock: tuple[int, int, int]) -> datetime | None:
    try:
        return datetime.combine(date(*on), time(*clock)) if on[0] in _YEARS else None
    except ValueError:
        return None


def _ordered(found: Sequence[datetime | None]) -> bool:
    known = [wall for wall in found if wall is not None]
    rises = [first <= second for first, second in pairwise(known)]
    falls = [first >= second for first, second in pairwise(known)]
    return all(rises) or all(falls)


def instants(found: Sequence[datetime | None], zone: tzinfo) -> list[Micros | None]:
    """The instants of wall-clock times of a file, in its order; None where the clock of the zone never showed it.

    A file that runs backwards is turned, so that its order tells the two passes of a repeated hour apart.
    """
    known = [(place, wall) for place, wall in enumerate(found) if wall is not None and shows(wall, zone)]
    if known and known[0][1] > known[-1][1]:
        known.reverse()
    placed: list[Micros | None] = [None] * len(found)
    for (place, _), at in zip(known, in_order([wall for _, wall in known], zone), strict=True):
        placed[place] = at
    return placed


def utc(found: Sequence[datetime | None]) -> list[Micros | None]:
    """The instants of times that are UTC."""
    return [None if wall is None else micros(wall.replace(tzinfo=UTC)) for wall in found]
