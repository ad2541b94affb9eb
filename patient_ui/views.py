"""Stored rows as the JSON of the app's interface (docs/app-api.md). Pure; computes nothing clinical."""

from collections.abc import Sequence
from typing import Any

from alerts.oral.plan import BEGINNING, wall_zones
from domain.instants import Micros, iso
from domain.values import Intake, Origin
from domain.vocabulary import ACVPU_LETTERS, BODY_SITES, CONSCIOUSNESS, MEASURES, TEMPERATURE, Measure
from patient_ui.access import Caller, device_name, speaker
from patient_ui.deps import Deps
from storage.app_people import Link
from storage.app_reading import IntakeRow, PatientRow, Receipt
from storage.board import AnswerRow
from storage.series import Point

EMERGENCY = ("15", "112")


def me_json(caller: Caller, deps: Deps, patients: Sequence[tuple[Link, PatientRow]]) -> dict[str, Any]:
    """A caller and their patients."""
    return {
        "person": caller.username,
        "role": caller.role,
        "language": caller.session.language,
        "install": caller.session.install,
        "device": caller.session.install,
        "second_factor": caller.session.otp_on,
        "now": iso(deps.clock()),
        "emergency": list(EMERGENCY),
        "hub": {"version": deps.hub.version, "speed": deps.hub.speed, "demo": deps.hub.demo},
        "patients": [_patient(caller, deps, link, row) for link, row in patients],
    }


def _patient(caller: Caller, deps: Deps, link: Link, row: PatientRow) -> dict[str, Any]:
    named = row.family_name is not None or row.given_name is not None
    return {
        "id": row.id,
        "name": {"family": row.family_name, "given": row.given_name} if named else None,
        "birth_date": None if row.birth_date is None else row.birth_date.isoformat(),
        "relation": link.relation,
        "by": caller.by,
        "scopes": list(link.scopes),
        "device": device_name(speaker(caller, link)),
        "timezone": zone_name(row, deps.timezone, deps.clock()),
        "site": {"id": row.site, "name": row.site_name},
        "phone": row.site_phone,
    }


def zones(row: PatientRow, home: str) -> tuple[tuple[Micros, str], ...]:
    """Where the clock on the patient's wall is, from when on: the plan's time zone and its trips, else the hub's."""
    try:
        return wall_zones(row.plan or {}, home)
    except (TypeError, ValueError, KeyError, AttributeError):  # a plan that nobody checked
        return ((BEGINNING, home),)


def zone_name(row: PatientRow, home: str, at: Micros) -> str:
    """The one of a moment."""
    return next(name for since, name in reversed(zones(row, home)) if since <= at)


def measure_json(measure: Measure) -> dict[str, Any]:
    """What may be entered by hand, and between which values the hub takes it."""
    body_sites = BODY_SITES if measure.code == TEMPERATURE else {}
    return {
        "code": measure.code,
        "name": {"fr": measure.fr, "en": measure.en},
        "unit": measure.unit,
        "units": [unit for unit in measure.units if unit],
        "decimals": measure.decimals,
        "plausible": {
            "usual_from": measure.usual_from,
            "usual_to": measure.usual_to,
            "refuse_below": measure.reject_below,
            "refuse_above": measure.reject_above,
        },
        "body_sites": [{"id": name, "fr": fr, "en": en} for name, (fr, en) in body_sites.items()],
    }


def value_text(code: str, value: float) -> str:
    """A value with its measure's decimals; the letter of ACVPU."""
    if code == CONSCIOUSNESS:
        return ACVPU_LETTERS.get(int(value), str(value))
    decimals = MEASURES[code].decimals if code in MEASURES else 1
    return f"{value:.{decimals}f}"


def point_json(point: Point) -> dict[str, Any]:
    """One point of a history."""
    return {
        "at": iso(point.at),
        "value": point.value,
        "by": point.by,
        "body_site": point.body_site,
        "quality": point.quality,
    }


def intake_json(row: IntakeRow) -> dict[str, Any]:
    """One intake."""
    return {
        "drug": row.drug,
        "due_at": iso_or_none(row.due_at),
        "at": iso(row.at),
        "state": row.state,
        "mg": row.mg,
        "n": row.n,
        "by": row.by,
        "device": row.origin.device,
        "boot": row.origin.boot,
        "seq": row.origin.seq,
        "i": row.index,
        "retracted": None if row.back_at is None else {"at": iso(row.back_at), "by": row.back_by, "why": row.back_why},
    }


def said_json(intake: Intake) -> dict[str, Any]:
    """One word about a dose, under the names by which it can be taken back."""
    origin = intake.origin or Origin("", "", 0)
    return {
        "device": origin.device,
        "boot": origin.boot,
        "seq": origin.seq,
        "i": intake.index,
        "state": intake.state,
        "at": iso(intake.measured_at if intake.taken_at is None else intake.taken_at),
        "by": intake.by,
    }


def answer_json(row: AnswerRow) -> dict[str, Any]:
    """One answer."""
    return {
        "at": row.measured_at.isoformat().replace("+00:00", "Z"),
        "questionnaire": row.questionnaire,
        "item": row.item,
        "attribute": row.attribute,
        "grade": row.grade,
        "number": row.number,
        "text": row.text,
        "by": row.by,
    }


def receipt_json(row: Receipt, by: str) -> dict[str, Any]:
    """What became of one message."""
    return {
        "boot": row.boot,
        "seq": row.seq,
        "device": row.device,
        "by": by,
        "received_at": iso(row.received_at),
        "read_at": iso_or_none(row.read_at),
        "read_by_role": row.read_by_role,
    }


def iso_or_none(at: Micros | None) -> str | None:
    """µs as ISO 8601 UTC with Z."""
    return None if at is None else iso(at)
