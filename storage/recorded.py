"""Everything a patient sent and said, read back as the engine's inputs in order of receipt. Read only, any length.

Each statement runs on a cursor of the server, so that memory holds a page of rows. Called by `vigie protocol try`.
"""

import heapq
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.instants import Micros, micros, moment
from domain.values import Given, Intake, Origin, Reading, Reason, Rejected, Report, Retraction
from storage.answers import given_of, intake_of, report_of
from storage.retractions import COLUMNS, retraction_of

PAGE = 5_000

Stored = Reading | Report | Intake | Retraction | Given | Rejected


class Watched(Struct, frozen=True):
    """A patient and the time under watch; `ended_at` None: still watched."""

    patient: str
    site: str
    created_at: Micros
    ended_at: Micros | None


class PlanVersion(Struct, frozen=True):
    """A care plan and since when it counts."""

    set_at: Micros
    body: dict[str, Any]


_PATIENTS = """
SELECT id, site, created_at, ended_at FROM patient
WHERE created_at < %s AND (ended_at IS NULL OR ended_at > %s) AND id NOT LIKE 'site.%%' ORDER BY id
"""
_PLANS = "SELECT set_at, body FROM plan WHERE patient = %s ORDER BY version"
_ANTIBIOTICS = (
    "SELECT given_at FROM given WHERE patient = %s AND kind = 'antibiotic' AND given_at < %s ORDER BY given_at"
)
_READINGS = """
SELECT patient, code, value, measured_at, received_at, body_site, quality, by, device, boot, seq, idx, method
FROM reading WHERE patient = %s AND received_at < %s ORDER BY received_at, measured_at, device, boot, seq, idx
"""
_REPORTS = """
SELECT patient, questionnaire, item, attribute, grade, number, text, measured_at, received_at, by,
       device, boot, seq, idx, version, channel
FROM report WHERE patient = %s AND received_at < %s ORDER BY received_at, device, boot, seq, idx
"""
_INTAKES = """
SELECT patient, drug, due_at, taken_at, tablets, mg, state, measured_at, received_at, by, device, boot, seq, idx,
       channel, why
FROM intake WHERE patient = %s AND received_at < %s ORDER BY received_at, device, boot, seq, idx
"""
_RETRACTIONS = f"""
SELECT {COLUMNS} FROM retraction WHERE patient = %s AND received_at < %s ORDER BY received_at, device, boot, seq, idx
"""
_GIVEN = """
SELECT patient, kind, name, given_at, received_at, amount, unit, by, device, boot, seq, idx
FROM given WHERE patient = %s AND received_at < %s ORDER BY received_at, device, boot, seq, idx
"""
_REJECTED = """
SELECT reason, path, expected, received_at, topic, site, device, patient, boot, seq
FROM rejected WHERE patient = %s AND received_at < %s ORDER BY received_at, id
"""


def patients(conn: Connection[Any], *, since: Micros, until: Micros) -> list[Watched]:
    """Patients who were under watch at some time between two instants."""
    rows = conn.execute(_PATIENTS, (moment(until), moment(since))).fetchall()
    return [
        Watched(patient, site, micros(created_at), None if ended_at is None else micros(ended_at))
        for patient, site, created_at, ended_at in rows
    ]


def plans(conn: Connection[Any], patient: str) -> list[PlanVersion]:
    """Every care plan of a patient, oldest first."""
    return [PlanVersion(micros(set_at), body) for set_at, body in conn.execute(_PLANS, (patient,)).fetchall()]


def antibiotics(conn: Connection[Any], patient: str, *, until: Micros) -> list[Micros]:
    """When a patient was given antibiotics."""
    return [micros(given_at) for (given_at,) in conn.execute(_ANTIBIOTICS, (patient, moment(until))).fetchall()]


def inputs(conn: Connection[Any], patient: str, *, until: Micros) -> Iterator[Stored]:
    """Readings, reports, intakes, treatments and refusals of a patient by time of receipt. Inside one transaction."""
    kinds: list[tuple[str, str, Callable[[tuple[Any, ...]], Stored]]] = [
        ("readings", _READINGS, _reading), ("reports", _REPORTS, report_of),
        ("retractions", _RETRACTIONS, retraction_of), ("intakes", _INTAKES, intake_of),
        ("given", _GIVEN, given_of), ("rejected", _REJECTED, _rejected),
    ]  # fmt: skip
    streams = [_paged(conn, name, statement, (patient, moment(until)), value) for name, statement, value in kinds]
    return heapq.merge(*streams, key=lambda found: found.received_at)


def _paged(
    conn: Connection[Any],
    name: str,
    statement: str,
    wanted: tuple[Any, ...],
    value: Callable[[tuple[Any, ...]], Stored],
) -> Iterator[Stored]:
    with conn.cursor(name=f"recorded_{name}", binary=True) as cursor:
        cursor.itersize = PAGE
        cursor.execute(statement.encode(), wanted)
        for row in cursor:
            yield value(row)


def _reading(row: tuple[Any, ...]) -> Reading:
    patient, code, value, measured_at, received_at, body_site, quality, by, device, boot, seq, idx, method = row
    return Reading(
        patient, code, value, micros(measured_at), micros(received_at), body_site, quality, by,
        Origin(device, boot, seq), idx, method,
    )  # fmt: skip


def _rejected(row: tuple[Any, ...]) -> Rejected:
    reason, path, expected, received_at, topic, site, device, patient, boot, seq = row
    return Rejected(Reason(reason), path, expected, b"", micros(received_at), topic, site, device, patient, boot, seq)
