"""Patients' sheets: who somebody is, how to get there, whom to call. Every look and every change is on record."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Header

from clinician_ui.access import Caller, Verb, person_in_circle
from clinician_ui.filing import key_of, version_of
from clinician_ui.sessions import Allowed, GivenDeps
from clinician_ui.sheet_bodies import SheetBody
from domain.instants import iso
from domain.sheet import Sheet
from storage import audit, registry, sheets
from storage.connection import Connection
from storage.sheets import Draft, Written
from web.problems import FieldFault, Problem, bad_field

SHOWN = 20  # versions, the newest

router = APIRouter(prefix="/api", tags=["sheets"])
Seer = Annotated[Caller, Depends(Allowed(Verb.SEE))]
Writer = Annotated[Caller, Depends(Allowed(Verb.SHEET))]


@router.get("/sheets")
def of_circle(caller: Seer, deps: GivenDeps) -> dict[str, Any]:
    """The sheets that were written, of every patient of the circle: what a console keeps for the list on paper."""
    with deps.pool.connection() as conn:
        audit.append(conn, audit.Look(deps.clock(), caller.username, "sheets", f"account:{caller.username}"))
        found = sheets.of_sites(conn, caller.sites)
    return {"sheets": [_json(patient, *each) for patient, each in found.items()]}


@router.get("/patients/{patient}/sheet")
def sheet(patient: str, caller: Seer, deps: GivenDeps) -> dict[str, Any]:
    """The sheet as it is now, and who wrote the versions before."""
    with deps.pool.connection() as conn:
        row = person_in_circle(conn, caller, patient)
        audit.append(conn, audit.Look(deps.clock(), caller.username, "sheet", f"patient:{row.id}"))
        return _whole(conn, row.id)


@router.put("/patients/{patient}/sheet")
def put(
    patient: str, body: SheetBody, caller: Writer, deps: GivenDeps, *,
    if_match: Annotated[str | None, Header()] = None, idempotency_key: Annotated[str | None, Header()] = None,
) -> dict[str, Any]:  # fmt: skip
    """Write the sheet as a whole, once for each key; 412 when somebody else wrote meanwhile, who is named.

    The same press again is answered as it was the first time, also when the sheet has changed since.
    """
    seen, key, wanted = version_of(if_match, of="the sheet"), key_of(idempotency_key), body.value()
    if wanted.birth_date is not None and wanted.birth_date > iso(deps.clock())[:10]:
        raise bad_field("birth_date", "a day that has come")
    with deps.pool.connection() as conn:
        row = person_in_circle(conn, caller, patient)
        registry.lock_patient(conn, row.id)
        earlier = sheets.by_key(conn, caller.username, key)
        if earlier is not None:
            if earlier[:2] != (row.id, wanted):
                raise bad_field("Idempotency-Key", "a new key: this one was used for something else")
            return _with_past(conn, *earlier)
        before, written = sheets.current(conn, [row.id])[row.id]
        _unless_somebody_was_first(written, seen)
        sheets.write(conn, Draft(row.id, wanted, caller.username, caller.role, deps.clock(), key))
        changed = {"fields": wanted.changed(before)}
        audit.append(conn, audit.Look(deps.clock(), caller.username, "sheet.written", f"patient:{row.id}", changed))
        return _whole(conn, row.id)


def _unless_somebody_was_first(now: Written | None, seen: int) -> None:
    version = 0 if now is None else now.version
    if version == seen:
        return
    first = None if now is None else _written_json(now)
    who = "nobody" if now is None else now.by
    fault = FieldFault("If-Match", f'"{version}"')
    raise Problem(412, f"somebody was first: {who}", faults=[fault], extra={"first": first, "version": version})


def _whole(conn: Connection, patient: str) -> dict[str, Any]:
    return _with_past(conn, patient, *sheets.current(conn, [patient])[patient])


def _with_past(conn: Connection, patient: str, found: Sheet, written: Written | None) -> dict[str, Any]:
    past = sheets.history(conn, patient, SHOWN, upto=None if written is None else written.version)
    return _json(patient, found, written) | {"before": [_written_json(each) for each in past]}


def _json(patient: str, found: Sheet, written: Written | None) -> dict[str, Any]:
    return {
        "patient": patient,
        "version": 0 if written is None else written.version,
        "written": None if written is None else _written_json(written),
        "sheet": msgspec.to_builtins(found),
    }


def _written_json(each: Written) -> dict[str, Any]:
    return {"version": each.version, "by": each.by, "role": each.role, "at": iso(each.at)}
