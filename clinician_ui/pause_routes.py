"""A patient's pauses on the console: list, set, revoke."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import Field

from alerts import pause_desk as desk
from clinician_ui.access import Caller, Verb, patient_in_circle, person_in_circle
from clinician_ui.protocol_views import pause_json
from clinician_ui.sessions import Allowed, GivenDeps
from clinician_ui.spoken import says_something
from domain.instants import Micros, micros
from domain.protocols import Act
from storage import audit, pauses
from storage.connection import Connection
from web.bodies import Body, Instant, Text
from web.problems import Problem, bad_field

router = APIRouter(prefix="/api/patients", tags=["pauses"])
Pauser = Annotated[Caller, Depends(Allowed(Verb.PAUSE))]


class PauseWish(Body):
    """POST /api/patients/{patient}/pauses. `until`: required except for death and end."""

    kind: Literal["ward", "day-hospital", "leave", "death", "end"]
    from_: Annotated[Instant, Field(alias="from")]
    until: Instant | None = None
    reason: Text


class Revocation(Body):
    """POST /api/patients/{patient}/pauses/{pause}/revocation."""

    reason: Text


@router.get("/{patient}/pauses")
def list_pauses(patient: str, caller: Annotated[Caller, Depends(Allowed(Verb.SEE))], deps: GivenDeps) -> dict[str, Any]:
    """Every pause of the patient, revoked ones too, the latest first."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        row = patient_in_circle(conn, caller, patient)
        audit.append(conn, audit.Look(now, caller.username, "pauses", f"patient:{row.id}"))
        return _all(conn, row.id, now)


@router.post("/{patient}/pauses", status_code=201)
def set_pause(patient: str, body: PauseWish, caller: Pauser, deps: GivenDeps) -> dict[str, Any]:
    """Set a pause; 409 when it overlaps another, which is named. Answers with the whole list and the new number."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        row = person_in_circle(conn, caller, patient)
        wish = pauses.Set(row.id, body.kind, body.from_, body.until, _reason(body.reason))
        try:
            desk.check(wish, now)
        except desk.Refused as error:
            raise bad_field(error.field, error.expected.removeprefix("expected ")) from error
        try:
            number = desk.put(conn, wish, act=Act(caller.username, caller.role, now))
        except desk.Refused as error:
            before = _set_before(conn, wish, caller)
            if before is None:
                raise Problem(409, str(error)) from error
            number = before
        return {"pause": number, **_all(conn, row.id, now)}


@router.post("/{patient}/pauses/{pause}/revocation", status_code=201)
def revoke(patient: str, pause: int, body: Revocation, caller: Pauser, *, deps: GivenDeps) -> dict[str, Any]:
    """End a pause now, or take it back; 409 when it is over or was revoked."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        row = person_in_circle(conn, caller, patient)
        act = Act(caller.username, caller.role, now, _reason(body.reason))
        try:
            desk.revoke(conn, row.id, pause, act=act)
        except desk.Refused as error:
            if not _revoked_before(conn, row.id, pause, act):
                raise Problem(409, str(error)) from error
        return _all(conn, row.id, now)


def _set_before(conn: Connection, wish: pauses.Set, caller: Caller) -> int | None:
    """The number of the very same pause set by the same person: the answer to the first press was lost."""
    for row in pauses.of_patient(conn, wish.patient):
        until = None if row.until is None else micros(row.until)
        there = pauses.Set(row.patient, row.kind, micros(row.from_at), until, row.reason)
        if there == wish and row.actor == caller.username and row.revoked_at is None:
            return row.id
    return None


def _revoked_before(conn: Connection, patient: str, pause: int, act: Act) -> bool:
    """Whether the same person revoked it with the same words."""
    return any(
        row.id == pause and (row.revoked_by, row.revoked_reason) == (act.actor, act.reason)
        for row in pauses.of_patient(conn, patient)
    )


def _reason(text: str) -> str:
    if not says_something(text):
        raise bad_field("reason", "a sentence that says why")
    return text


def _all(conn: Connection, patient: str, now: Micros) -> dict[str, Any]:
    return {"patient": patient, "pauses": [pause_json(row, now) for row in pauses.of_patient(conn, patient)]}
