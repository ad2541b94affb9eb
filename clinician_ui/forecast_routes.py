"""The forecast of the neutrophil count of a patient. The look is on record before anything is read."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from alerts.predict.desk import forecast_now
from clinician_ui.access import Caller, Verb, person_in_circle
from clinician_ui.sessions import Allowed, GivenDeps
from storage import audit

router = APIRouter(prefix="/api", tags=["models"])
Seer = Annotated[Caller, Depends(Allowed(Verb.SEE))]


@router.get("/patients/{patient}/forecast")
def patient_forecast(patient: str, caller: Seer, deps: GivenDeps) -> dict[str, Any]:
    """The newest forecast, or one that is refused and says what is missing. A model's word, not a measurement."""
    with deps.pool.connection() as conn:
        row = person_in_circle(conn, caller, patient)
        look = audit.Look(deps.clock(), caller.username, "looked", f"patient:{row.id}", {"what": "forecast"})
        audit.append(conn, look)
        return forecast_now(conn, row.id, deps.clock())
