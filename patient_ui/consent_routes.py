"""Consent and refusal, scope by scope; the patient's caregivers: asked in, seen, revoked at once."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from domain.instants import iso
from patient_ui.access import Caller, GivenCaller, GivenDeps, by_of, link_to, look
from patient_ui.bodies import CaregiverBody, ConsentBody
from patient_ui.consent_texts import TEXTS, VERSION
from patient_ui.deps import Deps
from patient_ui.views import iso_or_none
from storage import app_people, consents
from storage.app_people import Link
from storage.connection import Connection
from web import enrolment, qr
from web.problems import Problem, bad_field

router = APIRouter(prefix="/api", tags=["consent"])
PatientId = Annotated[str, Query(min_length=1, max_length=64)]


def own(conn: Connection, caller: Caller, patient: str) -> Link:
    """The patient themselves: nobody else decides for them here."""
    link = link_to(conn, caller, patient)
    if link.relation != "self":
        raise Problem(403, "only the patient decides on this")
    return link


@router.get("/consents")
def listed(patient: PatientId, caller: GivenCaller, deps: GivenDeps) -> dict[str, Any]:
    """Every decision of the patient, newest first, and the texts of now. A caregiver sees those about themselves."""
    with deps.pool.connection() as conn:
        link = link_to(conn, caller, patient)
        look(conn, deps, caller, action="looked in the app", subject=f"patient:{link.patient}", what="consents")
        rows = consents.history(conn, link.patient)
    everything = link.relation in ("self", "care")
    shown = [row for row in rows if everything or row.person == caller.username]
    texts = [{"scope": scope, "version": VERSION, "text": text} for scope, text in TEXTS.items()]
    return {"consents": [_json(row) for row in shown], "texts": texts}


def _json(row: consents.Decided) -> dict[str, Any]:
    return {
        "scope": row.scope,
        "person": row.person,
        "version": row.version,
        "decision": row.decision,
        "how": row.how,
        "at": iso(row.at),
        "by": row.by,
        "by_role": row.by_role,
    }


@router.post("/consents")
def decide(body: ConsentBody, caller: GivenCaller, deps: GivenDeps) -> dict[str, Any]:
    """One decision: it counts from now on."""
    if (body.person is None) != (body.scope in consents.OWN):
        raise bad_field("person", "the caregiver's user name with answer, see or be_told, and nobody with the others")
    if body.version != VERSION:
        raise bad_field("version", f"the version of the text that was shown, now {VERSION}")
    with deps.pool.connection() as conn:
        link = own(conn, caller, body.patient)
        person = None if body.person is None else _caregiver(conn, link.patient, body.person).account
        decision = consents.Decision(link.patient, person, body.scope, body.decision, body.version, "app")
        consents.record(conn, decision, by=caller.username, role=caller.role, at=deps.clock())
        subject = f"patient:{link.patient}"
        look(conn, deps, caller, action="consent", subject=subject, scope=body.scope, decision=body.decision)
        return _json(consents.history(conn, link.patient, 1)[0])


def _caregiver(conn: Connection, patient: str, username: str) -> app_people.Linked:
    for one in app_people.linked(conn, patient):
        if one.username == username and one.relation == "caregiver":
            return one
    raise Problem(404, "no such caregiver of yours")


@router.get("/caregivers")
def caregivers(patient: PatientId, caller: GivenCaller, deps: GivenDeps) -> dict[str, Any]:
    """Who else stands for the patient, with which scopes, and when they last sent something."""
    with deps.pool.connection() as conn:
        link = own(conn, caller, patient)
        look(conn, deps, caller, action="looked in the app", subject=f"patient:{link.patient}", what="caregivers")
        rows = [one for one in app_people.linked(conn, link.patient) if one.relation == "caregiver"]
    return {
        "caregivers": [
            {
                "person": one.username,
                "scopes": list(one.scopes),
                "since": iso(one.from_at),
                "claimed": one.claimed,
                "last_seen_at": iso_or_none(one.last_seen_at),
            }
            for one in rows
        ]
    }


@router.post("/caregivers", status_code=201)
def ask_in(body: CaregiverBody, caller: GivenCaller, *, deps: GivenDeps, request: Request) -> dict[str, Any]:
    """Let somebody help: a code for a new account, or somebody who has an account already."""
    by = by_of(deps, caller)
    with deps.pool.connection() as conn:
        link = own(conn, caller, body.patient)
        scopes = tuple(dict.fromkeys(body.scopes))
        wish = enrolment.NewPerson("caregiver", link.patient, link.site, body.language, scopes, VERSION, "app")
        if body.person is not None:
            return _join(conn, deps, caller, wish=wish, person=body.person)
        account = enrolment.add_person(conn, wish, by)
        code = enrolment.new_code(conn, account, by)
    return {
        "person": code.username,
        "code": code.code,
        "qr": qr.svg(enrolment.address(deps.console_url or host_of(request), code.code)),
        "expires_at": iso(code.expires_at),
    }


def host_of(request: Request) -> str:
    """Where this request came to, when the settings do not say where the hub is reached."""
    return f"{request.url.scheme}://{request.url.netloc}"


def _join(conn: Connection, deps: Deps, caller: Caller, *, wish: enrolment.NewPerson, person: str) -> dict[str, Any]:
    """Neither says whether the name exists: an unknown one and one that cannot be asked in are the same answer."""
    account = app_people.by_name(conn, person.lower())
    if account is None or account.role != "caregiver" or account.site != wish.site:
        raise bad_field("person", "the user name of a caregiver of this site")
    try:
        enrolment.join(conn, account, wish, by_of(deps, caller))
    except ValueError as error:
        raise bad_field("person", "a caregiver who does not stand for you yet") from error
    look(conn, deps, caller, action="caregiver asked in", subject=f"patient:{wish.patient}", account=account.username)
    return {"person": account.username, "code": None, "qr": None, "expires_at": None}


@router.delete("/caregivers/{person}")
def revoke(person: str, patient: PatientId, caller: GivenCaller, deps: GivenDeps) -> dict[str, str]:
    """From now on the caregiver sees nothing of this patient."""
    with deps.pool.connection() as conn:
        link = own(conn, caller, patient)
        found = _caregiver(conn, link.patient, person)
        account = app_people.by_id(conn, found.account)
        if account is not None:
            enrolment.revoke(conn, account, link.patient, reason="revoked by the patient", by=by_of(deps, caller))
    return {"person": person}
