"""Who is on call, minute by minute, the slow way: it walks the wall clock instead of computing with it."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.instants import MINUTE, Micros, moment
from domain.oncall import Roster, Substitution, Weekly


def walls(zone: str, from_at: Micros, upto: Micros) -> Iterator[tuple[Micros, datetime]]:
    """Each minute with the latest time the wall clock has shown until then."""
    latest = datetime(1, 1, 1)  # noqa: DTZ001 - a wall shows no offset
    start = from_at - 180 * MINUTE  # both clock changes have happened within three hours
    for at in range(start, upto, MINUTE):
        latest = max(latest, moment(at).astimezone(ZoneInfo(zone)).replace(tzinfo=None))
        if at >= from_at:
            yield at, latest


def covers(weekly: Weekly, wall: datetime) -> bool:
    """Whether some occurrence holds that wall time."""
    for back in range(weekly.days + 1):
        day = (wall - timedelta(days=back)).date()
        begin = datetime.combine(day, time()) + timedelta(minutes=weekly.begins)
        end = datetime.combine(day, time()) + timedelta(days=weekly.days, minutes=weekly.ends)
        if begin <= wall < end and _is_one(weekly, day):
            return True
    return False


def _is_one(weekly: Weekly, day: date) -> bool:
    if day < weekly.first or (weekly.last and day > weekly.last) or day in weekly.without:
        return False
    weeks = day.isocalendar()[:2] == weekly.first.isocalendar()[:2]
    count = 0
    monday = weekly.first - timedelta(days=weekly.first.weekday())
    while monday + timedelta(days=7) <= day:
        monday += timedelta(days=7)
        count += 1
    assert weeks == (count == 0)
    return day.weekday() in weekly.weekdays and count % weekly.every == 0


def answering(person: str, role: str, roster: str, *, at: Micros, given: Sequence[Substitution]) -> str:
    """Who answers for a person, one replacement after the other."""
    asked = [person]
    while True:
        wanted = [
            one.by
            for one in given
            if one.person == asked[-1] and one.roster == roster and one.role in (None, role)
            if one.from_at <= at < one.to_at
        ]
        if not wanted or wanted[-1] in asked:
            return asked[-1]
        asked.append(wanted[-1])


def people(roster: Roster, role: str, from_at: Micros, upto: Micros) -> dict[Micros, set[str]]:
    """Who is on call in a role at each minute."""
    found: dict[Micros, set[str]] = {at: set() for at in range(from_at, upto, MINUTE)}
    held = [(one, at) for one in roster.shifts for at in found if one.from_at <= at < one.to_at]
    for weekly in roster.weekly:
        held += [(weekly, at) for at, wall in walls(weekly.timezone, from_at, upto) if covers(weekly, wall)]
    for one, at in held:
        if one.role == role:
            found[at].add(answering(one.person, role, one.roster, at=at, given=roster.substitutions))
    return {at: names - roster.absent for at, names in found.items()}
