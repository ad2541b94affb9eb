"""Forecasts as rows, and what they are made of: plan, treatments given, counts. The newest row of a patient counts.

Written by the forecasting service, read by it and by the console.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.instants import Micros, micros, moment

_PEOPLE = """
SELECT p.id, p.site, (SELECT body FROM plan WHERE plan.patient = p.id ORDER BY version DESC LIMIT 1)
FROM patient p WHERE p.ended_at IS NULL AND p.kind = 'person' AND p.id = ANY (%s)
"""
_GIVEN = """
SELECT patient, kind, name, given_at, amount, unit FROM given
WHERE patient = ANY (%s) AND kind IN ('chemotherapy', 'gcsf') AND given_at >= %s
ORDER BY given_at, device, boot, seq, idx
"""
_COUNTS = """
SELECT DISTINCT patient, measured_at, value FROM reading
WHERE patient = ANY (%s) AND code = %s AND measured_at >= %s AND quality <> 'clock' ORDER BY patient, measured_at, value
"""
_NEWEST = """
SELECT f.* FROM unnest(%s::text[]) AS p (id)
CROSS JOIN LATERAL (SELECT * FROM forecast WHERE patient = p.id ORDER BY id DESC LIMIT 1) AS f
"""


_GIST = """
SELECT p.id, f.day_zero_at, (f.body ->> 'p_grade4')::float8, (f.body #>> '{first_day_below_0_5,p05}')::float8,
    (f.body #>> '{first_day_below_0_5,p50}')::float8, (f.body #>> '{recovery_day,p95}')::float8,
    (f.body ->> 'next_count_best_day')::float8
FROM unnest(%s::text[]) AS p (id)
CROSS JOIN LATERAL (SELECT day_zero_at, body FROM forecast WHERE patient = p.id ORDER BY id DESC LIMIT 1) AS f
"""


class GivenAt(Struct, frozen=True):
    """A treatment given, as it was entered."""

    kind: str
    name: str
    at: Micros
    amount: float | None
    unit: str | None


class Known(Struct, frozen=True):
    """What is stored of one patient that a forecast is made of. `counts`: (time, 10*9/L) in measured order."""

    patient: str
    site: str
    plan: dict[str, Any] | None
    given: tuple[GivenAt, ...]
    counts: tuple[tuple[Micros, float], ...]


class Row(Struct, frozen=True):
    """A forecast to store. `asked`: the question; `body`: the answer as the interface has it."""

    patient: str
    site: str
    cause: str
    version: str
    fingerprint: str
    status: str
    made_at: Micros
    day_zero_at: Micros | None
    asked: dict[str, Any]
    body: dict[str, Any]


class Stored(Struct, frozen=True):
    """A forecast as stored; instants are aware datetimes."""

    id: int
    patient: str
    site: str
    cause: str
    version: str
    fingerprint: str
    status: str
    made_at: Any
    checked_at: Any
    day_zero_at: Any
    asked: dict[str, Any]
    body: dict[str, Any]


class Gist(Struct, frozen=True):
    """The figures of a stored forecast that a list of patients shows; days are of the forecast."""

    patient: str
    day_zero_at: Micros | None
    p_grade4: float | None
    first_p05: float | None
    first_p50: float | None
    recovery_p95: float | None
    best_day: float | None


def gist(conn: Connection[Any], patients: Sequence[str]) -> list[Gist]:
    """Of the forecast that counts, of those who have one."""
    return [
        Gist(patient, None if start is None else micros(start), *figures)
        for patient, start, *figures in conn.execute(_GIST, (list(patients),)).fetchall()
    ]


def known(conn: Connection[Any], patients: Sequence[str], *, code: str, since: Micros) -> list[Known]:
    """Of those among them whose stay has not ended, what is stored from a moment on. `code`: of the counts."""
    names, start = list(patients), moment(since)
    given: dict[str, list[GivenAt]] = {}
    for patient, kind, name, at, amount, unit in conn.execute(_GIVEN, (names, start)):
        given.setdefault(patient, []).append(GivenAt(kind, name, micros(at), amount, unit))
    counts: dict[str, list[tuple[Micros, float]]] = {}
    for patient, at, value in conn.execute(_COUNTS, (names, code, start)):
        counts.setdefault(patient, []).append((micros(at), value))
    return [
        Known(patient, site, plan, tuple(given.get(patient, ())), tuple(counts.get(patient, ())))
        for patient, site, plan in conn.execute(_PEOPLE, (names,)).fetchall()
    ]


def people(conn: Connection[Any], sites: Sequence[str]) -> list[str]:
    """Every patient whose stay has not ended, of these sites (none: of all)."""
    rows = conn.execute(
        "SELECT id FROM patient WHERE ended_at IS NULL AND kind = 'person' AND (%s OR site = ANY (%s)) ORDER BY id",
        (not sites, list(sites)),
    )
    return [row[0] for row in rows]


def newest(conn: Connection[Any], patients: Sequence[str]) -> dict[str, Stored]:
    """Patient -> the forecast that counts."""
    with conn.cursor(row_factory=class_row(Stored)) as cursor:
        return {row.patient: row for row in cursor.execute(_NEWEST, (list(patients),))}


def insert(conn: Connection[Any], row: Row) -> int:
    """Store one; its number."""
    found = conn.execute(
        """INSERT INTO forecast (patient, site, cause, version, fingerprint, status, made_at, checked_at, day_zero_at,
                                 asked, body)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
        (row.patient, row.site, row.cause, row.version, row.fingerprint, row.status, moment(row.made_at),
         moment(row.made_at), None if row.day_zero_at is None else moment(row.day_zero_at), Jsonb(row.asked),
         Jsonb(row.body)),
    ).fetchone()  # fmt: skip
    if found is None:
        raise RuntimeError("forecast: INSERT returned no row")
    return int(found[0])


def checked(conn: Connection[Any], numbers: Sequence[int], at: Micros) -> None:
    """The question of these was asked again and has not changed."""
    conn.execute("UPDATE forecast SET checked_at = %s WHERE id = ANY (%s)", (moment(at), list(numbers)))
