"""Refused messages: shown to a person of their circle, and marked when seen."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from clinician_ui import views
from clinician_ui.access import Caller, Verb, may
from clinician_ui.sessions import Allowed, GivenDeps
from domain.instants import iso
from storage import audit, quarantine
from web.problems import Problem

router = APIRouter(prefix="/api/quarantine", tags=["quarantine"])
Looker = Annotated[Caller, Depends(Allowed(Verb.QUARANTINE))]


def _circle(caller: Caller) -> quarantine.Circle:
    return quarantine.Circle(caller.sites, may(caller.role, Verb.UNROUTED))


@router.get("")
def refused(
    caller: Looker,
    deps: GivenDeps,
    unseen: Annotated[bool, Query()] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> dict[str, Any]:
    """Refused messages of the circle, newest first, their text made harmless."""
    with deps.pool.connection() as conn:
        sites = {"sites": list(caller.sites)}
        audit.append(conn, audit.Look(deps.clock(), caller.username, "quarantine", "sites", sites))
        found = quarantine.refused(conn, _circle(caller), unseen_only=unseen, limit=limit)
        count = quarantine.unseen_count(conn, _circle(caller))
    return {"now": iso(deps.clock()), "unseen": count, "refused": [views.refused_json(row) for row in found]}


@router.post("/{refusal}/seen")
def seen(refusal: int, caller: Looker, deps: GivenDeps) -> dict[str, Any]:
    """Mark one as seen. Doing it twice changes nothing."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        known = 0 < refusal < 1 << 62
        if not known or not quarantine.mark_seen(conn, _circle(caller), refusal, by=caller.username, at=now):
            raise Problem(404, "no such refused message in your circle of care")
        audit.append(conn, audit.Look(now, caller.username, "seen", f"refused:{refusal}"))
    return {"id": refusal, "seen": True}
