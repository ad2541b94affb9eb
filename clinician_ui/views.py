"""Domain values and stored rows as the JSON of the interface. Pure; computes nothing clinical."""

from collections.abc import Sequence
from typing import Any

import msgspec

from alerts.core.codes import named
from alerts.window_desk import WindowNow
from domain.alerts import Alert, AlertEvent, Evidence, Pause
from domain.answer_names import answer_name, set_name
from domain.burden import Day
from domain.converting import converter
from domain.instants import Micros, iso, micros
from domain.questionnaire import Questionnaire, Words
from domain.vocabulary import ACVPU_LETTERS, BODY_SITES, CONSCIOUSNESS, MEASURES, NEUTROPHILS
from storage.actions import Filed
from storage.board import AnswerRow, DeviceRow, GivenRow, LatestRow, PatientRow
from storage.feed import FeedEvent
from storage.quarantine import Again, Refused

_event = converter(AlertEvent)


def iso_or_none(at: Micros | None) -> str | None:
    """µs as ISO 8601 UTC with Z."""
    return None if at is None else iso(at)


def _iso_of(moment: Any) -> str | None:
    return None if moment is None else iso(micros(moment))


def alert_json(alert: Alert, site: str) -> dict[str, Any]:
    """An alert as interface, section 5 names it."""
    return {
        "id": alert.id,
        "patient": alert.patient,
        "site": site,
        "rule": alert.rule,
        "protocol": alert.protocol,
        "protocol_version": alert.protocol_version,
        "protocol_digest": alert.protocol_digest,
        "clause": alert.clause,
        "cause": alert.cause,
        "place": alert.place,
        "category": alert.category,
        "severity": alert.severity,
        "state": alert.state,
        "criterion": alert.criterion,
        "late": alert.late,
        "rings": alert.rings,
        "latched": alert.latched,
        "disproved": alert.disproved,
        "opened_at": iso(alert.opened_at),
        "condition_from": iso(alert.condition_at),
        "condition_to": iso_or_none(alert.condition_to),
        "last_met_at": iso(alert.last_met_at),
        "reason": {"fr": alert.reason.fr, "en": alert.reason.en},
        "evidence": [evidence_json(item) for item in alert.evidence],
        "assignee": alert.assignee,
        "snoozed_until": iso_or_none(alert.snoozed_until),
        "escalation": {"step": alert.escalation.step, "next_at": iso_or_none(alert.escalation.next_at)},
        "acknowledged_by": alert.acknowledged_by,
        "acknowledged_at": iso_or_none(alert.acknowledged_at),
        "closed_by": alert.closed_by,
        "closed_at": iso_or_none(alert.closed_at),
        "version": alert.version,
    }


def evidence_json(item: Evidence) -> dict[str, Any]:
    """One value behind an alert."""
    return {
        "code": item.code,
        "name": measure_name(item.code),
        "value": item.value,
        "text": value_text(item.code, item.value),
        "unit": item.unit,
        "corrected": item.corrected,
        "limit": item.limit,
        "measured_at": iso(item.measured_at),
        "received_at": iso(item.received_at),
        "body_site": site_name(item.body_site),
        "by": item.by,
        "reading": item.reading,
    }


def measure_name(code: str) -> dict[str, str]:
    """A code's names; the code itself when it is no measure, no model's output, no answer (a rule's own evidence)."""
    if code.startswith("answer:"):
        item, _, attribute = code.removeprefix("answer:").partition(".")
        return words_json(answer_name(item, attribute))
    if code not in MEASURES and not code.startswith("model:"):
        return {"fr": code, "en": code}
    found = named(code)
    return {"fr": found.fr, "en": found.en}


def words_json(words: Words) -> dict[str, str]:
    """A text in both languages."""
    return {"fr": words.fr, "en": words.en}


def answer_names_json(rows: Sequence[AnswerRow], asked: Sequence[Questionnaire]) -> dict[str, dict[str, str]]:
    """ITEM.ATTRIBUTE of these answers -> what people call it; `asked`: the site's questionnaires, for imported ones."""
    questions = {question.code: question.text for each in asked for question in each.questions}
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        code = f"{row.item}.{row.attribute or 'severity'}"
        if code not in found:
            found[code] = words_json(answer_name(row.item, row.attribute, questions.get(code)))
    return found


def site_name(body_site: str | None) -> dict[str, str] | None:
    """A site of measurement with its names."""
    if body_site is None:
        return None
    fr, en = BODY_SITES.get(body_site, (body_site, body_site))
    return {"id": body_site, "fr": fr, "en": en}


def value_text(code: str, value: float) -> str:
    """A value with its measure's decimals, one more where rounding would hide a difference; the letter of ACVPU."""
    if code == CONSCIOUSNESS:
        return ACVPU_LETTERS.get(int(value), str(value))
    decimals = MEASURES[code].decimals if code in MEASURES else 0
    text = f"{round(value, 3):.3f}".rstrip("0").rstrip(".")
    shown = len(text.partition(".")[2])
    return f"{value:.{min(max(shown, decimals), decimals + 1)}f}"


def latest_json(row: LatestRow) -> dict[str, Any]:
    """The last measured value of one code."""
    measure = MEASURES.get(row.code)
    return {
        "code": row.code,
        "name": measure_name(row.code),
        "value": row.value,
        "text": value_text(row.code, row.value),
        "unit": measure.unit if measure else "",
        "measured_at": _iso_of(row.measured_at),
        "received_at": _iso_of(row.received_at),
        "body_site": site_name(row.body_site),
        "quality": row.quality,
        "by": row.by,
        "device": row.device,
    }


def device_json(row: DeviceRow) -> dict[str, Any]:
    """A worn device."""
    return {
        "id": row.id,
        "kind": row.kind,
        "online": row.online,
        "battery": row.battery,
        "last_seen_at": _iso_of(row.last_seen_at),
    }


def pause_now_json(pauses: Sequence[Pause], now: Micros) -> dict[str, Any] | None:
    """The pause that a patient is in, None when in none."""
    found = next((each for each in pauses if each.covers(now)), None)
    if found is None:
        return None
    return {
        "id": found.id,
        "kind": found.kind,
        "from": iso(found.from_at),
        "until": iso_or_none(found.until),
        "reason": found.reason,
        "by": found.actor,
    }


def patient_json(
    row: PatientRow,
    latest: Sequence[LatestRow],
    devices: Sequence[DeviceRow],
    *,
    pause: dict[str, Any] | None,
    responsible: tuple[str, Any] | None = None,
) -> dict[str, Any]:
    """A patient on the board; rows of other patients must have been left out by the caller."""
    plan = row.plan or {}
    return {
        "id": row.id,
        "site": row.site,
        "name": {"family": row.family_name, "given": row.given_name},
        "phone": row.phone,
        "plan": {key: plan.get(key) for key in ("protocol", "regimen", "cycle_start", "aplasia")} if plan else None,
        "last_contact": _iso_of(row.contact),
        "latest": [latest_json(item) for item in latest],
        "devices": [device_json(item) for item in devices],
        "quarantine": row.refused,
        "pause": pause,
        "responsible": None if responsible is None else {"person": responsible[0], "since": _iso_of(responsible[1])},
    }


def event_json(event: FeedEvent) -> dict[str, Any]:
    """A feed event without `id` and `prev`. `alert` None: the body cannot be read, the page asks anew."""
    if not event.alert:
        return {"at": iso(event.at), "kind": event.kind, "patient": event.patient, **event.body}
    frame: dict[str, Any] = {"at": iso(event.at), "kind": f"alert.{event.kind}", "patient": event.patient}
    try:
        body = _event(event.body)
    except msgspec.ValidationError:
        return {**frame, "alert_id": event.alert, "alert": None}
    return {
        **frame,
        "alert_id": event.alert,
        "condition_at": iso_or_none(body.condition_at),
        "actor": body.actor,
        "note": body.note,
        "action": body.action,
        "alert": alert_json(body.alert, event.site),
    }


def answer_json(row: AnswerRow, known: Sequence[Questionnaire]) -> dict[str, Any]:
    """One answer of a person. `known`: every version of what the site's patients are or were asked."""
    return {
        "at": _iso_of(row.measured_at),
        "questionnaire": row.questionnaire,
        "title": words_json(set_name(row.questionnaire, row.version, known)),
        "item": row.item,
        "attribute": row.attribute,
        "grade": row.grade,
        "number": row.number,
        "text": row.text,
        "by": row.by,
        "version": row.version,
        "channel": row.channel,
    }


def burden_json(day: Day) -> dict[str, Any]:
    """What one day asked of a home. `measured`: the share of rounds whose minutes were measured, not estimated."""
    return {
        "day": day.day.isoformat(),
        "rounds": day.rounds,
        "questions": day.questions,
        "minutes": day.minutes,
        "measured": day.measured,
    }


def window_json(now: WindowNow | None) -> dict[str, Any] | None:
    """The aplasia window; None where the protocol has none."""
    if now is None:
        return None
    return {
        "open": now.open,
        "opened_by": now.opened_by,
        "since": None if now.since is None else iso(now.since),
        "expected_end": None if now.expected_end is None else iso(now.expected_end),
        "overdue": now.overdue,
        "count_known": now.known,
        "last_count": now.last_count,
        "last_count_at": None if now.last_count_at is None else iso(now.last_count_at),
        "unit": MEASURES[NEUTROPHILS].unit,
    }


def given_json(row: GivenRow) -> dict[str, Any]:
    """One treatment given."""
    return {
        "kind": row.kind,
        "name": row.name,
        "at": _iso_of(row.given_at),
        "amount": row.amount,
        "unit": row.unit,
        "by": row.by,
    }


def printable(payload: bytes) -> str:
    """Bytes as text that cannot deceive: what is not printable becomes a visible escape."""
    text = payload.decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in text)


def _escape(letter: str) -> str:
    return letter if letter == "\n" else f"\\u{{{ord(letter):x}}}"


def refused_json(row: Refused) -> dict[str, Any]:
    """One refusal; everything that came from outside is made printable."""
    outside = {name: getattr(row, name) for name in ("path", "expected", "topic", "site", "device")}
    return {
        "id": row.id,
        "received_at": iso(row.received_at),
        "reason": row.reason,
        **{name: None if text is None else printable(text.encode()) for name, text in outside.items()},
        "patient": row.patient,
        "payload": printable(row.payload),
        "size": row.size,
        "truncated": row.size > len(row.payload),
        "seen_by": row.seen_by,
        "seen_at": iso_or_none(row.seen_at),
        "again": None if row.again is None else again_json(row.again),
        "can_again": row.device not in (None, "console") and not (row.again and row.again.said is None),
    }


def again_json(again: Again) -> dict[str, Any]:
    """What became of a refusal that was judged again. `said` None: its content is stored."""
    said = None if again.said is None else printable(again.said.encode())
    return {"by": again.by, "at": iso(again.at), "said": said}


def first_json(filed: Filed | None, alert: Alert) -> dict[str, Any]:
    """Who was first, for a 412: from the inbox, else what the alert itself says."""
    if filed is not None:
        return {"by": filed.actor, "action": filed.body.get("action"), "version": alert.version}
    by = alert.closed_by or alert.acknowledged_by
    return {"by": by, "action": None, "version": alert.version, "state": alert.state}


def vocabulary_json() -> list[dict[str, Any]]:
    """Codes, names and units for the entry form."""
    return [
        {
            "code": measure.code,
            "name": {"fr": measure.fr, "en": measure.en},
            "units": list(measure.units),
            "unit": measure.unit,
            "decimals": measure.decimals,
        }
        for measure in MEASURES.values()
    ]
