"""How a patient takes the oral treatment, for people to read: measures and the calendar of doses, as JSON.

Made from the plans as they were set and the stored intakes each time it is asked. Called by the console.
"""

from typing import Any

from psycopg import Connection

from alerts.core.oral_memory import MOST
from alerts.loading import versions_of
from alerts.oral.doses import Standing
from alerts.oral.expected import Versions
from alerts.oral.lapsing import lapse_of
from alerts.oral.matching import Event, Matched, time_of
from alerts.oral.measures import MARGIN, Adherence, DrugMeasures, Interval, adherence
from alerts.oral.windows import IntakesText, windows
from alerts.predict.mode_desk import LAPSE
from alerts.window_desk import compiled_now
from domain.instants import DAY, Micros, iso
from domain.values import Intake
from models.adherence.lapse import Lapse
from models.adherence.lapse_prior import shipped
from storage import answers, app_reading, history, model_modes, pauses
from storage.app_reading import IntakeRow

LONGEST = 120  # days that may be asked for
AHEAD = 30 * DAY  # in which the next two doses are looked for


def adherence_now(
    conn: Connection[Any], patient: str, site: str, plan: dict[str, Any] | None, *, at: Micros, days: int
) -> dict[str, Any]:
    """The last `days` days until now."""
    compiled = compiled_now(conn, site, plan, at=at)
    text = IntakesText() if compiled is None else compiled.protocol.intakes
    plans = versions_of(history.plans(conn, [patient]).get(patient, ()))
    start = at - days * DAY
    intakes = answers.intakes(conn, [patient], start - MARGIN, each=MOST * 4)
    resting = tuple(pauses.current(conn, [patient]).get(patient, ()))
    known_from = min((since for since, known in plans.rows if known.entries), default=at)
    found = adherence(plans, intakes, windows(text), stretch=(max(start, known_from), at), pauses=resting)
    lapses = _lapses(found, plans) if _asked_for(conn, site) else {}
    return {
        "patient": patient,
        "from": iso(found.start),
        "to": iso(at),
        "timezone": plans.now.zone(at).key,
        "windows": {"late_min": text.late_min, "asked_min": text.asked_min, "source": text.source,
                    "status": text.status},
        "drugs": [{**_drug(drug), "lapse": lapses.get(drug.drug)} for drug in found.drugs],
        "doses": [_dose(row, standing) for row, standing in found.doses],
        "beside": [_event(event) for event in found.strays],
        "not_in_plan": _not_in_plan(found),
        "retracted": [_retracted(row) for row in app_reading.retracted(conn, patient, found.start, at)],
    }  # fmt: skip


def _asked_for(conn: Connection[Any], site: str) -> bool:
    """The risk of a lapse is shown where a site has switched it on, and nowhere else."""
    mode = model_modes.current(conn, [site], LAPSE).get(site)
    return mode is not None and mode.mode == "on"


def _lapses(found: Adherence, plans: Versions) -> dict[str, dict[str, Any]]:
    """Drug -> the risk that its next two doses are both missed, or why it is not known."""
    coming = [dose for dose in plans.doses(found.now + 1, found.now + AHEAD) if dose.held is None]
    prior = shipped()
    return {
        drug.drug: _lapse(
            lapse_of(
                [row for row in found.doses if row[0].dose.drug == drug.drug],
                [dose for dose in coming if dose.drug == drug.drug],
                prior,
            )
        )
        for drug in found.drugs
    }


def _lapse(risk: Lapse) -> dict[str, Any]:
    return {
        "pct": None if risk.probability is None else round(100 * risk.probability, 1),
        "low": None if risk.low is None else round(100 * risk.low, 1),
        "high": None if risk.high is None else round(100 * risk.high, 1),
        "recency": risk.recency,
        "known_doses": risk.known_doses,
        "why": risk.why or None,
        "version": risk.version,
    }


def _drug(found: DrugMeasures) -> dict[str, Any]:
    return {
        "drug": found.drug,
        "counts": found.counts,
        "taking_pct": _interval(found.taking),
        "correct_days_pct": _interval(found.correct_days),
        "on_time_pct": found.on_time,
        "timing_pct": found.timing,
        "relative_dose_intensity_pct": _interval(found.intensity),
        "extra": found.extra,
        "not_due": found.not_due,
        "during_hold": found.during_hold,
        "first_at": None if found.first_at is None else iso(found.first_at),
        "last_at": None if found.last_at is None else iso(found.last_at),
        "persistence_days": found.persistence_days,
        "stopped_days": found.stopped_days,
    }


def _interval(found: Interval) -> dict[str, float | None]:
    return {"low": found.low, "high": found.high}


def _dose(row: Matched, standing: Standing) -> dict[str, Any]:
    dose = row.dose
    return {
        "drug": dose.drug,
        "day": dose.day.isoformat(),
        "due_at": iso(dose.due_at),
        "zone": dose.zone,
        "mg": dose.dose_mg,
        "n": dose.tablets,
        "state": standing.state,
        "events": [_event(event) for event in row.events],
        "skipped": [_said(intake) for intake in row.skipped],
        "hold": None if dose.held is None else {"reason": dose.held.reason, "by": dose.held.ordered_by},
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "drug": event.intakes[0].drug,
        "at": iso(event.at),
        "kind": event.kind,
        "doses": round(event.doses, 3),
        "amount_known": event.exact,
        "vomited": event.vomited,
        "said": [_said(intake) for intake in event.intakes],
    }


def _said(intake: Intake) -> dict[str, Any]:
    return {
        "state": intake.state,
        "by": intake.by,
        "at": iso(time_of(intake)),
        "received_at": iso(intake.received_at),
        "device": None if intake.origin is None else intake.origin.device,
        "mg": intake.mg,
        "n": intake.tablets,
        "why": intake.why,
        **({} if intake.origin is None else {"boot": intake.origin.boot, "seq": intake.origin.seq, "i": intake.index}),
    }


def _retracted(row: IntakeRow) -> dict[str, Any]:
    """An intake recorded by mistake: it counts for nothing."""
    return {
        "drug": row.drug,
        "state": row.state,
        "at": iso(row.at),
        "by": row.by,
        "retracted": {"at": iso(row.back_at or row.at), "by": row.back_by, "why": row.back_why},
    }


def _not_in_plan(found: Adherence) -> list[dict[str, Any]]:
    return [{"drug": intake.drug, **_said(intake)} for intake in found.unplanned]
