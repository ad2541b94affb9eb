"""What people said, took and were given, and what was refused, read back for the engine at start and around late ones.

Readings are in `storage.history`; these are few, so they are read by patient and time alone.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from domain.instants import Micros, micros, moment
from domain.values import Given, Intake, Origin, Reason, Rejected, Report
from storage.retractions import STANDING

_OF = "FROM unnest(%s::text[]) AS p (id) CROSS JOIN LATERAL"
_REPORTS = f"""
SELECT r.patient, questionnaire, item, attribute, grade, number, text, measured_at, received_at, by, device, boot, seq,
    idx, version, channel
{_OF} (SELECT * FROM report WHERE patient = p.id AND measured_at >= %s ORDER BY measured_at DESC LIMIT %s) AS r
"""
_INTAKES = f"""
SELECT r.patient, drug, due_at, taken_at, tablets, mg, state, measured_at, received_at, by, device, boot, seq, idx,
    channel, why
{_OF} (SELECT * FROM intake AS i WHERE patient = p.id AND measured_at >= %s AND {STANDING}
    ORDER BY measured_at DESC LIMIT %s) AS r
"""
_GIVEN = f"""
SELECT r.patient, kind, name, given_at, received_at, amount, unit, by, device, boot, seq, idx
{_OF} (SELECT * FROM given WHERE patient = p.id AND given_at >= %s ORDER BY given_at DESC LIMIT %s) AS r
"""
_DOSE = f"""
SELECT r.patient, kind, name, given_at, received_at, amount, unit, by, device, boot, seq, idx
{_OF} (SELECT * FROM given WHERE patient = p.id AND kind = 'chemotherapy' ORDER BY given_at DESC LIMIT 1) AS r
"""
_REJECTED = f"""
SELECT r.patient, reason, path, expected, received_at, topic, site, device, boot, seq
{_OF} (SELECT * FROM rejected WHERE patient = p.id AND received_at >= %s ORDER BY received_at DESC LIMIT %s) AS r
"""

Said = Report | Intake | Given | Rejected


def since(conn: psycopg.Connection[Any], patients: Sequence[str], at: Micros, *, each: int) -> Iterator[Said]:
    """Reports, intakes, treatments and refusals of these patients since a moment, the newest `each` of each kind.

    Intakes that were taken back are left out.
    """
    wanted = (list(patients), moment(at), each)
    with conn.cursor(binary=True) as cursor:
        yield from (report_of(row) for row in cursor.execute(_REPORTS, wanted))
        yield from (intake_of(row) for row in cursor.execute(_INTAKES, wanted))
        yield from (given_of(row) for row in cursor.execute(_GIVEN, wanted))
        yield from (_refusal(row) for row in cursor.execute(_REJECTED, wanted))


def reports_since(conn: psycopg.Connection[Any], patient: str, at: Micros, most: int = 5000) -> list[Report]:
    """A patient's answers since a moment, the newest `most`."""
    with conn.cursor(binary=True) as cursor:
        return [report_of(row) for row in cursor.execute(_REPORTS, ([patient], moment(at), most))]


def intakes(conn: psycopg.Connection[Any], patients: Sequence[str], at: Micros, *, each: int) -> list[Intake]:
    """Intakes of these patients measured since a moment, the newest `each` of each; none that was taken back."""
    with conn.cursor(binary=True) as cursor:
        return [intake_of(row) for row in cursor.execute(_INTAKES, (list(patients), moment(at), each))]


def last_doses(conn: psycopg.Connection[Any], patients: Sequence[str]) -> list[Given]:
    """The newest dose of chemotherapy of each patient, however long ago."""
    with conn.cursor(binary=True) as cursor:
        return [given_of(row) for row in cursor.execute(_DOSE, (list(patients),))]


def report_of(row: tuple[Any, ...]) -> Report:
    """An answer, from its columns in the order of `storage.answers`."""
    patient, name, item, attribute, grade, number, text, measured_at, received_at, by = row[:10]
    device, boot, seq, idx, version, channel = row[10:]
    return Report(
        patient, name, item, attribute, grade, number, text, micros(measured_at), micros(received_at), by,
        Origin(device, boot, seq), idx, version, channel,
    )  # fmt: skip


def intake_of(row: tuple[Any, ...]) -> Intake:
    """A dose taken or not, from its columns in the order of `storage.answers`."""
    patient, drug, due_at, taken_at, tablets, mg, state, measured_at, received_at, by = row[:10]
    device, boot, seq, idx, channel, why = row[10:]
    due, taken = (None if at is None else micros(at) for at in (due_at, taken_at))
    return Intake(
        patient, drug, due, taken, tablets, mg, state, micros(measured_at), micros(received_at), by,
        Origin(device, boot, seq), idx, channel, why,
    )  # fmt: skip


def given_of(row: tuple[Any, ...]) -> Given:
    """A treatment given, from its columns in the order of `storage.answers`."""
    patient, kind, name, given_at, received_at, amount, unit, by, device, boot, seq, idx = row
    return Given(
        patient, kind, name, micros(given_at), micros(received_at), amount, unit, by, Origin(device, boot, seq), idx
    )  # fmt: skip


def _refusal(row: tuple[Any, ...]) -> Rejected:
    patient, reason, path, expected, received_at, topic, site, device, boot, seq = row
    return Rejected(
        Reason(reason), path, expected, b"", micros(received_at), topic, site, device, patient, boot, seq
    )  # fmt: skip
