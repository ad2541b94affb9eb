"""Scores of the early warning as rows, the vital signs they are made of, and what happened to the patients.

Written and read by the scoring service; read by the shadow report and the watch. Never shown while in shadow.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.types.json import Jsonb

from domain.instants import Micros, micros, moment
from domain.values import Reading

# The newest of each part of ten minutes: a stream of one value every five seconds is 50,000 values in three days.
_VITALS = """
SELECT DISTINCT ON (patient, code, date_bin('10 minutes', measured_at, TIMESTAMPTZ 'epoch'))
    patient, code, value, measured_at, received_at, body_site, quality
FROM reading WHERE patient = ANY (%s) AND code = ANY (%s) AND measured_at > %s AND measured_at <= %s
ORDER BY patient, code, date_bin('10 minutes', measured_at, TIMESTAMPTZ 'epoch'), measured_at DESC, value
"""
_ALARMS = """
SELECT patient, scored_at FROM risk_score
WHERE patient = ANY (%s) AND model = %s AND mode = ANY (%s) AND alarm AND scored_at > %s ORDER BY scored_at
"""
# What is compared with alarms: alerts that persons act on, transfers, antibiotics. Alerts of models are left out.
_HAPPENED = """
SELECT patient, 'alert.' || severity, condition_at FROM alert
WHERE site = ANY (%(sites)s) AND category = 'clinical' AND severity IN ('high', 'medium') AND state <> 'pending'
    AND NOT disproved AND rule <> ALL (%(left_out)s) AND condition_at >= %(start)s AND condition_at < %(end)s
UNION ALL
SELECT p.patient, 'pause.' || p.kind, p.from_at FROM pause p JOIN patient ON patient.id = p.patient
WHERE patient.site = ANY (%(sites)s) AND p.kind IN ('ward', 'death') AND p.from_at >= %(start)s AND p.from_at < %(end)s
    AND (p.revoked_at IS NULL OR p.revoked_at > p.from_at)
UNION ALL
SELECT g.patient, 'given.' || g.kind, g.given_at FROM given g JOIN patient ON patient.id = g.patient
WHERE patient.site = ANY (%(sites)s) AND g.kind = 'antibiotic' AND g.given_at >= %(start)s AND g.given_at < %(end)s
ORDER BY 3
"""


class Row(Struct, frozen=True):
    """One score. `body`: reasons, why, the watched inputs."""

    patient: str
    site: str
    model: str
    version: str
    mode: str
    scored_at: Micros
    measured_at: Micros
    status: str
    risk: float | None
    alarm: bool
    body: dict[str, Any]


def vitals(
    conn: Connection[Any], patients: Sequence[str], codes: Sequence[str], *, since: Micros, until: Micros
) -> dict[str, list[Reading]]:
    """Patient -> readings measured in (since, until], at most one in ten minutes of a code."""
    found: dict[str, list[Reading]] = {}
    wanted = (list(patients), list(codes), moment(since), moment(until))
    for patient, code, value, measured_at, received_at, body_site, quality in conn.execute(_VITALS, wanted):
        found.setdefault(patient, []).append(
            Reading(patient, code, value, micros(measured_at), micros(received_at), body_site, quality)
        )
    return found


def body_site_offsets(conn: Connection[Any], patients: Sequence[str]) -> dict[str, dict[str, float]]:
    """Patient -> what the newest care plan adds to a temperature by the site it was measured at (°C)."""
    rows = conn.execute(
        """SELECT DISTINCT ON (patient) patient, body -> 'site_offsets' FROM plan WHERE patient = ANY (%s)
           ORDER BY patient, version DESC""",
        (list(patients),),
    )
    return {patient: offsets for patient, offsets in rows.fetchall() if offsets}


def sites_of(conn: Connection[Any], patients: Sequence[str]) -> dict[str, str]:
    """Patient -> site, of those whose stay has not ended."""
    rows = conn.execute(
        "SELECT id, site FROM patient WHERE id = ANY (%s) AND ended_at IS NULL AND kind = 'person'", (list(patients),)
    )
    return dict(rows.fetchall())


def seen_since(conn: Connection[Any], sites: Sequence[str], codes: Sequence[str], since: Micros) -> list[str]:
    """Patients of these sites (none: of all) with a vital sign measured since a moment."""
    rows = conn.execute(
        """SELECT p.id FROM patient p WHERE p.ended_at IS NULL AND p.kind = 'person' AND (%s OR p.site = ANY (%s))
           AND EXISTS (SELECT 1 FROM unnest(%s::text[]) AS c (code) JOIN LATERAL (SELECT 1 FROM reading
                       WHERE patient = p.id AND code = c.code AND measured_at > %s LIMIT 1) AS r ON true)""",
        (not sites, list(sites), list(codes), moment(since)),
    )
    return [row[0] for row in rows]


def alarms(
    conn: Connection[Any], patients: Sequence[str], model: str, *, modes: Sequence[str], since: Micros
) -> dict[str, list[Micros]]:
    """Patient -> when the model alarmed in one of these modes, in order."""
    found: dict[str, list[Micros]] = {}
    for patient, at in conn.execute(_ALARMS, (list(patients), model, list(modes), moment(since))):
        found.setdefault(patient, []).append(micros(at))
    return found


def insert(conn: Connection[Any], row: Row) -> int | None:
    """Store one; its number, None when this patient was scored at this moment already."""
    found = conn.execute(
        """INSERT INTO risk_score
               (patient, site, model, version, mode, scored_at, measured_at, status, risk, alarm, body)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id""",
        (row.patient, row.site, row.model, row.version, row.mode, moment(row.scored_at), moment(row.measured_at),
         row.status, row.risk, row.alarm, Jsonb(row.body)),
    ).fetchone()  # fmt: skip
    return None if found is None else int(found[0])


def scores(conn: Connection[Any], site: str, model: str, *, start: Micros, end: Micros) -> list[Row]:
    """A site's scores in [start, end), in order of time."""
    rows = conn.execute(
        """SELECT patient, site, model, version, mode, scored_at, measured_at, status, risk, alarm, body FROM risk_score
           WHERE site = %s AND model = %s AND scored_at >= %s AND scored_at < %s ORDER BY scored_at, id""",
        (site, model, moment(start), moment(end)),
    )
    return [_row(row) for row in rows.fetchall()]


def _row(row: Sequence[Any]) -> Row:
    patient, site, model, version, mode, scored_at, measured_at, status, risk, alarm, body = row
    return Row(patient, site, model, version, mode, micros(scored_at), micros(measured_at), status, risk, alarm, body)


def happened(
    conn: Connection[Any], sites: Sequence[str], *, start: Micros, end: Micros, left_out: Sequence[str]
) -> list[tuple[str, str, Micros]]:
    """(patient, what, when) in order: clinical alerts but those of the rules left out, transfers, antibiotics."""
    wanted = {"sites": list(sites), "start": moment(start), "end": moment(end), "left_out": list(left_out)}
    return [(patient, what, micros(at)) for patient, what, at in conn.execute(_HAPPENED, wanted).fetchall()]
