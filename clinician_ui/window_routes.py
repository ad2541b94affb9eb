"""What runs on the work list besides alerts: open aplasia windows, and aplasia clocks without an antibiotic yet."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from alerts import aplasia_clock
from alerts.aplasia_clock import Clock
from alerts.window_desk import Stay, windows
from clinician_ui.access import Caller, Verb
from clinician_ui.figures_views import clocks_of
from clinician_ui.sessions import Allowed, GivenDeps
from clinician_ui.views import window_json
from domain.instants import Micros, iso
from storage import audit, board, marks
from storage.connection import Connection

router = APIRouter(prefix="/api", tags=["patients"])
Seer = Annotated[Caller, Depends(Allowed(Verb.SEE))]


@router.get("/windows")
def running(caller: Seer, deps: GivenDeps) -> dict[str, Any]:
    """Patients of the circle inside an aplasia window, and the clocks that run. The look is on record."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        audit.append(conn, audit.Look(now, caller.username, "windows", "sites", {"sites": list(caller.sites)}))
        stays = [Stay(row.id, row.site, row.plan) for row in board.patients(conn, caller.sites)]
        found = windows(conn, stays, at=now)
        clocks = _running(conn, caller)
    return {
        "now": iso(now),
        "windows": [{"patient": patient, **(window_json(each) or {})} for patient, each in found.items() if each.open],
        "clocks": [_clock_json(each, now) for each in clocks],
    }


def _running(conn: Connection, caller: Caller) -> list[Clock]:
    """Clocks of alerts that are not closed: the antibiotic is not recorded, inside the hour or after it."""
    named = [alert.id for alert, _ in board.open_alerts(conn, caller.sites) if alert.rule in aplasia_clock.RULES]
    clocks = clocks_of(marks.of_alerts(conn, named))
    return [each for each in clocks if "signal" in each.marks and "antibiotic" not in each.marks]


def _clock_json(clock: Clock, now: Micros) -> dict[str, Any]:
    signal = clock.marks["signal"].at
    return {
        "alert": clock.alert,
        "patient": clock.patient,
        "signal_at": iso(signal),
        "verdict": aplasia_clock.verdict(clock, now),
    }
