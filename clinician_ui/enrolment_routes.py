"""Accounts of a patient's app made on the console: codes with QR, who stands for the patient, consent, revoking."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from clinician_ui.access import Caller, Verb, patient_in_circle, person_in_circle
from clinician_ui.deps import Deps
from clinician_ui.sessions import Allowed, GivenDeps
from domain.instants import iso
from storage import app_people, audit, consents
from storage.connection import Connection
from web import enrolment, qr
from web.bodies import Body, Name, Text
from web.problems import Problem, bad_field

router = APIRouter(prefix="/api/patients", tags=["app accounts"])
Enroller = Annotated[Caller, Depends(Allowed(Verb.ENROL))]
Scope = Literal["answer", "see", "be_told"]


class CodeWish(Body):
    """POST /api/patients/{patient}/enrolment-codes. `person`: an account that has one already; else one is made.

    `scopes`, `version`, `how`: of a caregiver, what the patient agreed to, of which text, on paper or spoken.
    """

    role: Literal["patient", "caregiver", "tablet"] = "patient"
    person: Name | None = None
    language: Literal["fr", "en"] = "fr"
    scopes: Annotated[tuple[Scope, ...], Field(max_length=3, strict=False)] = ()
    version: Annotated[str, Field(min_length=1, max_length=32)] = "1"
    how: Literal["paper", "spoken"] = "spoken"


class PersonRevocation(Body):
    """POST /api/patients/{patient}/persons/{person}/revocation."""

    reason: Text


class ConsentWish(Body):
    """POST /api/patients/{patient}/consents: what the patient decided, told to a member of the staff."""

    scope: Literal["follow-up", "reminders", "answer", "see", "be_told"]
    decision: Literal["given", "refused", "withdrawn"]
    version: Annotated[str, Field(min_length=1, max_length=32)]
    how: Literal["paper", "spoken"]
    person: Name | None = None


@router.post("/{patient}/enrolment-codes", status_code=201)
def make_code(patient: str, body: CodeWish, caller: Enroller, *, deps: GivenDeps, request: Request) -> dict[str, Any]:
    """A code that works once, and its QR code as SVG. Told here once, never again."""
    by = _by(deps, caller)
    with deps.pool.connection() as conn:
        row = person_in_circle(conn, caller, patient)
        if body.person is None:
            fault = enrolment.scope_fault(body.scopes) if body.role == "caregiver" else None
            if fault is not None:
                raise bad_field("scopes", fault)
            scopes, how = tuple(dict.fromkeys(body.scopes)), body.how
            wish = enrolment.NewPerson(body.role, row.id, row.site, body.language, scopes, body.version, how)
            account = _added(conn, wish, by)
        else:
            account = _of(conn, row.id, body.person)
        code = enrolment.new_code(conn, account, by)
    address = enrolment.address(deps.console_url or str(request.base_url), code.code)
    return {
        "person": code.username,
        "role": account.role,
        "code": code.code,
        "expires_at": iso(code.expires_at),
        "address": address,
        "qr": qr.svg(address),
    }


def _added(conn: Connection, wish: enrolment.NewPerson, by: enrolment.By) -> app_people.Account:
    try:
        return enrolment.add_person(conn, wish, by)
    except ValueError as error:
        detail = "this patient has an account of their own: name it as `person` for a new code"
        raise Problem(409, detail, kind="urn:vigie:has-account") from error


def _of(conn: Connection, patient: str, person: str) -> app_people.Account:
    linked = next((one for one in app_people.linked(conn, patient) if one.username == person), None)
    account = None if linked is None else app_people.by_id(conn, linked.account)
    if account is None:
        raise Problem(404, "no such person stands for this patient")
    return account


def _by(deps: Deps, caller: Caller) -> enrolment.By:
    return enrolment.By(caller.username, caller.role, deps.wall(), deps.clock(), deps.secret_key)


@router.get("/{patient}/persons")
def persons(patient: str, caller: Annotated[Caller, Depends(Allowed(Verb.SEE))], deps: GivenDeps) -> dict[str, Any]:
    """Who stands for the patient in the app, and every decision of consent, newest first."""
    with deps.pool.connection() as conn:
        row = patient_in_circle(conn, caller, patient)
        audit.append(conn, audit.Look(deps.clock(), caller.username, "persons", f"patient:{row.id}"))
        linked, decided = app_people.linked(conn, row.id), consents.history(conn, row.id)
    return {
        "persons": [
            {
                "person": one.username,
                "role": one.role,
                "since": iso(one.from_at),
                "claimed": one.claimed,
                "last_seen_at": None if one.last_seen_at is None else iso(one.last_seen_at),
                "scopes": list(one.scopes),
            }
            for one in linked
        ],
        "consents": [
            {
                "scope": each.scope,
                "person": each.person,
                "decision": each.decision,
                "version": each.version,
                "how": each.how,
                "at": iso(each.at),
                "by": each.by,
                "by_role": each.by_role,
            }
            for each in decided
        ],
    }


@router.post("/{patient}/persons/{person}/revocation")
def revoke(patient: str, person: str, body: PersonRevocation, caller: Enroller, deps: GivenDeps) -> dict[str, str]:
    """From now on that account sees nothing of the patient."""
    with deps.pool.connection() as conn:
        row = person_in_circle(conn, caller, patient)
        account = _of(conn, row.id, person)
        enrolment.revoke(conn, account, row.id, reason=body.reason, by=_by(deps, caller))
    return {"person": person}


@router.post("/{patient}/consents", status_code=201)
def consent(patient: str, body: ConsentWish, caller: Enroller, deps: GivenDeps) -> dict[str, str]:
    """A decision told to a member of the staff, with who wrote it down."""
    if (body.person is None) != (body.scope in consents.OWN):
        raise bad_field("person", "the caregiver's user name with answer, see or be_told, and nobody with the others")
    with deps.pool.connection() as conn:
        row = person_in_circle(conn, caller, patient)
        account = None if body.person is None else _of(conn, row.id, body.person).id
        decision = consents.Decision(row.id, account, body.scope, body.decision, body.version, body.how)
        consents.record(conn, decision, by=caller.username, role=caller.role, at=deps.clock())
        detail = {"scope": body.scope, "decision": body.decision}
        audit.append(conn, audit.Look(deps.clock(), caller.username, "consent", f"patient:{row.id}", detail))
    return {"scope": body.scope, "decision": body.decision}
