"""How I am reached: my e-mail, telephone numbers and browsers. Nobody sets another person's here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from clinician_ui import oncall_views as views
from clinician_ui.access import Caller
from clinician_ui.oncall_bodies import ContactsBody, PushBody, PushGone
from clinician_ui.sessions import GivenCaller, GivenDeps
from domain.instants import Micros
from domain.oncall import Contacts
from storage import audit, roster_edits, rosters
from storage.connection import Connection
from storage.roster_edits import By, Change
from web.problems import Problem

router = APIRouter(prefix="/api/me", tags=["on call"])


def settled(caller: GivenCaller) -> Caller:
    """Any role, once the one-time password was replaced."""
    if caller.must_change:
        raise Problem(403, "change the one-time password first: POST /api/me/password", kind="urn:vigie:must-change")
    return caller


Myself = Annotated[Caller, Depends(settled)]


@router.get("/contacts")
def mine(caller: Myself, deps: GivenDeps) -> dict[str, Any]:
    """How I am reached."""
    with deps.pool.connection() as conn:
        return views.contacts_json(_of(conn, caller))


@router.put("/contacts")
def put(body: ContactsBody, caller: Myself, deps: GivenDeps) -> dict[str, Any]:
    """Replace my e-mail address and telephone numbers. My browsers stay."""
    wanted, now = body.value(), deps.clock()
    with deps.pool.connection() as conn:
        before = _of(conn, caller)
        roster_edits.set_contacts(conn, caller.username, wanted, By(caller.username, now))
        _keep(conn, caller, Change("contacts.put", _subject(caller), _ways(before), _ways(wanted)), now)
        return views.contacts_json(_of(conn, caller))


@router.post("/web-push", status_code=201)
def push_here(body: PushBody, caller: Myself, deps: GivenDeps) -> dict[str, Any]:
    """Push to this browser when I am called."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        roster_edits.add_push(conn, caller.username, body.value(), now)
        _keep(conn, caller, Change("web-push.put", _subject(caller), None, {"endpoint": body.endpoint}), now)
    return {"endpoint": body.endpoint}


@router.delete("/web-push")
def push_no_more(body: PushGone, caller: Myself, deps: GivenDeps) -> dict[str, Any]:
    """Push to this browser no more."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        if "\x00" in body.endpoint or not roster_edits.drop_push(conn, caller.username, body.endpoint):
            raise Problem(404, "no such browser among yours")
        _keep(conn, caller, Change("web-push.removed", _subject(caller), {"endpoint": body.endpoint}), now)
    return {"endpoint": body.endpoint}


def _of(conn: Connection, caller: Caller) -> Contacts:
    return rosters.contacts(conn, [caller.username])[caller.username]


def _subject(caller: Caller) -> str:
    return f"account:{caller.username}"


def _ways(found: Contacts) -> dict[str, str | None]:
    return {"email": found.email, "sms": found.sms, "voice": found.voice}


def _keep(conn: Connection, caller: Caller, change: Change, now: Micros) -> None:
    """History with the values; the audit trail says only that it was done."""
    roster_edits.record(conn, change, By(caller.username, now))
    audit.append(conn, audit.Look(now, caller.username, change.what, change.subject))
