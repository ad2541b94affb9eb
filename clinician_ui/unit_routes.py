"""The unit: sparklines of a page of patients in one query, and what the next 48 hours hold. Every look is on record."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from alerts.ahead import AHEAD, Expects, Load
from alerts.unit_desk import Unwell, unit
from alerts.window_desk import Stay
from clinician_ui.access import Caller, Verb
from clinician_ui.sessions import Allowed, GivenDeps
from clinician_ui.views import device_json, iso_or_none, measure_name
from domain.instants import HOUR, MINUTE, Micros, iso
from storage import audit, board, series
from web.problems import Problem, bad_field

router = APIRouter(prefix="/api/unit", tags=["unit"])
Seer = Annotated[Caller, Depends(Allowed(Verb.SEE))]
DRAWN = ("8310-5", "8867-4", "59408-5")  # temperature, heart rate, saturation
STRETCH: Micros = 24 * HOUR
PART: Micros = 30 * MINUTE
MOST = 60


@router.get("")
def ahead_of(caller: Seer, deps: GivenDeps, site: Annotated[str | None, Query(max_length=64)] = None) -> dict[str, Any]:
    """What the next 48 h hold for the patients of a site (without: of the circle), and devices to look after."""
    now, sites = deps.clock(), caller.sites if site is None else (site,)
    if not set(sites) <= set(caller.sites):
        raise Problem(404, "no such site in your circle of care")
    with deps.pool.connection() as conn:
        audit.append(conn, audit.Look(now, caller.username, "unit", "sites", {"sites": list(sites)}))
        stays = [Stay(row.id, row.site, row.plan) for row in board.patients(conn, sites)]
        found = unit(conn, stays, at=now)
    lists = {name: getattr(found.ahead, name) for name in ("opening", "closing", "counts", "grade4")}
    return {
        "now": iso(now),
        "until": iso(now + AHEAD),
        "patients": len(stays),
        "measures": [_load_json(each) for each in found.ahead.measures],
        "doses": {"n": found.ahead.doses.n, "patients": found.ahead.doses.patients},
        **{name: [_expects_json(each) for each in rows] for name, rows in lists.items()},
        "resting": list(found.ahead.resting),
        "faults": list(found.ahead.faults),
        "devices": [_unwell_json(each) for each in found.devices],
    }


@router.get("/traces")
def traces(
    caller: Seer, deps: GivenDeps, patient: Annotated[list[str], Query(min_length=1, max_length=MOST)]
) -> dict[str, Any]:
    """The last 24 h of these patients, lowest and highest of each half hour; those outside the circle are left out."""
    if any(len(each) > 64 for each in patient):
        raise bad_field("patient", "ids of at most 64 characters")
    now = deps.clock()
    with deps.pool.connection() as conn:
        mine = board.in_sites(conn, patient, caller.sites)
        audit.append(conn, audit.Look(now, caller.username, "looked", "patients", {"what": "traces", "patients": mine}))
        found = series.traces(conn, mine, DRAWN, start=now - STRETCH, part=PART)
    drawn: dict[str, dict[str, Any]] = {each: {} for each in mine}
    for trace in found:
        drawn[trace.patient][trace.code] = [[place, low, high, int(bad)] for place, low, high, bad in trace.spots]
    return {"from": iso(now - STRETCH), "part_s": PART // 1_000_000, "parts": STRETCH // PART, "traces": drawn}


def _load_json(load: Load) -> dict[str, Any]:
    return {"code": load.code, "name": measure_name(load.code), "n": load.n, "patients": load.patients}


def _expects_json(each: Expects) -> dict[str, Any]:
    return {"patient": each.patient, "at": iso_or_none(each.at), "why": each.why, "p": each.p, "likely": each.likely}


def _unwell_json(each: Unwell) -> dict[str, Any]:
    return {"patient": each.device.patient, **device_json(each.device), "why": list(each.why)}
