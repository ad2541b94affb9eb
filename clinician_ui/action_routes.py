"""What people do: actions on alerts and entries for a patient. Both become rows of the inbox.

The owner of the patient does them; its events come back by the feed.
"""

import json
from typing import Annotated, Any, NoReturn
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Header, Request, Response
from psycopg.errors import UniqueViolation
from starlette.concurrency import run_in_threadpool

from clinician_ui import views
from clinician_ui.access import Caller, Verb, alert_in_circle, may, person_in_circle, require
from clinician_ui.bodies import AlertAction
from clinician_ui.deps import Deps
from clinician_ui.filing import file_once, key_of, same, version_of, wait_for
from clinician_ui.sessions import Allowed, GivenCaller, GivenDeps
from clinician_ui.spoken import says_something, snooze_fault
from domain import wire
from domain.alerts import Alert
from domain.decode import decode_entries
from domain.instants import Micros
from storage import actions, audit, people
from storage.connection import Connection
from web.problems import FieldFault, Problem, bad_field

NEEDS_REASON = ("acknowledge", "snooze", "close", "comment")

router = APIRouter(prefix="/api", tags=["actions"])


@router.post("/alerts/{alert}/actions", status_code=202)
def act(
    alert: str,
    body: AlertAction,
    caller: GivenCaller,
    deps: GivenDeps,
    *,
    if_match: Annotated[str | None, Header()] = None,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> dict[str, Any]:
    """File an action. Its event comes by the feed."""
    require(caller, Verb.SEE)
    version, key = version_of(if_match, of="the alert"), key_of(idempotency_key)
    with deps.pool.connection() as conn:
        found, site = alert_in_circle(conn, caller, alert)
        require(caller, Verb(body.action))
        _check(body, found, deps.clock())
        if body.action == "assign":
            _check_assignee(conn, body.assignee, site)
        wish = _wish(body, caller, found, actions_at=(site, version, key, deps.clock()))
        earlier = actions.by_key(conn, caller.username, key)
        if earlier is not None:
            return same(earlier, wish)
        if wish.expected_version is not None and version != found.version:
            _somebody_was_first(conn, found, version)
    return _file(deps, found, wish)


def _wish(body: AlertAction, caller: Caller, alert: Alert, actions_at: tuple[str, int, str, int]) -> actions.Wish:
    """The inbox row. A comment is never refused because somebody else acted meanwhile: it names no version."""
    site, version, key, now = actions_at
    content = {name: value for name, value in body.model_dump().items() if value is not None}
    return actions.Wish(
        site=site,
        patient=alert.patient,
        kind="alert",
        body=content,
        actor=caller.username,
        role=caller.role,
        idempotency_key=key,
        created_at=now,
        alert=alert.id,
        expected_version=None if body.action == "comment" else version,
    )


def _file(deps: Deps, alert: Alert, wish: actions.Wish) -> dict[str, Any]:
    try:
        with deps.pool.connection() as conn:
            action = actions.insert(conn, wish)
            actions.announce(conn, action)
            look = audit.Look(wish.created_at, wish.actor, wish.body["action"], f"alert:{alert.id}", wish.body)
            audit.append(conn, look)
    except UniqueViolation:
        with deps.pool.connection() as conn:
            earlier = actions.by_key(conn, wish.actor, wish.idempotency_key)
            if earlier is not None:
                return same(earlier, wish)
            _somebody_was_first(conn, alert, wish.expected_version or 0)
    return {"action": str(action), "state": "recorded"}


def _somebody_was_first(conn: Connection, alert: Alert, version: int) -> NoReturn:
    first = views.first_json(actions.first_on(conn, alert.id, version), alert)
    who = first["by"] or "somebody"
    fault = FieldFault("If-Match", f'"{alert.version}"')
    raise Problem(412, f"{who} was first", faults=[fault], extra={"first": first})


def _check(body: AlertAction, alert: Alert, now: Micros) -> None:
    """What the action needs besides its name."""
    needed = body.action in NEEDS_REASON or body.reason is not None
    if needed and not says_something(body.reason):
        raise bad_field("reason", "a sentence that says why")
    fault = snooze_fault(alert, body.until, now) if body.action == "snooze" else None
    if fault is not None:
        raise bad_field("until", fault)
    if body.until is not None and body.until <= now:
        raise bad_field("until", "an instant in the future")


def _check_assignee(conn: Connection, assignee: str | None, site: str) -> None:
    """Only somebody who can see the alert."""
    role = None if assignee is None else people.role_at(conn, assignee, site)
    if role is None or not may(role, Verb.SEE):
        raise bad_field("assignee", "the user name of somebody of this circle of care who may see alerts")


@router.post("/patients/{patient}/entries")
async def entries(
    patient: str, request: Request, response: Response, caller: Annotated[Caller, Depends(Allowed(Verb.ENTER))],
    *, idempotency_key: Annotated[str | None, Header()] = None,
) -> dict[str, Any]:  # fmt: skip
    """Laboratory counts, treatments given, answers by telephone. 200 with what was stored, 202 when it takes longer."""
    payload = await _whole(request)
    deps: Deps = request.app.state.deps
    key = str(uuid4()) if idempotency_key is None else key_of(idempotency_key)
    filed = await run_in_threadpool(_enter, deps, caller, patient, (payload, key))
    if not filed.done:
        response.status_code = 202
        return {"action": str(filed.id), "state": "recorded"}
    return _stored(filed)


def _stored(filed: actions.Filed) -> dict[str, Any]:
    """What was stored; 422 with every path when nothing was."""
    detail = filed.detail or {}
    stored, refused = detail.get("stored"), detail.get("refused", [])
    if filed.outcome == "applied" and (stored or not refused):
        return {"action": str(filed.id), "stored": stored, "refused": refused}
    faults = [FieldFault(each["path"], each["expected"]) for each in refused]
    words = "; ".join(f"{fault.field or 'body'}: {fault.expected}" for fault in faults[:5])
    detail_text = "nothing could be stored" + (f": {words}" if words else "")
    extra = {"action": str(filed.id), "stored": 0, "refused": refused}
    raise Problem(422, detail_text, faults=faults, extra=extra)


async def _whole(request: Request) -> bytes:
    """The body, read no further than one byte more than is allowed."""
    payload = b""
    async for part in request.stream():
        payload += part
        if len(payload) > wire.MAX_PAYLOAD:
            raise Problem(413, f"at most {wire.MAX_PAYLOAD} bytes")
    return payload


def _enter(deps: Deps, caller: Caller, patient: str, sent: tuple[bytes, str]) -> actions.Filed:
    payload, key = sent
    with deps.pool.connection() as conn:
        row = person_in_circle(conn, caller, patient)
        decoded = decode_entries(payload)
        if isinstance(decoded, list):
            faults = [FieldFault(fault.path, fault.expected) for fault in decoded]
            raise Problem(422, "; ".join(f"{f.path or 'body'}: {f.expected}" for f in decoded[:5]), faults=faults)
        body, now = _tree(payload), deps.clock()
        wish = actions.Wish(row.site, row.id, "entries", body, caller.username, caller.role, key, now)
        earlier = actions.by_key(conn, caller.username, key)
    if earlier is not None:
        same(earlier, wish)
    return wait_for(deps, earlier.id if earlier is not None else _file_entry(deps, wish))


def _tree(payload: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(payload)
    return found


def _file_entry(deps: Deps, wish: actions.Wish) -> UUID:
    look = audit.Look(wish.created_at, wish.actor, "entered", f"patient:{wish.patient}")
    return file_once(deps, wish, look)
