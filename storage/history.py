"""Stored readings read back for the engine: the newest of each stream at start, and what lies around a late one."""

from collections.abc import Sequence
from typing import Any

import psycopg
from msgspec import Struct

from domain.instants import Micros, micros, moment
from domain.values import Origin, Reading

_COLUMNS = """r.patient, r.code, r.value, r.measured_at, r.received_at, r.body_site, r.quality, r.by, r.device, r.boot,
    r.seq, r.idx, r.method"""

_NEWEST = f"""
SELECT {_COLUMNS} FROM unnest(%s::text[]) AS p (id) CROSS JOIN unnest(%s::text[]) AS c (code)
CROSS JOIN LATERAL (SELECT * FROM reading WHERE patient = p.id AND code = c.code ORDER BY measured_at DESC
                    LIMIT %s) AS r
"""

_SINCE = f"""
SELECT {_COLUMNS} FROM unnest(%s::text[]) AS c (code)
CROSS JOIN LATERAL (SELECT * FROM reading WHERE patient = %s AND code = c.code AND measured_at >= %s
                    ORDER BY measured_at DESC LIMIT %s) AS r
UNION ALL
SELECT {_COLUMNS} FROM unnest(%s::text[]) AS c (code)
CROSS JOIN LATERAL (SELECT * FROM reading WHERE patient = %s AND code = c.code AND measured_at < %s
                    ORDER BY measured_at DESC LIMIT %s) AS r
"""

_PATIENTS = """
SELECT p.id, p.site, p.created_at, CASE p.kind WHEN 'site' THEN '{"protocol": "site-watch"}'::jsonb ELSE n.body END,
    CASE p.kind WHEN 'site' THEN p.created_at ELSE n.set_at END
FROM patient p
LEFT JOIN LATERAL (SELECT body, set_at FROM plan WHERE patient = p.id ORDER BY version DESC LIMIT 1) n ON true
WHERE p.ended_at IS NULL AND (%(all)s OR p.site = ANY (%(sites)s)) AND (%(every)s OR p.id = ANY (%(patients)s))
"""


_PLANS = "SELECT patient, set_at, body FROM plan WHERE patient = ANY (%s) ORDER BY patient, version"


class Watched(Struct, frozen=True):
    """A patient under watch, with the plan that counts (None: none was set)."""

    patient: str
    site: str
    created_at: Micros
    plan: dict[str, Any] | None
    plan_set_at: Micros | None


def patients(
    conn: psycopg.Connection[Any], *, sites: Sequence[str] | None = None, only: Sequence[str] | None = None
) -> list[Watched]:
    """Patients under watch, of these sites (None: all), or only those named."""
    wanted = {"all": sites is None, "sites": list(sites or ()), "every": only is None, "patients": list(only or ())}
    return [
        Watched(patient, site, micros(created_at), plan, None if set_at is None else micros(set_at))
        for patient, site, created_at, plan, set_at in conn.execute(_PATIENTS, wanted).fetchall()
    ]


def plans(conn: psycopg.Connection[Any], of: Sequence[str]) -> dict[str, list[tuple[Micros, dict[str, Any]]]]:
    """Every care plan of these patients and when it was set, oldest first."""
    found: dict[str, list[tuple[Micros, dict[str, Any]]]] = {}
    for patient, set_at, body in conn.execute(_PLANS, (list(of),)).fetchall():
        found.setdefault(patient, []).append((micros(set_at), body))
    return found


def newest(conn: psycopg.Connection[Any], of: Sequence[str], codes: Sequence[str], *, each: int) -> list[Reading]:
    """The last measured readings, at most `each` a patient and code."""
    with conn.cursor(binary=True) as cursor:
        return [_reading(row) for row in cursor.execute(_NEWEST, (list(of), list(codes), each))]


def around(
    conn: psycopg.Connection[Any], patient: str, codes: Sequence[str], *, since: Micros, before: int, most: int
) -> list[Reading]:
    """A patient's readings from a moment on (the newest `most` a code) and `before` a code in front of it."""
    streams = list(codes)
    with conn.cursor(binary=True) as cursor:
        rows = cursor.execute(_SINCE, (streams, patient, moment(since), most, streams, patient, moment(since), before))
        return [_reading(row) for row in rows]


def _reading(row: tuple[Any, ...]) -> Reading:
    patient, code, value, measured_at, received_at, body_site, quality, by, device, boot, seq, idx, method = row
    return Reading(
        patient, code, value, micros(measured_at), micros(received_at), body_site, quality, by,
        Origin(device, boot, seq), idx, method,
    )  # fmt: skip
