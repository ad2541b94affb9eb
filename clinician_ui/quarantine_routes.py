"""Refused messages: shown to a person of their circle, marked when seen, judged again once what was wrong is right."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Header, Query, Response

from clinician_ui import views
from clinician_ui.access import Caller, Verb, may
from clinician_ui.filing import file_once, key_of, wait_for
from clinician_ui.sessions import Allowed, GivenDeps
from domain.instants import iso
from storage import actions, audit, quarantine
from storage.connection import Connection
from web.problems import Problem, bad_field

router = APIRouter(prefix="/api/quarantine", tags=["quarantine"])
AT_ONCE = 5000  # refusals of one device that one action judges again
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


@router.post("/{refusal}/again")
def again(
    refusal: int, caller: Looker, deps: GivenDeps, response: Response, *,
    alike: Annotated[bool, Query()] = False, idempotency_key: Annotated[str | None, Header()] = None,
) -> dict[str, Any]:  # fmt: skip
    """Judge it again by today's registry and tables; with `alike` everything that was refused of the same device.

    200 with how many were stored and how many are refused still, 202 with the number asked for when it takes longer.
    """
    key = f"again:{uuid4() if idempotency_key is None else key_of(idempotency_key)}"
    with deps.pool.connection() as conn:
        earlier = actions.by_key(conn, caller.username, key)
        ids, site = _wanted(conn, _circle(caller), refusal, alike=alike) if earlier is None else ([], "")
    if earlier is None:
        now, body = deps.clock(), {"refusal": refusal, "alike": alike, "refusals": ids}
        wish = actions.Wish(site, "", "rejudge", body, caller.username, caller.role, key, now)
        look = audit.Look(now, caller.username, "judged-again", f"refused:{refusal}", {"refusals": len(ids)})
        filed = wait_for(deps, file_once(deps, wish, look))
    elif earlier.kind == "rejudge" and (earlier.body["refusal"], earlier.body["alike"]) == (refusal, alike):
        filed = wait_for(deps, earlier.id)
    else:
        raise bad_field("Idempotency-Key", "a new key: this one was used for something else")
    if not filed.done:
        response.status_code = 202
        return {"action": str(filed.id), "state": "recorded", "asked": len(filed.body["refusals"])}
    return {"action": str(filed.id), **(filed.detail or {})}


def _wanted(conn: Connection, circle: quarantine.Circle, refusal: int, *, alike: bool) -> tuple[list[int], str]:
    """The refusals to judge again, and their site. 404 when it is none of the circle, or is stored already."""
    found = quarantine.wanted(conn, circle, [refusal]) if 0 < refusal < 1 << 62 else []
    if not found:
        raise Problem(404, "no refused message of your circle of care that could be judged again")
    if alike:
        found = quarantine.alike(conn, circle, refusal, AT_ONCE)
    return [one.id for one in found], found[0].site
