"""Reading: snapshot, one patient, a series, alerts, answers. Every look is on record before anything is read."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse
from psycopg import IsolationLevel

from alerts import chart_desk
from alerts.asking import ZONE
from alerts.questionnaire_shelf import books, sets_of
from alerts.window_desk import compiled_now, window_of
from clinician_ui import chart_views, views
from clinician_ui.access import Caller, Verb, alert_in_circle, patient_in_circle
from clinician_ui.deps import Deps
from clinician_ui.sessions import Allowed, GivenDeps
from domain.alerts import Alert
from domain.burden import by_day
from domain.instants import DAY, Micros, iso
from domain.vocabulary import MEASURES, canonical
from storage import answers, audit, board, pauses, responsibles, series
from storage import feed as events
from storage.connection import Connection
from web.bodies import Instant
from web.problems import bad_field

SHOWN_FOR: Micros = 90 * DAY
ON_BOARD = ("8310-5", "8867-4", "9279-1", "59408-5", "8480-6", "8462-4", "80288-4", "3151-8", "29463-7", "26499-4")
MOST = 500
BURDEN_FOR: Micros = 14 * DAY

router = APIRouter(prefix="/api", tags=["patients"])
Seer = Annotated[Caller, Depends(Allowed(Verb.SEE))]


def _look(deps: Deps, caller: Caller, action: str, subject: str, **detail: Any) -> None:
    with deps.pool.connection() as conn:
        audit.append(conn, audit.Look(deps.clock(), caller.username, action, subject, detail))


@router.get("/snapshot", response_class=JSONResponse)
def snapshot(caller: Seer, deps: GivenDeps) -> Response:
    """Everything on the board and the cursor it belongs to, of one instant."""
    # Encoded here: looking through 2 MB of plain values once more costs the framework as long as all the rest.
    return Response(msgspec.json.encode(_snapshot(caller, deps)), media_type="application/json")


def _snapshot(caller: Caller, deps: Deps) -> dict[str, Any]:
    _look(deps, caller, "snapshot", "sites", sites=list(caller.sites))
    now = deps.clock()
    with deps.pool.connection() as conn:
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        try:
            with conn.transaction():
                cursor = events.bounds(conn)[1]
                alerts = board.open_alerts(conn, caller.sites)
                patients = _patients(conn, board.patients(conn, caller.sites), _codes(alerts), now)
                names = board.site_names(conn, caller.sites)
        finally:
            conn.isolation_level = None
    return {
        "cursor": cursor,
        "now": iso(now),
        "speed": deps.hub.speed,
        "sites": [{"id": site, "name": name} for site, name in names.items()],
        "patients": patients,
        "alerts": [views.alert_json(alert, site) for alert, site in alerts],
    }


def _codes(alerts: Sequence[tuple[Alert, str]]) -> tuple[str, ...]:
    """What every board shows, and what the alerts on this one rest on."""
    named = {item.code for alert, _ in alerts for item in alert.evidence}
    return (*ON_BOARD, *sorted(named & set(MEASURES) - set(ON_BOARD)))


def _patients(
    conn: Connection, rows: list[board.PatientRow], codes: tuple[str, ...], now: Micros
) -> list[dict[str, Any]]:
    names = [row.id for row in rows]
    latest: dict[str, list[board.LatestRow]] = defaultdict(list)
    for item in board.latest(conn, names, codes, now - SHOWN_FOR):
        latest[item.patient].append(item)
    devices: dict[str, list[board.DeviceRow]] = defaultdict(list)
    for device in board.devices(conn, names):
        devices[device.patient].append(device)
    paused, charged = pauses.current(conn, names), responsibles.of_patients(conn, names)
    return [
        views.patient_json(
            row,
            latest[row.id],
            devices[row.id],
            pause=views.pause_now_json(paused.get(row.id, ()), now),
            responsible=charged.get(row.id),
        )
        for row in rows
    ]


@router.get("/patients/{patient}")
def one_patient(patient: str, caller: Seer, deps: GivenDeps) -> dict[str, Any]:
    """One patient: every latest value, devices, plan, treatments given, alerts that are not closed."""
    with deps.pool.connection() as conn:
        row = patient_in_circle(conn, caller, patient)
        audit.append(conn, audit.Look(deps.clock(), caller.username, "looked", f"patient:{row.id}"))
        now = deps.clock()
        shown = _patients(conn, [row], tuple(MEASURES), now)[0]
        given = board.given(conn, row.id, 50)
        rules = compiled_now(conn, row.site, row.plan, at=now)
        window = None if rules is None else window_of(conn, row.id, rules, at=now)
        score = None if rules is None else chart_desk.news2(conn, row.id, rules, at=now)
        alerts = [alert for alert in board.alerts_of(conn, row.id, MOST) if alert.state != "closed"]
    return {
        **shown,
        "now": iso(now),
        "care_plan": row.plan,
        "window": views.window_json(window),
        "limits": [] if rules is None else [chart_views.limit_json(limit) for limit in chart_desk.limits(rules)],
        "news2": chart_views.news2_json(score),
        "given": [views.given_json(item) for item in given],
        "alerts": [views.alert_json(alert, row.site) for alert in alerts],
    }


class Stretch:
    """The query of a series."""

    def __init__(
        self,
        code: str,
        start: Annotated[Instant, Query(alias="from")],
        end: Annotated[Instant, Query(alias="to")],
        points: Annotated[int, Query(ge=2, le=5000)] = 500,
    ) -> None:
        known = canonical(code, None)
        if known is None:
            raise bad_field("code", "a code of the vocabulary (GET /api/vocabulary)")
        if end <= start:
            raise bad_field("to", "an instant after from")
        self.code, self.start, self.end, self.points = known[0], start, end, points


@router.get("/patients/{patient}/series")
def patient_series(
    patient: str, stretch: Annotated[Stretch, Depends()], caller: Seer, deps: GivenDeps
) -> dict[str, Any]:
    """Readings of one code measured between two instants; thinned ones are real and keep every extreme."""
    with deps.pool.connection() as conn:
        row = patient_in_circle(conn, caller, patient)
        look = audit.Look(deps.clock(), caller.username, "looked", f"patient:{row.id}", {"series": stretch.code})
        audit.append(conn, look)
        found = series.points(conn, series.Span(row.id, stretch.code, stretch.start, stretch.end, stretch.points))
    return {
        "patient": row.id,
        "code": stretch.code,
        "name": views.measure_name(stretch.code),
        "unit": MEASURES[stretch.code].unit,
        "points": [chart_views.point_json(point) for point in found],
    }


@router.get("/patients/{patient}/alerts")
def patient_alerts(
    patient: str, caller: Seer, deps: GivenDeps, limit: Annotated[int, Query(ge=1, le=MOST)] = 100
) -> dict[str, Any]:
    """A patient's alerts, newest first, closed ones too."""
    with deps.pool.connection() as conn:
        row = patient_in_circle(conn, caller, patient)
        audit.append(conn, audit.Look(deps.clock(), caller.username, "looked", f"patient:{row.id}", {"what": "alerts"}))
        found = board.alerts_of(conn, row.id, limit)
    return {"patient": row.id, "alerts": [views.alert_json(alert, row.site) for alert in found]}


@router.get("/patients/{patient}/reports")
def patient_reports(
    patient: str, caller: Seer, deps: GivenDeps, limit: Annotated[int, Query(ge=1, le=MOST)] = 100
) -> dict[str, Any]:
    """A patient's answers, newest first, with the names of what was asked; and the burden of the last days."""
    with deps.pool.connection() as conn:
        row = patient_in_circle(conn, caller, patient)
        look = audit.Look(deps.clock(), caller.username, "looked", f"patient:{row.id}", {"what": "reports"})
        audit.append(conn, look)
        found = board.answers(conn, row.id, limit)
        said = answers.reports_since(conn, row.id, deps.clock() - BURDEN_FOR)
        names = views.answer_names_json(found, sets_of(conn, row.site))
        of_sites = books(conn)
    known = list(of_sites.get(row.site, of_sites[""]).values())
    burden = [views.burden_json(day) for day in by_day(said, (row.plan or {}).get("timezone") or ZONE)]
    return {
        "patient": row.id,
        "reports": [views.answer_json(item, known) for item in found],
        "names": names,
        "burden": burden,
    }


@router.get("/alerts/{alert}")
def one_alert(alert: str, caller: Seer, deps: GivenDeps) -> dict[str, Any]:
    """One alert and what happened to it, newest first."""
    with deps.pool.connection() as conn:
        found, site = alert_in_circle(conn, caller, alert)
        audit.append(conn, audit.Look(deps.clock(), caller.username, "looked", f"alert:{found.id}"))
        past = events.history(conn, found.id, MOST)
    history = [{"id": event.id, **views.event_json(event)} for event in past]
    return {"alert": views.alert_json(found, site), "history": history}


@router.get("/vocabulary", dependencies=[Depends(Allowed(Verb.SEE))])
def vocabulary() -> dict[str, Any]:
    """Codes and units for the entry form."""
    return {"measures": views.vocabulary_json()}
