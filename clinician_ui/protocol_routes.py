"""Protocols on the console: list, show, compare, sign, activate, retire; the limits of sites. All looks on record."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from alerts.protocol import desk, shelf
from alerts.protocol.diff import compare as differences
from alerts.protocol.life import Refused
from clinician_ui.access import Caller, Verb
from clinician_ui.protocol_views import comparison_json, limits_json, standing_json, whole_json
from clinician_ui.sessions import Allowed, GivenDeps
from clinician_ui.spoken import says_something
from domain.instants import Micros
from domain.protocols import Act, Version
from storage import audit, protocols
from storage.connection import Connection
from web.bodies import Body, Instant, Text
from web.problems import FieldFault, Problem, bad_field

router = APIRouter(prefix="/api", tags=["protocols"])
Reader = Annotated[Caller, Depends(Allowed(Verb.PROTOCOL_SEE))]
Signer = Annotated[Caller, Depends(Allowed(Verb.PROTOCOL_SIGN))]
Activator = Annotated[Caller, Depends(Allowed(Verb.PROTOCOL_ACTIVATE))]
Limiter = Annotated[Caller, Depends(Allowed(Verb.SITE_LIMITS))]
Ref = Annotated[str, Field(min_length=1, max_length=100)]


class Signing(Body):
    """POST /api/protocols/{ref}/signatures. `digest`: of the text the signer has read."""

    digest: Annotated[str, Field(min_length=64, max_length=64)]
    reason: Text | None = None


class Activation(Body):
    """POST /api/protocols/activations. `from` null: now. Several versions become active together."""

    versions: Annotated[list[Ref], Field(min_length=1, max_length=20)]
    from_: Annotated[Instant | None, Field(alias="from")] = None
    reason: Text | None = None


class Retirement(Body):
    """POST /api/protocols/retirements."""

    versions: Annotated[list[Ref], Field(min_length=1, max_length=20)]
    reason: Text


class Limits(Body):
    """PUT /api/sites/{site}/limits: all of them at once."""

    limits: dict[str, dict[str, Any]]
    reason: Text


@router.get("/protocols")
def list_protocols(caller: Reader, deps: GivenDeps) -> dict[str, Any]:
    """Every version, where it stands, and whether patients are watched by it."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        _look(conn, caller, now, "protocols")
        return {"protocols": [standing_json(row) for row in shelf.listed(conn, now)]}


@router.get("/protocols/compare")
def compare(
    caller: Reader, deps: GivenDeps, *, old: Annotated[Ref, Query(alias="from")], new: Annotated[Ref, Query(alias="to")]
) -> dict[str, Any]:
    """What changes from one version to another, with the source of each value."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        first, second = _found(conn, old, now), _found(conn, new, now)
        _look(conn, caller, now, f"{first.ref} {second.ref}")
    changes = differences(shelf.protocol_of(first), shelf.protocol_of(second))
    return comparison_json(first, second, changes)


@router.get("/protocols/{ref}")
def show(ref: Ref, caller: Reader, deps: GivenDeps) -> dict[str, Any]:
    """ID@VERSION, or ID for what is in force: its exact text, digest, signatures and moves."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        version = _found(conn, ref, now)
        _look(conn, caller, now, version.ref)
        return _whole(conn, version, now)


@router.post("/protocols/{ref}/signatures", status_code=201)
def sign(ref: Ref, body: Signing, caller: Signer, deps: GivenDeps) -> dict[str, Any]:
    """Sign in one's own role. 409 on another digest, or when the role has signed."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        _found(conn, ref, now)
        try:
            version = desk.sign(conn, ref, act=Act(caller.username, caller.role, now, body.reason), digest=body.digest)
        except Refused as error:
            raise _conflict(error) from error
        return _whole(conn, version, now)


@router.post("/protocols/activations", status_code=201)
def activate(body: Activation, caller: Activator, deps: GivenDeps) -> dict[str, Any]:
    """Make signed versions active from a date; what they replace is retired at it."""
    now = deps.clock()
    act = Act(caller.username, caller.role, now, body.reason)
    with deps.pool.connection() as conn:
        try:
            done = desk.activate(conn, body.versions, act=act, from_at=now if body.from_ is None else body.from_)
        except Refused as error:
            raise _conflict(error) from error
        return _moved(conn, done, now)


@router.post("/protocols/retirements", status_code=201)
def retire(body: Retirement, caller: Activator, deps: GivenDeps) -> dict[str, Any]:
    """End versions now; without a successor the project default, unsigned, watches again."""
    _said_why(body.reason)
    now = deps.clock()
    with deps.pool.connection() as conn:
        try:
            done = desk.retire(conn, body.versions, act=Act(caller.username, caller.role, now, body.reason))
        except Refused as error:
            raise _conflict(error) from error
        return _moved(conn, done, now)


@router.get("/sites/{site}/limits")
def site_limits(site: str, caller: Reader, deps: GivenDeps) -> dict[str, Any]:
    """The limits of a site of the circle, with their history."""
    _in_circle(caller, site)
    with deps.pool.connection() as conn:
        audit.append(conn, audit.Look(deps.clock(), caller.username, "site limits", f"site:{site}"))
        return _limits(conn, site)


@router.put("/sites/{site}/limits")
def set_site_limits(site: str, body: Limits, caller: Limiter, deps: GivenDeps) -> dict[str, Any]:
    """Set the limits of a site, all of them at once."""
    _in_circle(caller, site)
    _said_why(body.reason)
    act = Act(caller.username, caller.role, deps.clock(), body.reason)
    with deps.pool.connection() as conn:
        try:
            desk.set_limits(conn, site, body.limits, act=act)
        except Refused as error:
            raise Problem(422, str(error), faults=[FieldFault(error.field, error.expected)]) from error
        return _limits(conn, site)


def _limits(conn: Connection, site: str) -> dict[str, Any]:
    history = [limits_json(row) for row in protocols.site_limit_history(conn, site)]
    return {"site": site, "limits": history[0]["limits"] if history else {}, "history": history}


def _said_why(reason: str) -> None:
    if not says_something(reason):
        raise bad_field("reason", "a sentence that says why")


def _in_circle(caller: Caller, site: str) -> None:
    if site not in caller.sites:
        raise Problem(404, "no such site in your circle of care")


def _found(conn: Connection, ref: str, now: Micros) -> Version:
    try:
        return shelf.found(conn, ref, now)
    except Refused as error:
        raise Problem(404, str(error)) from error


def _whole(conn: Connection, version: Version, now: Micros) -> dict[str, Any]:
    return whole_json(shelf.standing(conn, version.ref, now), protocols.moves(conn, version.id, version.version))


def _moved(conn: Connection, done: list[Version], now: Micros) -> dict[str, Any]:
    refs = {version.ref for version in done}
    return {"protocols": [standing_json(row) for row in shelf.listed(conn, now) if row.version.ref in refs]}


def _conflict(error: Refused) -> Problem:
    return Problem(409, str(error), faults=[FieldFault(error.field, error.expected)])


def _look(conn: Connection, caller: Caller, now: Micros, subject: str) -> None:
    audit.append(conn, audit.Look(now, caller.username, "protocol seen", f"protocol:{subject}"))
