"""One measure of one patient over time, thinned without losing an extreme: real rows only, never an average."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.instants import HOUR, SECOND, Micros, micros, moment


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


_COLUMNS = "measured_at, value, body_site, quality, by, device, received_at"
_STORED = (
    f"SELECT {_COLUMNS}, 1 AS readings FROM reading WHERE patient = %(patient)s AND code = %(code)s AND measured_at"
)
_HOURS = f"""
SELECT {_COLUMNS}, readings FROM reading_hour
WHERE patient = %(patient)s AND code = %(code)s AND hour >= %(first)s AND hour < %(until)s AND hour <> ALL (%(due)s)
UNION ALL {_STORED} >= %(start)s AND measured_at < %(first)s
UNION ALL {_STORED} >= %(until)s AND measured_at <= %(end)s
UNION ALL SELECT r.* FROM unnest(%(due)s::timestamptz[]) AS due (hour)
          CROSS JOIN LATERAL ({_STORED} >= due.hour AND measured_at < due.hour + interval '1 hour') AS r"""
_THINNED = """
WITH cut AS (SELECT *, sum(readings) OVER () AS total,
                    floor(extract(epoch FROM measured_at - %(origin)s) / %(width)s) AS stretch
             FROM ({source}) AS source),
     ranked AS (SELECT *, row_number() OVER (PARTITION BY stretch ORDER BY value, measured_at) AS lowest,
                       row_number() OVER (PARTITION BY stretch ORDER BY value DESC, measured_at) AS highest FROM cut)
SELECT measured_at, value, body_site, quality, by, device, received_at, total FROM ranked
WHERE total <= %(points)s OR lowest = 1 OR highest = 1 ORDER BY measured_at, value
"""
_FROM_STORED = _THINNED.format(source=f"{_STORED} BETWEEN %(start)s AND %(end)s")
_FROM_HOURS = _THINNED.format(source=_HOURS)
_ROLLED = """
SELECT rolled_until, ARRAY(SELECT DISTINCT hour FROM reading_hour_due WHERE patient = %s AND code = %s
                           AND hour >= %s AND hour < %s) FROM reading_rollup
"""


def points(conn: Connection[Any], span: Span) -> list[Point]:
    """All readings when they are few enough; else the lowest and the highest of each of points/2 equal stretches.

    Stretches of an hour or more are whole hours and come from the rollups, as far as those are; the rest as stored.
    """
    exact = (span.end - span.start) / max(span.points // 2, 1)
    asked: dict[str, Any] = {
        "patient": span.patient, "code": span.code, "start": moment(span.start), "end": moment(span.end),
        "points": span.points, "origin": moment(span.start), "width": max(exact / SECOND, 0.001),
    }  # fmt: skip
    if exact < HOUR:
        return [_point(*row) for row in conn.execute(_FROM_STORED, asked)]
    hours = -(-(span.end - span.start) // (HOUR * max(span.points // 2 - 1, 1)))
    asked |= {"origin": moment(_hour(span.start)), "width": hours * HOUR / SECOND}
    found = conn.execute(_FROM_HOURS, asked | _hours(conn, span)).fetchall()
    if found and found[0][-1] <= span.points:
        found = conn.execute(_FROM_STORED, asked).fetchall()
    return [_point(*row) for row in found]


def _hours(conn: Connection[Any], span: Span) -> dict[str, Any]:
    """Which whole hours of the span to take from the rollups: [first, until) but for those that are due."""
    first, end = -_hour(-span.start), _hour(span.end)
    row = conn.execute(_ROLLED, (span.patient, span.code, moment(first), moment(end))).fetchone()
    if row is None:
        return {"first": moment(first), "until": moment(first), "due": []}
    until = max(first, min(end, micros(row[0])))
    return {"first": moment(first), "until": moment(until), "due": [hour for hour in row[1] if micros(hour) < until]}


def _hour(at: Micros) -> Micros:
    return at - at % HOUR


def _point(at: datetime, value: float, body_site: str | None, *more: Any) -> Point:
    quality, by, device, received_at, _ = more
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
