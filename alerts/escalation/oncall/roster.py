"""Who is on call at a moment, and when nobody is. Pure: the roster and the time are arguments.

Called by the delivery of notifications, the watch, the console and the command line.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise

from domain.instants import Micros
from domain.oncall import Gap, OnCall, Roster, Shift, Stretch, Substitution, Weekly
from domain.wall_clock import instant_of, local_date, zone_of

_ONE_DAY = timedelta(days=1)


def on_call(roster: Roster, role: str, at: Micros) -> tuple[OnCall, ...]:
    """Everybody on call in a role at a moment, in the order in which they are called; each person once."""
    found: dict[str, OnCall] = {}
    for stretch in stretches(roster, role, at, at + 1):
        if stretch.person not in found:
            found[stretch.person] = OnCall(
                stretch.person,
                role,
                stretch.organisation,
                stretch.from_at,
                stretch.to_at,
                stretch.substitute_for,
                len(found),
            )
    return tuple(found.values())


def gaps(roster: Roster, roles: Sequence[str], from_at: Micros, upto: Micros) -> tuple[Gap, ...]:
    """When nobody is on call in each of the roles, between two instants; by role as given, then by time."""
    return tuple(gap for role in dict.fromkeys(roles) for gap in _gaps(roster, role, from_at, upto))


def _gaps(roster: Roster, role: str, from_at: Micros, upto: Micros) -> Iterator[Gap]:
    covered = from_at
    for stretch in sorted(stretches(roster, role, from_at, upto), key=lambda found: found.from_at):
        if stretch.from_at > covered:
            yield Gap(role, covered, stretch.from_at)
        covered = max(covered, stretch.to_at)
    if covered < upto:
        yield Gap(role, covered, upto)


def stretches(roster: Roster, role: str | None, from_at: Micros, upto: Micros) -> list[Stretch]:
    """Who is on call between two instants (None: in any role), whole stretches, in the order in which they are called.

    Substitutions are applied; stretches of people who cannot be on call here are left out.
    """
    spans = [span for span in _spans(roster, from_at, upto) if role is None or span.role == role]
    found = [
        stretch
        for span in spans
        for stretch in _replaced(span, roster.substitutions)
        if stretch.from_at < upto and stretch.to_at > from_at and stretch.person not in roster.absent
    ]
    return sorted(found, key=lambda one: (one.rank, one.from_at, one.organisation, one.person, one.shift, one.to_at))


def _spans(roster: Roster, from_at: Micros, upto: Micros) -> Iterator[Shift]:
    """Shifts and occurrences of weekly shifts that touch [from_at, upto)."""
    for shift in roster.shifts:
        if shift.from_at < upto and shift.to_at > from_at:
            yield shift
    for weekly in roster.weekly:
        for begin, end in occurrences(weekly, from_at, upto):
            yield Shift(
                weekly.uid, weekly.role, weekly.person, begin, end, weekly.rank, weekly.roster, weekly.organisation
            )


def occurrences(weekly: Weekly, from_at: Micros, upto: Micros) -> Iterator[tuple[Micros, Micros]]:
    """Beginning and end of each occurrence that touches [from_at, upto), in order. One that lasts no time is none."""
    zone = zone_of(weekly.timezone)
    day = max(weekly.first, local_date(from_at, zone) - timedelta(days=weekly.days + 1))
    last = local_date(upto, zone)
    last = last if weekly.last is None else min(last, weekly.last)
    while day <= last:
        if falls_on(weekly, day) and day not in weekly.without:
            begin = instant_of(day, weekly.begins, zone)
            end = instant_of(day + timedelta(days=weekly.days), weekly.ends, zone)
            if begin < end and begin < upto and end > from_at:
                yield begin, end
        day += _ONE_DAY


def falls_on(weekly: Weekly, day: date) -> bool:
    """Whether the pattern has a beginning on that date, whatever was left out."""
    if day < weekly.first or (weekly.last is not None and day > weekly.last) or day.weekday() not in weekly.weekdays:
        return False
    weeks = (_monday(day) - _monday(weekly.first)).days // 7
    return weeks % weekly.every == 0


def _monday(day: date) -> date:
    """As an ordinary date of year 1 at the earliest: the first of January of year 1 is a Monday."""
    return day - timedelta(days=day.weekday())


def _replaced(span: Shift, substitutions: Sequence[Substitution]) -> list[Stretch]:
    """A shift cut where somebody begins or ends to stand in."""
    mine = [
        found
        for found in substitutions
        if found.roster == span.roster
        and found.role in (None, span.role)
        and found.from_at < span.to_at
        and found.to_at > span.from_at
    ]
    inside = {edge for found in mine for edge in (found.from_at, found.to_at) if span.from_at < edge < span.to_at}
    edges = [span.from_at, *sorted(inside), span.to_at]
    found: list[Stretch] = []
    for begin, end in pairwise(edges):
        person = _holder(span.person, mine, begin)
        if found and found[-1].person == person:
            begin = found.pop().from_at
        found.append(_stretch(span, person, begin, end))
    return found


def _stretch(span: Shift, person: str, begin: Micros, end: Micros) -> Stretch:
    instead_of = None if person == span.person else span.person
    return Stretch(person, span.role, span.organisation, begin, end, instead_of, span.rank, span.uid)


def _holder(person: str, substitutions: Sequence[Substitution], at: Micros) -> str:
    """Who answers in the end: a substitute may be replaced too; nobody is asked twice, so a swap stays a swap."""
    seen = {person}
    while True:
        active = [found for found in substitutions if found.person == person and found.from_at <= at < found.to_at]
        if not active or active[-1].by in seen:
            return person
        person = active[-1].by
        seen.add(person)
