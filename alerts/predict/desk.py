"""A patient's forecast for people to read: what is stored, or why there is none. For the console and the service."""

from typing import Any

from psycopg import Connection

from alerts.predict import outputs, request
from alerts.predict.request import Asked, Treatment
from domain.instants import Micros, iso, micros
from domain.vocabulary import NEUTROPHILS
from storage import forecasts


def question(known: forecasts.Known, at: Micros) -> Asked:
    """What the forecast of a patient is asked now."""
    given = [Treatment(each.kind, each.name, each.at, each.amount, each.unit) for each in known.given]
    return request.asked(known.patient, known.plan, given, counts=known.counts, at=at)


def concerned(known: forecasts.Known) -> bool:
    """Whether anybody would look for a forecast: a regimen in the plan, or chemotherapy that was given."""
    return bool((known.plan or {}).get("regimen")) or any(each.kind == "chemotherapy" for each in known.given)


def forecast_now(conn: Connection[Any], patient: str, at: Micros) -> dict[str, Any]:
    """The object of the interface, section 9, with when it was made, out of what, and what it speaks of in dates.

    A patient without a stored forecast gets one that is refused and says what is missing.
    """
    stored = forecasts.newest(conn, [patient]).get(patient)
    since = at - request.LOOK_BACK
    known = next(iter(forecasts.known(conn, [patient], code=NEUTROPHILS, since=since)), None)
    if known is None:
        known = forecasts.Known(patient, "", None, (), ())
    asked = question(known, at)
    found: dict[str, Any] = (
        outputs.body(outputs.refused(asked), ms=0.0) if stored is None else {**stored.body, "id": patient}
    )
    if stored is None and asked.request is not None:
        found |= {"why": "the forecast is being made", "why_fr": "la prévision est en cours de calcul"}
    start = asked.day_zero_at if stored is None else _micros(stored.day_zero_at)
    return found | {
        "patient": patient,
        "concerned": stored is not None or concerned(known),
        "current": stored is not None and stored.fingerprint == asked.fingerprint,
        "made_at": None if stored is None else iso(micros(stored.made_at)),
        "checked_at": None if stored is None else iso(micros(stored.checked_at)),
        "cause": None if stored is None else stored.cause,
        "day_zero_at": None if start is None else iso(start),
        "next_dose_at": None if asked.next_dose_at is None else iso(asked.next_dose_at),
        "p_late_recovery": None if stored is None else stored.asked.get("p_late_recovery"),
        "counts": [{"at": iso(when), "anc": anc} for when, anc in known.counts if start is not None and when >= start],
        "doses": [
            {"kind": each.kind, "name": each.name, "at": iso(each.at), "amount": each.amount, "unit": each.unit}
            for each in known.given
            if start is None or each.at >= start
        ],
    }


def _micros(at: Any) -> Micros | None:
    return None if at is None else micros(at)
