"""What the engine was told by models, as rows: written with the events it caused, read back at start."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import Connection
from psycopg.types.json import Jsonb

from domain.alerts import ModelOutput, Said
from domain.converting import converter
from domain.instants import Micros, micros, moment

_said = converter(Said)
_INSERT = """
INSERT INTO model_output (action, patient, model, version, status, value, measured_at, received_at, why, said, opens_at,
    holds_until)
VALUES (%s::uuid, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_NEWEST = """
SELECT o.patient, o.model, o.version, o.status, o.value, o.measured_at, o.received_at, o.why, o.said, o.opens_at,
    o.holds_until
FROM unnest(%s::text[]) AS p (id) CROSS JOIN unnest(%s::text[]) AS m (name)
CROSS JOIN LATERAL (SELECT * FROM model_output WHERE patient = p.id AND model = m.name ORDER BY id DESC LIMIT %s) AS o
ORDER BY o.id
"""
_FORETOLD = """
SELECT o.patient, o.model, o.version, o.status, o.value, o.measured_at, o.received_at, o.why, o.said, o.opens_at,
    o.holds_until
FROM unnest(%s::text[]) AS p (id)
CROSS JOIN LATERAL (SELECT * FROM model_output WHERE patient = p.id AND model = ANY (%s) AND status = 'ready'
    AND opens_at IS NOT NULL AND value IS NOT NULL ORDER BY id DESC LIMIT %s) AS o
ORDER BY o.id
"""
_NOTE = """
INSERT INTO feed_note (id, patient, site, kind, at, body) VALUES (nextval('alert_event_id'), %s, %s, %s, %s, %s)
"""


def insert(conn: Connection[Any], outputs: Sequence[tuple[str, ModelOutput]]) -> None:
    """(action, output) rows, in order."""
    conn.cursor().executemany(_INSERT, [_row(action, output) for action, output in outputs])


def _row(action: str, output: ModelOutput) -> tuple[Any, ...]:
    said = None if output.said is None else Jsonb(msgspec.to_builtins(output.said))
    return (
        action, output.patient, output.model, output.version, output.status, output.value, moment(output.measured_at),
        moment(output.received_at), output.why, said, _moment(output.opens_at), _moment(output.holds_until),
    )  # fmt: skip


def newest(
    conn: Connection[Any], patients: Sequence[str], models: Sequence[str], *, each: int
) -> dict[str, list[ModelOutput]]:
    """Patient -> its last outputs, at most `each` a model, in the order in which the engine took them."""
    return _by_patient(conn.execute(_NEWEST, (list(patients), list(models), each)).fetchall())


def foretold(
    conn: Connection[Any], patients: Sequence[str], models: Sequence[str], *, each: int
) -> dict[str, list[ModelOutput]]:
    """Patient -> its last outputs that foretell a window, whatever else was said since, in the same order."""
    return _by_patient(conn.execute(_FORETOLD, (list(patients), list(models), each)).fetchall())


def _by_patient(rows: Sequence[Sequence[Any]]) -> dict[str, list[ModelOutput]]:
    found: dict[str, list[ModelOutput]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(_output(row))
    return found


def _output(row: Sequence[Any]) -> ModelOutput:
    patient, model, version, status, value, measured_at, received_at, why, said, opens_at, holds_until = row
    return ModelOutput(
        patient, model, version, status, value, micros(measured_at), micros(received_at), why,
        None if said is None else _said(said), _micros(opens_at), _micros(holds_until),
    )  # fmt: skip


def insert_notes(conn: Connection[Any], notes: Sequence[tuple[str, str, str, Micros, dict[str, Any]]]) -> None:
    """(patient, site, kind, at, body) for the consoles. The lock on event ids must be held."""
    rows = [(patient, site, kind, moment(at), Jsonb(body)) for patient, site, kind, at, body in notes]
    conn.cursor().executemany(_NOTE, rows)


def _moment(at: Micros | None) -> Any:
    return None if at is None else moment(at)


def _micros(at: Any) -> Micros | None:
    return None if at is None else micros(at)
