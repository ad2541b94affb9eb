"""Notes on a patient, and who is responsible for the patient now. Nothing here is ever changed or deleted."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from psycopg.errors import CheckViolation, ForeignKeyViolation, UniqueViolation
from pydantic import Field

from clinician_ui.access import Caller, Verb, may, person_in_circle
from clinician_ui.deps import Deps
from clinician_ui.sessions import Allowed, GivenDeps
from clinician_ui.spoken import says_something
from domain.instants import iso, micros, moment
from storage import audit, care_notes, people, registry, responsibles, rosters
from storage.care_notes import Draft, Note
from storage.connection import Connection
from storage.responsibles import Transfer
from web.bodies import Body, LongText, Name, Text
from web.problems import Problem, bad_field

SHOWN = 50  # transfers, the newest

router = APIRouter(prefix="/api/patients", tags=["notes and responsible"])
Seer = Annotated[Caller, Depends(Allowed(Verb.SEE))]
Writer = Annotated[Caller, Depends(Allowed(Verb.COMMENT))]
Giver = Annotated[Caller, Depends(Allowed(Verb.ASSIGN))]
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200)]


class NoteWish(Body):
    """POST /api/patients/{patient}/notes. `corrects`: the number of a note that this one stands for from now on."""

    text: LongText
    corrects: Annotated[int, Field(ge=1, lt=1 << 62)] | None = None


class TransferWish(Body):
    """POST /api/patients/{patient}/responsible. `before`: who is responsible as the caller sees it, null: nobody."""

    person: Name
    before: Name | None
    reason: Text


def _audit(conn: Connection, deps: Deps, caller: Caller, *, action: str, patient: str, **detail: Any) -> None:
    audit.append(conn, audit.Look(deps.clock(), caller.username, action, f"patient:{patient}", detail))


@router.get("/{patient}/notes")
def notes(patient: str, caller: Seer, deps: GivenDeps) -> dict[str, Any]:
    """Every note, the newest first; one that was corrected names the one that stands for it."""
    with deps.pool.connection() as conn:
        row = person_in_circle(conn, caller, patient)
        _audit(conn, deps, caller, action="notes", patient=row.id)
        found = care_notes.of_patient(conn, row.id)
    return {"patient": row.id, "notes": [_note_json(each) for each in found]}


@router.post("/{patient}/notes", status_code=201)
def write(patient: str, body: NoteWish, caller: Writer, deps: GivenDeps, *, key: Key) -> dict[str, Any]:
    """Write a note, once for each key; 409 when what it corrects was corrected by somebody before."""
    if not says_something(body.text):
        raise bad_field("text", "a sentence")
    try:
        with deps.pool.connection() as conn:
            row = person_in_circle(conn, caller, patient)
            draft = Draft(row.id, caller.username, caller.role, deps.clock(), body.text, body.corrects, key)
            number = care_notes.write(conn, draft)
            if number is None:
                return _again(conn, draft)
            _audit(conn, deps, caller, action="note.written", patient=row.id, id=number, corrects=body.corrects)
            found = care_notes.of_patient(conn, row.id)
    except (ForeignKeyViolation, CheckViolation):
        raise bad_field("corrects", "the number of a note on this patient") from None
    except UniqueViolation:
        raise Problem(409, "somebody corrected this note before: read the newest") from None
    return {"id": number, "patient": row.id, "notes": [_note_json(each) for each in found]}


def _again(conn: Connection, draft: Draft) -> dict[str, Any]:
    """What the same press wrote before; 422 when it wrote something else."""
    earlier = care_notes.by_key(conn, draft.author, draft.key)
    if earlier is None:
        raise RuntimeError("patient_note: neither written nor there")
    patient, note = earlier
    if (patient, note.text, note.corrects) != (draft.patient, draft.text, draft.corrects):
        raise bad_field("Idempotency-Key", "a key that was not used for something else")
    return {
        "id": note.id,
        "patient": patient,
        "notes": [_note_json(each) for each in care_notes.of_patient(conn, patient)],
    }


def _note_json(note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "author": note.author,
        "role": note.role,
        "at": iso(note.at),
        "text": note.text,
        "corrects": note.corrects,
        "corrected_by": note.corrected_by,
    }


@router.get("/{patient}/responsible")
def responsible(patient: str, caller: Seer, deps: GivenDeps) -> dict[str, Any]:
    """Who is responsible now, every transfer before, and who may take over."""
    with deps.pool.connection() as conn:
        row = person_in_circle(conn, caller, patient)
        _audit(conn, deps, caller, action="responsible", patient=row.id)
        return _responsible_json(conn, row.id, row.site)


@router.post("/{patient}/responsible", status_code=201)
def transfer(patient: str, body: TransferWish, caller: Giver, deps: GivenDeps) -> dict[str, Any]:
    """Hand the patient over to somebody, with a reason; 412 when somebody else did meanwhile, who is named."""
    if not says_something(body.reason):
        raise bad_field("reason", "a sentence that says why")
    with deps.pool.connection() as conn:
        row = person_in_circle(conn, caller, patient)
        registry.lock_patient(conn, row.id)
        now = responsibles.current(conn, row.id)
        person = None if now is None else now.person
        if now is not None and (person, now.before, now.set_by, now.reason) == (
            body.person,
            body.before,
            caller.username,
            body.reason,
        ):
            return _responsible_json(conn, row.id, row.site)  # the answer to the first press was lost
        if person != body.before:
            said = "nobody" if now is None else f"{now.person}, by {now.set_by} at {iso(micros(now.at))}"
            raise Problem(412, f"somebody was first: responsible is {said}")
        if person == body.person:
            raise bad_field("person", "somebody else than who is responsible now")
        _takes(conn, body.person, row.site)
        wish = Transfer(0, body.person, person, caller.username, caller.role, moment(deps.clock()), body.reason)
        number = responsibles.transfer(conn, row.id, wish)
        _audit(conn, deps, caller, action="transferred", patient=row.id, id=number, to=body.person, before=person)
        return _responsible_json(conn, row.id, row.site)


def _takes(conn: Connection, person: str, site: str) -> None:
    role = people.role_at(conn, person, site)
    if role is None or not may(role, Verb.ACKNOWLEDGE):
        raise bad_field("person", "the user name of somebody of this circle of care who may acknowledge alerts")


def _responsible_json(conn: Connection, patient: str, site: str) -> dict[str, Any]:
    known = {each.username: each.role for each in rosters.people_at(conn, [site])}
    past = responsibles.of_patient(conn, patient, SHOWN)
    now = None if not past else _transfer_json(past[0]) | {"here": may(known.get(past[0].person, ""), Verb.ACKNOWLEDGE)}
    takers = [{"username": name, "role": role} for name, role in known.items() if may(role, Verb.ACKNOWLEDGE)]
    return {"patient": patient, "now": now, "transfers": [_transfer_json(each) for each in past], "takers": takers}


def _transfer_json(each: Transfer) -> dict[str, Any]:
    return {
        "person": each.person,
        "before": each.before,
        "since": iso(micros(each.at)),
        "by": each.set_by,
        "role": each.set_role,
        "reason": each.reason,
    }
