"""One measure of one patient over time, thinned without losing an extreme: real rows only, never an average."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.instants import Micros, micros, moment


class Point(Struct, frozen=True):
    """One stored reading."""

    at: Micros
    value: float
    body_site: str | None
    quality: str
    by: str
    device: str
    received_at: Micros


class Span(Struct, frozen=True):
    """Which readings: measured in [start, end], at most `points` of them."""

    patient: str
    code: str
    start: Micros
    end: Micros
    points: int


def points(conn: Connection[Any], span: Span) -> list[Point]:
    """All readings when they are few enough; else the lowest and the highest of each of points/2 equal stretches."""
    width = max((span.end - span.start) / 1_000_000 / max(span.points // 2, 1), 0.001)
    found = conn.execute(
        """WITH cut AS (
               SELECT measured_at, value, body_site, quality, by, device, received_at, count(*) OVER () AS total,
                      floor(extract(epoch FROM measured_at - %(start)s) / %(width)s) AS stretch
               FROM reading
               WHERE patient = %(patient)s AND code = %(code)s AND measured_at BETWEEN %(start)s AND %(end)s),
           ranked AS (
               SELECT *, row_number() OVER (PARTITION BY stretch ORDER BY value, measured_at) AS lowest,
                      row_number() OVER (PARTITION BY stretch ORDER BY value DESC, measured_at) AS highest
               FROM cut)
           SELECT measured_at, value, body_site, quality, by, device, received_at FROM ranked
           WHERE total <= %(points)s OR lowest = 1 OR highest = 1 ORDER BY measured_at, value""",
        {"patient": span.patient, "code": span.code, "start": moment(span.start), "end": moment(span.end),
         "points": span.points, "width": width},
    ).fetchall()  # fmt: skip
    return [_point(*row) for row in found]


def _point(at: datetime, value: float, body_site: str | None, *more: Any) -> Point:
    quality, by, device, received_at = more
    return Point(micros(at), value, body_site, quality, by, device, micros(received_at))


class Trace(Struct, frozen=True):
    """A measure by parts of a stretch. `spots`: (part, lowest, highest, doubtful); parts without a reading left out."""

    patient: str
    code: str
    spots: tuple[tuple[int, float, float, bool], ...]


def traces(
    conn: Connection[Any], patients: Sequence[str], codes: Sequence[str], *, start: Micros, part: Micros
) -> list[Trace]:
    """Of these patients and codes since a moment, in one query: real extremes, never an average."""
    found: dict[tuple[str, str], list[tuple[int, float, float, bool]]] = {}
    rows = conn.execute(
        """SELECT patient, code, floor(extract(epoch FROM measured_at - %(start)s) / %(part)s)::int AS part,
                  min(value), max(value), bool_or(quality <> 'ok')
           FROM reading WHERE patient = ANY (%(patients)s) AND code = ANY (%(codes)s) AND measured_at >= %(start)s
           GROUP BY patient, code, part ORDER BY patient, code, part""",
        {"patients": list(patients), "codes": list(codes), "start": moment(start), "part": part / 1_000_000},
    )
    for patient, code, place, low, high, doubtful in rows:
        found.setdefault((patient, code), []).append((place, low, high, doubtful))
    return [Trace(patient, code, tuple(spots)) for (patient, code), spots in found.items()]
