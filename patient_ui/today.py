"""Today, as JSON: what is due, what the app says at once, advice, whom to call, what was received. No HTTP here."""

import hashlib
from datetime import timedelta
from typing import Any

import msgspec

from alerts import day_desk
from alerts.asking import Turn
from alerts.day_desk import AtOnce, PatientDay, Stream
from alerts.oral.drugs import ASK
from alerts.oral.due import DoseToday
from alerts.window_desk import window_now
from domain.alerts import Alert, Said
from domain.burden import minutes_of
from domain.instants import DAY, MINUTE, Micros, iso, micros, moment
from domain.vocabulary import CONSCIOUSNESS, MEASURES, TEMPERATURE, WEIGHT
from domain.wall_clock import instant_of, local_date, zone_of
from patient_ui import service_now, views
from patient_ui.access import Caller
from patient_ui.deps import Deps
from storage import app_reading, board
from storage.app_people import Link
from storage.app_reading import PatientRow
from storage.board import LatestRow
from storage.connection import Connection

# What people measure at home by hand, in this order.
BY_HAND = (TEMPERATURE, "8867-4", "8480-6", "8462-4", "59408-5", "9279-1", WEIGHT)
SHOWN_FOR: Micros = 30 * DAY
RECEIPTS = 30
MOST_ALERTS = 50
_DOSE_STATES = {
    "later": "later", "due": "due", "asked": "late", "missed": "late", "taken": "done", "late": "done",
    "skipped": "skipped", "vomited": "vomited", "hold": "held", "off": "off", "away": "off",
}  # fmt: skip


def today_json(conn: Connection, deps: Deps, caller: Caller, *, link: Link, row: PatientRow) -> dict[str, Any]:
    """Everything of now. A caller without `see` is told what is due, not what was measured or what alerts say."""
    now, sees = deps.clock(), "see" in link.scopes
    day = day_desk.day_of(conn, row.id, at=now)
    zone_name = views.zone_name(row, deps.timezone, now)
    acting = sorted(deps.acting)
    found = service_now.around(conn, row.site, acting=acting, at=now, wall=deps.wall())
    alerts = [alert for alert in board.alerts_of(conn, row.id, MOST_ALERTS) if alert.state != "closed"]
    body = {
        "now": iso(now),
        "timezone": zone_name,
        "day": moment(now).astimezone(zone_of(zone_name)).date().isoformat(),
        "phase": _phase(conn, row, day, now),
        "due": due_json(conn, row.id, day, sees=sees),
        "ahead": ahead_json(row, day, deps.timezone),
        "measures": [views.measure_json(MEASURES[code]) for code in (*BY_HAND, CONSCIOUSNESS)],
        "call": service_now.call_json(found, row),
        "watched": service_now.watched_json(found, acting),
        "at_once": [_at_once_json(each, day) for each in day_desk.at_once(day)],
        "advice": _advice(day, alerts) if sees else [],
        "receipts": _receipts(conn, caller, row.id, acting),
    }
    told = {key: value for key, value in body.items() if key != "now"}
    version = hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:16]
    return {**body, "version": version}


def _phase(conn: Connection, row: PatientRow, day: PatientDay, now: Micros) -> dict[str, Any]:
    window = window_now(conn, row.id, row.site, row.plan, at=now)
    pause = None if day.state is None else next((each for each in day.state.pauses if each.covers(now)), None)
    return {
        "aplasia": None if window is None else {
            "open": window.open,
            "since": views.iso_or_none(window.since),
            "expected_end": views.iso_or_none(window.expected_end),
            "overdue": window.overdue,
        },
        "pause": None if pause is None else {"kind": pause.kind, "until": views.iso_or_none(pause.until)},
    }  # fmt: skip


def due_json(conn: Connection, patient: str, day: PatientDay, *, sees: Any) -> list[dict[str, Any]]:
    """What is due, in order of time: measures, doses, questionnaires."""
    expected = day_desk.streams(day)
    codes = [stream.code for stream in expected]
    last = {item.code: item for item in board.latest(conn, [patient], codes, day.at - SHOWN_FOR)}
    rows = [_measure(stream, last.get(stream.code), day.at, sees) for stream in expected]
    rows += [_dose(dose) for dose in day_desk.doses(conn, patient, day)]
    rows += [_questionnaire(turn, day.at) for turn in day_desk.turns(conn, patient, day)]
    return sorted(rows, key=lambda item: item["due_at"] or "")


def ahead_json(row: PatientRow, day: PatientDay, home: str) -> dict[str, Any]:
    """The doses of the days to come and the clock they are told by: what an app goes by while it has no network."""
    doses = day_desk.doses_ahead(day)
    now_zone = zone_of(views.zone_name(row, home, day.at))
    end = instant_of(local_date(day.at, now_zone) + timedelta(days=day_desk.DAYS_AHEAD + 1), 0, now_zone)
    known = [each for each in views.zones(row, home) if each[0] < end]
    zones = known[max(n for n, (since, _) in enumerate(known) if since <= day.at) :]
    texts = {dose.drug: dose for dose in reversed(doses)}
    return {
        "until": iso(end),
        "zones": [{"from": None if since <= day.at else iso(since), "timezone": name} for since, name in zones],
        "drugs": [
            {"drug": name, "name": None, "food": None if dose.food == ASK else _said(dose.food),
             "if_missed": _said(dose.if_missed), "if_vomited": _said(dose.if_vomited)}
            for name, dose in texts.items()
        ],
        "intakes": [
            {"drug": dose.drug, "due_at": views.iso_or_none(dose.due_at), "from": views.iso_or_none(dose.from_at),
             "until": views.iso_or_none(dose.late_at), "closes_at": views.iso_or_none(dose.counts_at),
             "mg": dose.dose_mg, "n": dose.tablets, "held": dose.state == "on hold", "why": dose.why}
            for dose in doses
        ],
    }  # fmt: skip


def _measure(stream: Stream, last: LatestRow | None, at: Micros, sees: Any) -> dict[str, Any]:
    found = day_desk.due(stream, None if last is None else micros(last.measured_at), at)
    shown = views.measure_json(MEASURES[stream.code])
    return {
        "kind": "measure",
        **shown,
        "due_at": iso(found.due_at),
        "from": iso(found.from_at),
        "until": iso(found.until),
        "every_min": stream.cadence // MINUTE,
        "state": found.state,
        "last": _last(last) if sees and last is not None else None,
    }


def _last(row: LatestRow) -> dict[str, Any]:
    return {
        "at": iso(micros(row.measured_at)),
        "value": row.value,
        "text": views.value_text(row.code, row.value),
        "unit": MEASURES[row.code].unit,
        "by": row.by,
        "body_site": row.body_site,
    }


def _dose(dose: DoseToday) -> dict[str, Any]:
    return {
        "kind": "intake",
        "drug": dose.drug,
        "name": None,
        "mg": dose.dose_mg,
        "n": dose.tablets,
        "due_at": views.iso_or_none(dose.due_at),
        "from": views.iso_or_none(dose.from_at),
        "until": views.iso_or_none(dose.late_at),
        "closes_at": views.iso_or_none(dose.counts_at),
        "state": _DOSE_STATES.get(dose.state, dose.state),
        "asked": dose.state == "asked",
        "taken_late": dose.state == "late",
        "taken_at": views.iso_or_none(dose.taken_at),
        "by": dose.by,
        "too_many": dose.too_many,
        "food": None if dose.food == ASK else _said(dose.food),
        "if_missed": _said(dose.if_missed),
        "if_vomited": _said(dose.if_vomited),
        "why": dose.why,
        "said": [views.said_json(intake) for intake in dose.said],
    }


def _questionnaire(turn: Turn, at: Micros) -> dict[str, Any]:
    """`ask`: codes to ask whatever their section says; `drugs`: whose questions are asked."""
    found, shown = turn.questionnaire, turn.shown
    return {
        "kind": "questionnaire",
        "id": found.id,
        "version": found.version,
        "q": found.name,
        "qv": found.ref,
        "title": {"fr": found.title.fr, "en": found.title.en},
        "due_at": iso(turn.from_at),
        "from": iso(turn.from_at),
        "until": iso(turn.until_at),
        "every_min": turn.every_min,
        "state": "done" if turn.done else "due" if at >= turn.from_at else "later",
        "baseline": turn.baseline,
        "ask": list(turn.ask),
        "drugs": list(turn.drugs),
        "questions": len(shown),
        "minutes": minutes_of(shown),
    }


def _said(text: Said) -> dict[str, str]:
    return {"fr": text.fr, "en": text.en}


def _at_once_json(each: AtOnce, day: PatientDay) -> dict[str, Any]:
    measured = each.codes[0] in MEASURES
    offsets = {} if day.state is None or each.codes != (TEMPERATURE,) else day.state.compiled.offsets
    return {
        "rule": each.rule,
        **({"code": each.codes[0], "offsets": offsets} if measured else {"answers": list(each.codes)}),
        "op": each.op,
        "limit": each.limit,
        "again_min": each.again_min,
        "from": views.iso_or_none(each.from_at),
        "until": views.iso_or_none(each.until),
        "text": {"fr": each.text.fr, "en": each.text.en},
        "call": True,
    }


def _advice(day: PatientDay, alerts: list[Alert]) -> list[dict[str, Any]]:
    """What the protocol tells the patient beside each open alert, the gravest and newest first."""
    found = []
    ranks = {"high": 0, "medium": 1, "low": 2}
    protocol = None if day.state is None else day.state.compiled.protocol
    for alert in sorted(alerts, key=lambda one: (ranks[one.severity], -one.opened_at)):
        text, ask = day_desk.advice_of(protocol, alert)
        if text is None or alert.state == "pending":
            continue
        found.append(
            {
                "alert": alert.id,
                "severity": alert.severity,
                "opened_at": iso(alert.opened_at),
                "title": {"fr": alert.reason.fr, "en": alert.reason.en},
                "text": {"fr": text.fr, "en": text.en},
                "ask": None if ask is None else {"fr": ask.fr, "en": ask.en},
                "call": alert.severity == "high",
                "acknowledged": alert.state == "acknowledged",
            }
        )
    return found


def _receipts(conn: Connection, caller: Caller, patient: str, acting: list[str]) -> list[dict[str, Any]]:
    devices = app_reading.devices_of(conn, caller.username, patient)
    rows = app_reading.receipts(conn, patient, devices, roles=acting, limit=RECEIPTS)
    return [views.receipt_json(row, caller.by) for row in rows]
