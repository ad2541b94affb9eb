"""What a patient is asked and should have taken today, for whoever asks by telephone or at the bedside. Reads only."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from msgspec import to_builtins

from alerts import day_desk
from alerts.asking import Turn, load_of
from alerts.oral.due import DoseToday
from clinician_ui.access import Caller, Verb, person_in_circle
from clinician_ui.sessions import Allowed, GivenDeps
from domain.instants import Micros, iso
from domain.questionnaire_view import view
from storage import audit

router = APIRouter(prefix="/api", tags=["patients"])


@router.get("/patients/{patient}/asked")
def asked(patient: str, caller: Annotated[Caller, Depends(Allowed(Verb.ENTER))], deps: GivenDeps) -> dict[str, Any]:
    """The questionnaires of the phase that is now, the doses of the patient's own day, and the load that they make."""
    with deps.pool.connection() as conn:
        row = person_in_circle(conn, caller, patient)
        audit.append(conn, audit.Look(deps.clock(), caller.username, "looked", f"patient:{row.id}", {"what": "asked"}))
        day = day_desk.day_of(conn, row.id, at=deps.clock())
        turns, doses = day_desk.turns(conn, row.id, day), day_desk.doses(conn, row.id, day)
    return {
        "patient": row.id,
        "now": iso(day.at),
        "questionnaires": [turn_json(turn) for turn in turns],
        "doses": [_dose_json(dose) for dose in doses],
        "load": to_builtins(load_of(turns)),
        "fault": day.fault,
    }


def turn_json(turn: Turn) -> dict[str, Any]:
    """One questionnaire with its turn. `ask`: codes to ask whatever their section says."""
    return {
        **view(turn.questionnaire),
        "from": iso(turn.from_at),
        "until": iso(turn.until_at),
        "done": turn.done,
        "last_at": _iso(turn.last_at),
        "baseline": turn.baseline,
        "ask": list(turn.ask),
        "drugs_taken": list(turn.drugs),
    }


def _dose_json(dose: DoseToday) -> dict[str, Any]:
    return {
        "drug": dose.drug,
        "state": dose.state,
        "due_at": _iso(dose.due_at),
        "mg": dose.dose_mg,
        "n": dose.tablets,
        "taken_at": _iso(dose.taken_at),
        "by": dose.by,
    }


def _iso(at: Micros | None) -> str | None:
    return None if at is None else iso(at)
