"""How a patient takes the oral treatment of the plan. The look is on record before anything is read."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from alerts.adherence_desk import LONGEST, adherence_now
from clinician_ui.access import Caller, Verb, patient_in_circle
from clinician_ui.sessions import Allowed, GivenDeps
from storage import audit

router = APIRouter(prefix="/api", tags=["patients"])
Seer = Annotated[Caller, Depends(Allowed(Verb.SEE))]


@router.get("/patients/{patient}/adherence")
def patient_adherence(
    patient: str, caller: Seer, deps: GivenDeps, days: Annotated[int, Query(ge=1, le=LONGEST)] = 28
) -> dict[str, Any]:
    """Doses and measures of each drug over the last days, with what nobody reported as an interval."""
    with deps.pool.connection() as conn:
        row = patient_in_circle(conn, caller, patient)
        now = deps.clock()
        look = audit.Look(now, caller.username, "looked", f"patient:{row.id}", {"what": "adherence", "days": days})
        audit.append(conn, look)
        return adherence_now(conn, row.id, row.site, row.plan, at=now, days=days)
