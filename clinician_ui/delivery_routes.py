"""Who was told of an alert and what became of it, the patient too; and the receipt that a browser showed a push."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends

from alerts.day_desk import advice_of
from alerts.window_desk import compiled_now
from clinician_ui.access import Caller, Verb, alert_in_circle, patient_in_circle
from clinician_ui.sessions import Allowed, GivenDeps
from domain.instants import iso
from storage import advice, app_people, audit, deliveries, outbox
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


@router.get("/alerts/{alert}/advice")
def alert_advice(alert: str, caller: Seer, deps: GivenDeps) -> dict[str, Any]:
    """What the protocol has the patient told beside the alert, and which accounts of the app were told what, and when.

    `text` null: the protocol has no words for it. `accounts`: how many of the patient's people may read advice.
    """
    now = deps.clock()
    with deps.pool.connection() as conn:
        found, site = alert_in_circle(conn, caller, alert)
        look = audit.Look(now, caller.username, "looked", f"alert:{found.id}", {"what": "advice"})
        audit.append(conn, look)
        row = patient_in_circle(conn, caller, found.patient)
        rules = compiled_now(conn, site, row.plan, at=now)
        text, _ = advice_of(None if rules is None else rules.protocol, found)
        told = advice.of_alert(conn, found.id)
        linked = app_people.linked(conn, found.patient)
    return {
        "alert": found.id,
        "text": None if text is None else {"fr": text.fr, "en": text.en},
        "told": [{"person": one.person, "role": one.role, "text": one.text, "at": iso(one.at)} for one in told],
        "accounts": sum(one.claimed and "see" in one.scopes for one in linked),
    }


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
