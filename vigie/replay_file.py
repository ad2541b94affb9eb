"""A readings file (interface, section 7) judged like live messages and played through the live engine. Wiring only."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from alerts.library import shipped
from alerts.plan import check_plan
from alerts.replay import Recording
from domain.alerts import AlertEvent, ClockFault, Input
from domain.decode import Fault
from domain.instants import Micros, iso, parse_iso
from domain.values import Origin, Reading, Rejected
from domain.vocabulary import ACVPU, CONSCIOUSNESS
from domain.wire import Observation
from ingest import judge
from ingest.accept import AHEAD

REQUIRED = ("patient", "measured_at", "received_at", "code", "value", "unit")
OPTIONAL = ("body_site", "method", "by")


class UnusableFile(ValueError):
    """The file as a whole cannot be played; the message names the line or field and what was expected."""


def replay(readings: Path, context: Path | None, *, verdicts: bool = False) -> Iterator[dict[str, Any]]:
    """Output lines of a replay, in order; with `verdicts`, then what every rule says at the last row."""
    rows = sorted(_rows(readings), key=lambda row: (row[0], row[1], row[2]))
    recording = Recording(shipped(), _plans(context))
    for event in recording.play(_inputs(rows)):
        yield _rejection(event) if isinstance(event, Rejected) else line(event)
    for patient, found in recording.findings() if verdicts else ():
        yield {"patient": patient, "rule": found.rule, "event": "verdict", "verdict": found.verdict, "why": found.why}


def _plans(context: Path | None) -> dict[str, dict[str, Any]]:
    if context is None:
        return {}
    try:
        found = json.loads(context.read_text("utf-8"))
    except ValueError as error:
        raise UnusableFile(f"{context}: expected JSON: {error}") from error
    patients = found.get("patients") if isinstance(found, dict) else None
    if not isinstance(patients, dict) or not all(isinstance(plan, dict) for plan in patients.values()):
        raise UnusableFile(f"{context}: patients: expected an object of patient to care plan")
    for patient, plan in patients.items():
        for fault in check_plan(plan, shipped()):
            raise UnusableFile(f"{context}: patients.{patient}.{fault}")
    return patients


Row = tuple[Micros, Micros, int, str, "Reading | Rejected", "ClockFault | None"]


def _rows(path: Path) -> Iterator[Row]:
    with path.open(newline="", encoding="utf-8-sig") as source:
        reader = csv.DictReader(source)
        missing = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
        if missing:
            raise UnusableFile(f"{path}: header: expected the columns {', '.join(missing)} as well")
        for number, row in enumerate(reader, start=1):
            yield _row(path, number, {name: (row.get(name) or "").strip() for name in (*REQUIRED, *OPTIONAL)})


def _row(path: Path, number: int, row: dict[str, str]) -> Row:
    where = f"{path}: line {number + 1}"
    if not row["patient"]:
        raise UnusableFile(f"{where}: patient: expected an id")
    try:
        received_at, measured_at = parse_iso(row["received_at"]), parse_iso(row["measured_at"])
    except ValueError as error:
        raise UnusableFile(f"{where}: measured_at, received_at: {error}") from error
    origin = Origin(row["method"] or row["by"] or "file", "file", number)
    if measured_at <= received_at + AHEAD:
        stamp, fault = judge.Stamp(measured_at, row["patient"]), None
    else:  # a clock that cannot be right never costs a reading
        stamp = judge.Stamp(received_at, row["patient"], True, measured_at)
        fault = ClockFault(row["patient"], origin.device, measured_at, received_at)
    return received_at, measured_at, number, row["patient"], _judged(row, origin, stamp, received_at=received_at), fault


def _judged(row: dict[str, str], origin: Origin, stamp: judge.Stamp, *, received_at: Micros) -> Reading | Rejected:
    context = judge.Context(origin, received_at, row["by"] or "device", stamp, lambda _: stamp)
    faults: list[Fault] = []
    found = judge.readings([_observation(row)], context, places=None, faults=faults)
    if found:
        return msgspec.structs.replace(found[0], method=row["method"] or None)
    fault, raw = faults[0], ",".join(row.values()).encode()
    path = fault.path.partition(".")[2]
    return Rejected(
        fault.reason, path, fault.expected, raw, received_at, "replay", None, None, row["patient"], "file", origin.seq
    )  # fmt: skip


def _observation(row: dict[str, str]) -> Observation:
    if row["code"] == CONSCIOUSNESS and row["value"] in ACVPU:
        return Observation(row["code"], s=row["value"], site=row["body_site"] or None)  # type: ignore[arg-type]
    try:
        value = float(row["value"])
    except ValueError:
        value = float("nan")
    return Observation(row["code"], value, row["unit"], site=row["body_site"] or None)


def _inputs(rows: list[Row]) -> Iterator[tuple[str, Micros, Input]]:
    for received_at, _, _, patient, found, fault in rows:
        if fault is not None:
            yield patient, received_at, fault
        yield patient, received_at, found


def line(event: AlertEvent) -> dict[str, Any]:
    """One alert event as an output line."""
    alert = event.alert
    return {
        "patient": alert.patient,
        "rule": alert.rule,
        "event": event.kind,
        "severity": alert.severity,
        "category": alert.category,
        "at": iso(event.at),
        "condition_at": iso(alert.condition_at),
        "late": alert.late,
        "criterion": alert.criterion,
        "reason": {"fr": alert.reason.fr, "en": alert.reason.en},
        "evidence": [
            {"code": e.code, "value": e.value, "unit": e.unit, "measured_at": iso(e.measured_at), "limit": e.limit,
             "body_site": e.body_site, "corrected": e.corrected, "reading": e.reading}
            for e in alert.evidence
        ],
        "state": alert.state,
        "alert": alert.id,
        "condition_to": None if alert.condition_to is None else iso(alert.condition_to),
        "rings": alert.rings,
    }  # fmt: skip


def _rejection(refused: Rejected) -> dict[str, Any]:
    at = iso(refused.received_at)
    return {
        "patient": refused.patient, "rule": None, "event": "rejected", "severity": None, "category": None, "at": at,
        "condition_at": None, "late": False, "criterion": None, "reason": refused.reason.value, "evidence": [],
        "field": refused.path, "expected": refused.expected, "line": (refused.seq or 0) + 1,
    }  # fmt: skip
