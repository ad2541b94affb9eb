"""Looking: today, and the history of one thing. Every look is on record before anything is read."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query

from alerts import day_desk
from alerts.questionnaire_shelf import text_of
from domain.instants import DAY, Micros
from domain.vocabulary import MEASURES, canonical
from patient_ui import views
from patient_ui.access import Caller, GivenCaller, GivenDeps, link_to, look
from patient_ui.deps import Deps
from patient_ui.today import today_json
from storage import advice, app_reading, board, series
from storage.app_people import Link
from storage.app_reading import PatientRow
from storage.connection import Connection
from web.bodies import Instant
from web.problems import Problem, bad_field

LONGEST: Micros = 400 * DAY
MOST = 5000  # intakes or answers

router = APIRouter(prefix="/api", tags=["looking"])
PatientId = Annotated[str, Query(min_length=1, max_length=64)]


def _patient(
    deps: Deps, caller: Caller, patient: str, *, scopes: tuple[str, ...], what: str
) -> tuple[Link, PatientRow]:
    """In a transaction of its own: the trail is one chain, and nobody waits for another's reading."""
    with deps.pool.connection() as conn:
        link = link_to(conn, caller, patient, *scopes)
        look(conn, deps, caller, action="looked in the app", subject=f"patient:{link.patient}", what=what)
        rows = app_reading.patients(conn, [link.patient])
    if not rows:
        raise Problem(404, "no such patient among yours")
    return link, rows[0]


@router.get("/today")
def today(patient: PatientId, caller: GivenCaller, deps: GivenDeps) -> dict[str, Any]:
    """What is due, whom to call, who is watching, what was received."""
    link, row = _patient(deps, caller, patient, scopes=("see", "answer"), what="today")
    with deps.pool.connection() as conn:
        body = today_json(conn, deps, caller, link=link, row=row)
        if caller.session.account is not None and body["advice"]:
            advice.give(
                conn, caller.session.account, {each["alert"]: each["text"] for each in body["advice"]}, deps.clock()
            )
    return body


@router.get("/history")
def history(
    patient: PatientId, code: Annotated[str, Query(max_length=64)],
    start: Annotated[Instant, Query(alias="from")], caller: GivenCaller, deps: GivenDeps,
    *, end: Annotated[Instant | None, Query(alias="to")] = None, points: Annotated[int, Query(ge=2, le=1000)] = 200,
) -> dict[str, Any]:  # fmt: skip
    """Readings of one code, thinned without losing an extreme; intakes; answers."""
    until = deps.clock() if end is None else end
    if not start < until <= start + LONGEST:
        raise bad_field("from", f"an instant before `to`, at most {LONGEST // DAY} days")
    _, row = _patient(deps, caller, patient, scopes=("see",), what="history")
    with deps.pool.connection() as conn:
        if code == "intakes":
            rows = app_reading.intakes(conn, row.id, start, until, most=MOST + 1)
            return _list(row.id, code, [views.intake_json(each) for each in rows])
        if code == "answers":
            answers = board.answers(conn, row.id, MOST + 1, span=(start, until))
            return _list(row.id, code, [views.answer_json(each) for each in answers])
        return _series(conn, row.id, code, span=(start, until, points))


def _list(patient: str, code: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    """`cut`: there is more in that time than the newest that are here."""
    return {"patient": patient, "code": code, code: found[:MOST], "cut": len(found) > MOST}


def _series(conn: Connection, patient: str, code: str, *, span: tuple[Micros, Micros, int]) -> dict[str, Any]:
    known = canonical(code, None)
    if known is None or not code.isprintable():
        raise bad_field("code", "a measure's code, intakes or answers")
    measure = MEASURES[known[0]]
    found = series.points(conn, series.Span(patient, measure.code, *span))
    return {
        "patient": patient,
        "code": measure.code,
        "name": {"fr": measure.fr, "en": measure.en},
        "unit": measure.unit,
        "points": [views.point_json(point) for point in found],
    }


@router.get("/questionnaires/{name}")
def questionnaire(name: str, patient: PatientId, caller: GivenCaller, deps: GivenDeps) -> dict[str, Any]:
    """A set of questions as data (docs/questionnaires.md), by its id, or by the name that answers carry."""
    with deps.pool.connection() as conn:
        link = link_to(conn, caller, patient)
        found = text_of(conn, link.site, name) or _named(conn, link, name, at=deps.clock())
    if found is None:
        raise Problem(404, "no such questionnaire")
    resource: dict[str, Any] = json.loads(found)
    return resource


def _named(conn: Connection, link: Link, name: str, *, at: Micros) -> str | None:
    """By the name that answers carry: several sets have one name, so it is the one of the patient's protocol."""
    turns = day_desk.turns(conn, link.patient, day_desk.day_of(conn, link.patient, at=at))
    found = next((turn.questionnaire.id for turn in turns if turn.questionnaire.name == name), None)
    return None if found is None else text_of(conn, link.site, found)
