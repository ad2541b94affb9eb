"""Changing rosters: checked against the people there are, written with their history, in the caller's transaction.

Everything or nothing. Called by `vigie roster` and by the console.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from psycopg import Connection

from alerts.escalation.oncall.calendar import Entries, Fault, canonical
from alerts.escalation.oncall.calendar_event import LONGEST_DAYS, LONGEST_UID, YEARS, series_of
from domain.instants import DAY, Micros, iso, moment
from domain.oncall import ROLES, Shift, Substitution, Weekly
from domain.wall_clock import zone_of
from storage import roster_edits, rosters
from storage.roster_edits import By, Change
from storage.rosters import Person, RosterRow

# Whose account may be on call as what besides its own role. Choice of this project: needs sign-off.
ALSO = {"advanced-nurse": ("nurse",), "physician": ("prescriber",)}
LONGEST_SUBSTITUTION: Micros = 366 * DAY
MAX_TEXT = 2000


class Refused(ValueError):
    """A change that cannot be made: every fault of it, as (field, what was expected)."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: expected {expected}" for field, expected in faults))
        self.faults = tuple(faults)


class Applied(msgspec.Struct, frozen=True):
    """What a change did: how many were put, how many were taken out of force."""

    put: int
    removed: int


def names_of(people: Iterable[Person]) -> dict[str, str]:
    """User names and e-mail addresses, lower case, as a calendar may name them; what names two people names nobody."""
    found: dict[str, set[str]] = {}
    for person in people:
        for name in (person.username, person.email or ""):
            found.setdefault(name.lower(), set()).add(person.username)
    return {name: who.pop() for name, who in found.items() if name and len(who) == 1}


def person_fault(people: Sequence[Person], name: str, role: str | None) -> str | None:
    """What is expected of somebody who is to be on call in a role; None when they will do."""
    found = next((person for person in people if person.username == name), None)
    if found is None:
        return "the user name of somebody with an account at a site the roster serves"
    if role is not None and role != found.role and role not in ALSO.get(found.role, ()):
        return f"somebody who may be on call as {role}: {name} is {found.role}"
    return None


def calendar_faults(conn: Connection[Any], roster: RosterRow, entries: Entries) -> tuple[Fault, ...]:
    """People of a calendar who may not be on call in their role, named by event."""
    people = rosters.people_at(conn, roster.sites)
    return tuple(
        Fault(one.uid, "X-VIGIE-PERSON", said)
        for one in entries.entries
        if (said := person_fault(people, one.person, one.role)) is not None
    )


def put(conn: Connection[Any], roster: RosterRow, entries: Entries, by: By) -> Applied:
    """Put shifts under their uids in place of what stood there; cancelled ones go. Raises Refused."""
    people = rosters.people_at(conn, roster.sites)
    faults = [fault for one in entries.entries for fault in _faults(one, people)]
    if faults:
        raise Refused(faults)
    roster_edits.lock(conn, roster.id)
    removed = _remove(conn, roster, entries.uids, by)
    for one in entries.entries:
        _put_one(conn, replace(one, roster=roster.id, organisation=roster.organisation), by)
    return Applied(len(entries.shifts) + len(entries.weekly), removed)


def _put_one(conn: Connection[Any], one: Shift | Weekly, by: By) -> None:
    if isinstance(one, Shift):
        roster_edits.put_shift(conn, one, by)
    else:
        one = canonical(one) or one
        roster_edits.put_weekly(conn, one, by)
    roster_edits.record(conn, Change("shift.put", f"roster:{one.roster}", None, _plain(one)), by)


def remove(conn: Connection[Any], roster: RosterRow, uids: Sequence[str], by: By) -> int:
    """Take shifts out of force; how many there were."""
    roster_edits.lock(conn, roster.id)
    return _remove(conn, roster, uids, by)


def _remove(conn: Connection[Any], roster: RosterRow, uids: Sequence[str], by: By) -> int:
    stood = rosters.of_roster(conn, roster.id)
    for one in stood.entries:
        if one.uid in uids or (isinstance(one, Shift) and series_of(one.uid) in uids):
            roster_edits.record(conn, Change("shift.removed", f"roster:{roster.id}", _plain(one), None), by)
    found = roster_edits.remove_shifts(conn, roster.id, uids, by)
    return found + roster_edits.remove_weekly(conn, roster.id, uids, by)


def _faults(one: Shift | Weekly, people: Sequence[Person]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if one.role not in ROLES:
        found.append(("role", f"one of {', '.join(ROLES)}"))
    elif (said := person_fault(people, one.person, one.role)) is not None:
        found.append(("person", said))
    if not 1 <= len(series_of(one.uid)) <= LONGEST_UID or not one.uid.isprintable():
        found.append(("uid", f"1 to {LONGEST_UID} printable characters"))
    if not 0 <= one.rank <= 99:
        found.append(("rank", "a whole number from 0 to 99"))
    return found + (_weekly_faults(one) if isinstance(one, Weekly) else _span_faults(one.from_at, one.to_at))


def _span_faults(from_at: Micros, to_at: Micros) -> list[tuple[str, str]]:
    if to_at <= from_at:
        return [("to", f"an instant after {iso(from_at)}")]
    if moment(from_at).year not in YEARS or moment(to_at).year not in YEARS:
        return [("from", f"a year from {YEARS[0]} to {YEARS[-1]}")]
    if from_at % 1_000_000 or to_at % 1_000_000:
        return [("from", "whole seconds")]
    return []


def _weekly_faults(one: Weekly) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    try:
        zone_of(one.timezone)
    except ValueError as error:
        found.append(("timezone", str(error).removeprefix("expected ")))
    if not one.weekdays or not set(one.weekdays) <= set(range(7)):
        found.append(("weekdays", "0 (Monday) to 6 (Sunday), at least one"))
    if not 0 <= one.begins < 1440 or not 0 <= one.ends < 1440:
        found.append(("begins", "HH:MM from 00:00 to 23:59"))
    if not 0 <= one.days <= LONGEST_DAYS or (one.days == 0 and one.ends <= one.begins):
        found.append(("days", f"0 to {LONGEST_DAYS}, with an end after the beginning"))
    if not 1 <= one.every <= 53:
        found.append(("every", "1 to 53 weeks"))
    if one.first.year not in YEARS or (one.last is not None and one.last < one.first):
        found.append(("last", f"a date that is not before {one.first.isoformat()}"))
    if not found and canonical(one) is None:
        found.append(("weekdays", "at least one day between first and last"))
    return found


def substitute(conn: Connection[Any], roster: RosterRow, wish: Substitution, *, reason: str, by: By) -> int:
    """Replace somebody for a time; the number of the substitution. Raises Refused."""
    people = rosters.people_at(conn, roster.sites)
    faults = _span_faults(wish.from_at, wish.to_at)
    if wish.to_at - wish.from_at > LONGEST_SUBSTITUTION:
        faults.append(("to", "at most 366 days after from"))
    if wish.role is not None and wish.role not in ROLES:
        faults.append(("role", f"one of {', '.join(ROLES)}"))
    if wish.person not in _named(conn, roster, people):
        faults.append(("person", "the user name of somebody of this roster"))
    if (said := person_fault(people, wish.by, wish.role)) is not None:
        faults.append(("by", said))
    if wish.by == wish.person:
        faults.append(("by", "somebody else"))
    if not any(letter.isalnum() for letter in reason) or len(reason) > MAX_TEXT:
        faults.append(("reason", f"a sentence that says why, at most {MAX_TEXT} characters"))
    if not faults and (said := _cannot_stand_in(conn, roster, wish, people)) is not None:
        faults.append(("by", said))
    if faults:
        raise Refused(faults)
    wish = replace(wish, roster=roster.id)
    number = roster_edits.add_substitution(conn, wish, reason, by)
    after = {**_plain(wish), "id": number, "reason": reason}
    roster_edits.record(conn, Change("substitution.put", f"roster:{roster.id}", None, after), by)
    return number


def _named(conn: Connection[Any], roster: RosterRow, people: Sequence[Person]) -> set[str]:
    stood = rosters.of_roster(conn, roster.id)
    held = {one.person for one in stood.entries} | {one.by for one in stood.substitutions}
    return held | {person.username for person in people}


def _cannot_stand_in(
    conn: Connection[Any], roster: RosterRow, wish: Substitution, people: Sequence[Person]
) -> str | None:
    """Without a role: the substitute must do for every role that the person has in this roster."""
    if wish.role is not None:
        return None
    stood = rosters.of_roster(conn, roster.id)
    roles = {one.role for one in stood.entries if one.person == wish.person}
    return next((said for role in sorted(roles) if (said := person_fault(people, wish.by, role)) is not None), None)


def revoke(conn: Connection[Any], roster: RosterRow, number: int, by: By) -> bool:
    """Take a substitution out of force. False: there is none of that number."""
    known = [row for row in rosters.substitutions(conn, [roster.id], since=0) if row.id == number]
    if not known or not roster_edits.remove_substitution(conn, roster.id, number, by):
        return False
    before = {**_plain(known[0].substitution), "id": number, "reason": known[0].reason}
    roster_edits.record(conn, Change("substitution.removed", f"roster:{roster.id}", before, None), by)
    return True


def _plain(value: Any) -> dict[str, Any]:
    """A value as JSON: instants as text."""
    found: dict[str, Any] = msgspec.to_builtins(value)
    return {name: iso(part) if name in ("from_at", "to_at") else part for name, part in found.items()}
