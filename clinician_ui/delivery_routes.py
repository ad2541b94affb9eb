"""Who was told of an alert, on which channel, and what became of it; and the receipt that a browser showed a push."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends

from clinician_ui.access import Caller, Verb, alert_in_circle
from clinician_ui.sessions import Allowed, GivenDeps
from storage import audit, deliveries, outbox
from web.problems import Problem

MOST = 500
router = APIRouter(prefix="/api", tags=["deliveries"])
Seer = Annotated[Caller, Depends(Allowed(Verb.SEE))]


@router.get("/alerts/{alert}/deliveries")
def alert_deliveries(alert: str, caller: Seer, deps: GivenDeps) -> dict[str, Any]:
    """Every delivery of an alert with all its states, newest step first."""
    with deps.pool.connection() as conn:
        found, _ = alert_in_circle(conn, caller, alert)
        look = audit.Look(deps.clock(), caller.username, "looked", f"alert:{found.id}", {"what": "deliveries"})
        audit.append(conn, look)
        return {"alert": found.id, "deliveries": deliveries.of_alert(conn, found.id, MOST)}


@router.post("/deliveries/{delivery}/receipt", status_code=204)
def receipt(delivery: UUID, caller: Seer, deps: GivenDeps) -> None:
    """The caller's browser showed the message of this delivery, which must be theirs."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        step = deliveries.received(conn, delivery, caller.username, now=now)
        if step is None:
            raise Problem(404, "no such delivery of yours that waits for a receipt")
        outbox.look_again(conn, step, now)
        deliveries.wake(conn)
