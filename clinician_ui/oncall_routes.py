"""On-call: who is now and next, shifts, substitutions, hand-over notes, calendars. Every look and change is on record.

A roster is seen by whoever has a site it serves in their circle of care. It is changed by people of the organisation
that keeps it, in a role that may (`roster`).
"""

from collections.abc import Callable
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from psycopg.errors import UniqueViolation
from starlette.concurrency import run_in_threadpool

from alerts.escalation import roster_desk
from alerts.escalation.oncall.calendar import Entries, Into, read, write, write_stretches
from alerts.escalation.oncall.calendar_event import YEARS
from alerts.escalation.oncall.roster import gaps, on_call, stretches
from clinician_ui import oncall_views as views
from clinician_ui.access import Caller, Verb
from clinician_ui.deps import Deps
from clinician_ui.oncall_bodies import HandoverBody, ShiftBody, SubstitutionBody
from clinician_ui.sessions import Allowed, GivenDeps
from domain.instants import DAY, Micros, iso, parse_iso
from domain.oncall import ROLES, Roster, Shift, Stretch, Weekly
from storage import audit, roster_edits, rosters
from storage.connection import Connection
from storage.roster_edits import By
from storage.rosters import Handover, RosterRow
from web.bodies import Instant
from web.problems import FieldFault, Problem, bad_field

SHOWN_FOR: Micros = 7 * DAY
MISSED_FOR: Micros = DAY
LONGEST: Micros = 92 * DAY
NOTES = 20
FIRST, LAST = parse_iso(f"{YEARS[0]}-01-01T00:00:00Z"), parse_iso(f"{YEARS[-1] + 1}-01-01T00:00:00Z")

router = APIRouter(prefix="/api", tags=["on call"])
Seer = Annotated[Caller, Depends(Allowed(Verb.SEE))]
Keeper = Annotated[Caller, Depends(Allowed(Verb.ROSTER))]
Writer = Annotated[Caller, Depends(Allowed(Verb.COMMENT))]


def _audit(conn: Connection, deps: Deps, caller: Caller, *, action: str, subject: str, **detail: Any) -> None:
    audit.append(conn, audit.Look(deps.clock(), caller.username, action, subject, detail))


def _seen(conn: Connection, caller: Caller, roster: str) -> RosterRow:
    """The roster, or the same 404 for one that does not exist and one of other circles."""
    row = rosters.one(conn, roster) if roster.isprintable() else None
    if row is None or not set(row.sites) & set(caller.sites):
        raise Problem(404, "no such roster in your circle of care")
    return row


def _kept(conn: Connection, caller: Caller, roster: str) -> RosterRow:
    """The roster, when the caller is of those who keep it: of a site of its organisation; where it has none, of all
    that are served."""
    row = _seen(conn, caller, roster)
    mine = set(caller.sites)
    if not (mine & set(row.kept_by) if row.kept_by else mine >= set(row.sites)):
        raise Problem(403, f"the roster {row.id} is kept by {row.organisation}")
    return row


@router.get("/oncall/{site}")
def now_and_next(site: str, caller: Seer, deps: GivenDeps) -> dict[str, Any]:
    """Who is on call for a site now and next, who is missing within a day, the newest hand-over notes."""
    _site(caller, site)
    now = deps.clock()
    with deps.pool.connection() as conn:
        _audit(conn, deps, caller, action="oncall", subject=f"site:{site}")
        roster, rows = rosters.for_site(conn, site, since=now), rosters.serving(conn, [site])
        roles = [role for role in ROLES if any(one.role == role for one in roster.entries)]
        found = {role: on_call(roster, role, now) for role in roles}
        known = rosters.contacts(conn, [one.person for some in found.values() for one in some])
        notes = rosters.handovers(conn, site, NOTES)
    shown = [
        {
            "role": role,
            "now": [views.on_call_json(one, known) for one in found[role]],
            "next": [views.stretch_json(one) for one in _next(roster, role, now)],
        }
        for role in roles
    ]
    return {
        "site": site,
        "now": iso(now),
        "roles": shown,
        "gaps": [views.gap_json(gap) for gap in gaps(roster, roles, now, now + MISSED_FOR)],
        "rosters": [views.roster_json(row) for row in rows],
        "handover": [views.handover_json(note) for note in notes],
    }


def _site(caller: Caller, site: str) -> None:
    if site not in caller.sites:
        raise Problem(404, "no such site in your circle of care")


def _next(roster: Roster, role: str, now: Micros) -> list[Stretch]:
    """Those who begin next, within a week."""
    later = [one for one in stretches(roster, role, now, now + SHOWN_FOR) if one.from_at > now]
    first = min((one.from_at for one in later), default=0)
    return [one for one in later if one.from_at == first]


@router.get("/rosters")
def my_rosters(caller: Seer, deps: GivenDeps) -> dict[str, Any]:
    """The rosters that serve a site of the caller's circle."""
    with deps.pool.connection() as conn:
        _audit(conn, deps, caller, action="rosters", subject="sites", sites=list(caller.sites))
        found = rosters.serving(conn, caller.sites)
    return {"rosters": [views.roster_json(row) for row in found]}


@router.get("/rosters/{roster}/shifts")
def shifts(
    roster: str, caller: Seer, deps: GivenDeps, *,
    start: Annotated[Instant | None, Query(alias="from")] = None,
    end: Annotated[Instant | None, Query(alias="to")] = None,
) -> dict[str, Any]:  # fmt: skip
    """What stands in a roster, and who is on call by it between two instants (default: the next seven days)."""
    now = deps.clock()
    begin = now if start is None else start
    if not (FIRST < begin < LAST):
        raise bad_field("from", f"an instant from {YEARS[0]} to {YEARS[-1]}")
    upto = begin + SHOWN_FOR if end is None else end
    if not begin < upto <= begin + LONGEST:
        raise bad_field("to", f"an instant after from, at most {LONGEST // DAY} days later")
    with deps.pool.connection() as conn:
        row = _seen(conn, caller, roster)
        _audit(conn, deps, caller, action="looked", subject=f"roster:{row.id}")
        stood = rosters.of_roster(conn, row.id)
        replaced = rosters.substitutions(conn, [row.id], since=min(begin, now))
    return {
        **views.roster_json(row),
        "shifts": [views.shift_json(one) for one in stood.entries if _matters(one, begin)],
        "substitutions": [views.substitution_json(one) for one in replaced],
        "on_call": [views.stretch_json(one) for one in stretches(stood, None, begin, upto)],
    }


def _matters(one: Shift | Weekly, begin: Micros) -> bool:
    return isinstance(one, Weekly) or one.to_at > begin


@router.get("/rosters/{roster}/history")
def history(
    roster: str, caller: Seer, deps: GivenDeps, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> dict[str, Any]:  # fmt: skip
    """Who changed what of a roster, newest first."""
    with deps.pool.connection() as conn:
        row = _seen(conn, caller, roster)
        _audit(conn, deps, caller, action="looked", subject=f"roster:{row.id}", what="history")
        found = rosters.changes(conn, f"roster:{row.id}", limit)
    return {"roster": row.id, "changes": [views.change_json(one) for one in found]}


@router.put("/rosters/{roster}/shifts/{uid:path}")
def put_shift(roster: str, uid: str, body: ShiftBody, *, caller: Keeper, deps: GivenDeps) -> dict[str, Any]:
    """Put a shift under a name of the client's own, in place of what stood there. Twice changes nothing more."""
    with deps.pool.connection() as conn:
        row = _kept(conn, caller, roster)
        shift = body.value(uid, row.timezone)
        entries = Entries((shift,)) if isinstance(shift, Shift) else Entries((), (shift,))
        _put(conn, deps, caller, row=row, entries=entries)
    return {"roster": row.id, "shift": views.shift_json(shift)}


def _put(conn: Connection, deps: Deps, caller: Caller, *, row: RosterRow, entries: Entries) -> roster_desk.Applied:
    try:
        done = roster_desk.put(conn, row, entries, By(caller.username, deps.clock()))
    except roster_desk.Refused as refused:
        raise _problem(refused) from None
    except UniqueViolation:
        raise Problem(409, "somebody put a shift of that name at the same moment: look again") from None
    uids = list(entries.uids[:100])
    _audit(conn, deps, caller, action="roster.put", subject=f"roster:{row.id}", uids=uids, removed=done.removed)
    return done


def _problem(refused: roster_desk.Refused) -> Problem:
    faults = [FieldFault(field, expected) for field, expected in refused.faults]
    return Problem(422, str(refused)[:2000], faults=faults)


@router.delete("/rosters/{roster}/shifts/{uid:path}")
def remove_shift(roster: str, uid: str, *, caller: Keeper, deps: GivenDeps) -> dict[str, Any]:
    """Take a shift out of force; it stays in the history."""
    with deps.pool.connection() as conn:
        row = _kept(conn, caller, roster)
        if not uid.isprintable() or not roster_desk.remove(conn, row, [uid], By(caller.username, deps.clock())):
            raise Problem(404, "no such shift in this roster")
        _audit(conn, deps, caller, action="roster.removed", subject=f"roster:{row.id}", uid=uid)
    return {"roster": row.id, "removed": uid}


@router.post("/rosters/{roster}/substitutions", status_code=201)
def substitute(roster: str, body: SubstitutionBody, caller: Keeper, deps: GivenDeps) -> dict[str, Any]:
    """Somebody stands in for somebody else, from … to …, with a reason."""
    wish = body.value()
    with deps.pool.connection() as conn:
        row = _kept(conn, caller, roster)
        try:
            number = roster_desk.substitute(conn, row, wish, reason=body.reason, by=By(caller.username, deps.clock()))
        except roster_desk.Refused as refused:
            raise _problem(refused) from None
        _audit(conn, deps, caller, action="roster.substitute", subject=f"roster:{row.id}", id=number,
               person=wish.person, by=wish.by)  # fmt: skip
    return {"roster": row.id, "id": number}


@router.delete("/rosters/{roster}/substitutions/{number}")
def revoke(roster: str, number: int, *, caller: Keeper, deps: GivenDeps) -> dict[str, Any]:
    """Take a substitution out of force."""
    with deps.pool.connection() as conn:
        row = _kept(conn, caller, roster)
        known = 0 < number < 1 << 62
        if not known or not roster_desk.revoke(conn, row, number, By(caller.username, deps.clock())):
            raise Problem(404, "no such substitution in this roster")
        _audit(conn, deps, caller, action="roster.revoke", subject=f"roster:{row.id}", id=number)
    return {"roster": row.id, "removed": number}


@router.post("/oncall/{site}/handover", status_code=201)
def hand_over(site: str, body: HandoverBody, caller: Writer, deps: GivenDeps) -> dict[str, Any]:
    """A note for whoever is on call next. It cannot be changed."""
    _site(caller, site)
    if not any(letter.isalnum() for letter in body.text):
        raise bad_field("text", "a sentence for whoever is on call next")
    now = deps.clock()
    with deps.pool.connection() as conn:
        row = _serving(rosters.serving(conn, [site]), body.roster)
        stood = [one for one in stretches(rosters.for_site(conn, site, since=now), None, now, now + 1)
                 if one.person == caller.username]  # fmt: skip
        note = Handover(0, row.id, stood[0].shift if stood else None, caller.username, now, body.text)
        number = roster_edits.add_handover(conn, site, note)
        _audit(conn, deps, caller, action="handover", subject=f"site:{site}", id=number)
    return {"id": number, "site": site, "roster": row.id, "shift": note.shift}


@router.post("/oncall/{site}/handover/{number}/read")
def read_note(site: str, number: int, *, caller: Seer, deps: GivenDeps) -> dict[str, Any]:
    """Whoever takes over says that they have read a note; its author sees it. The first time counts."""
    _site(caller, site)
    with deps.pool.connection() as conn:
        if not roster_edits.read_handover(conn, site, number, account=caller.username, at=deps.clock()):
            raise Problem(404, "no such hand-over note of this site")
        _audit(conn, deps, caller, action="handover.read", subject=f"site:{site}", id=number)
    return {"id": number, "read_by": caller.username}


def _serving(rows: list[RosterRow], wanted: str | None) -> RosterRow:
    found = [row for row in rows if wanted in (None, row.id)]
    if len(found) != 1:
        raise bad_field(
            "roster", f"one of the rosters of this site: {', '.join(row.id for row in rows) or 'it has none'}"
        )
    return found[0]


@router.get("/rosters/{roster}/calendar", response_class=Response)
def download(roster: str, caller: Seer, deps: GivenDeps, effective: Annotated[bool, Query()] = False) -> Response:
    """The roster as iCalendar. `effective`: who is on call in the next 92 days, substitutions applied."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        row = _seen(conn, caller, roster)
        _audit(conn, deps, caller, action="roster.export", subject=f"roster:{row.id}", effective=effective)
        stood = rosters.of_roster(conn, row.id)
    if effective:
        text = write_stretches(stretches(stood, None, now, now + LONGEST), name=row.name, stamp=now)
    else:
        text = write(stood.shifts, stood.weekly, name=row.name, stamp=now)
    headers = {"Content-Disposition": f'attachment; filename="{row.id}.ics"'}
    return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)


@router.post("/rosters/{roster}/calendar")
async def upload(
    roster: str, request: Request, caller: Keeper, role: Annotated[str | None, Query(max_length=40)] = None
) -> dict[str, Any]:
    """Put every event of an iCalendar file, or none. `role`: of events that name none."""
    if role is not None and role not in ROLES:
        raise bad_field("role", f"one of {', '.join(ROLES)}")
    payload = await request.body()
    work: Callable[..., dict[str, Any]] = _upload
    return await run_in_threadpool(work, request.app.state.deps, caller, roster, payload=payload, role=role)


def _upload(deps: Deps, caller: Caller, roster: str, *, payload: bytes, role: str | None) -> dict[str, Any]:
    with deps.pool.connection() as conn:
        row = _kept(conn, caller, roster)
        names = roster_desk.names_of(rosters.people_at(conn, row.sites))
        found = read(payload, Into(ZoneInfo(row.timezone), names, role))
        faults = found if isinstance(found, tuple) else roster_desk.calendar_faults(conn, row, found)
        if isinstance(found, tuple) or faults:
            told = [FieldFault(f"{fault.uid}: {fault.property}" if fault.uid else fault.property, fault.expected)
                    for fault in faults]  # fmt: skip
            raise Problem(422, "; ".join(str(fault) for fault in faults[:5])[:2000], faults=told)
        done = _put(conn, deps, caller, row=row, entries=found)
    return {"roster": row.id, "put": done.put, "removed": done.removed}
