"""Intakes recorded by mistake: what took them back. Inserted by ingest, read by the engine and for what people see."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from domain.instants import Micros, micros, moment
from domain.values import Origin, Retraction
from storage import columns as col

NOBODY = Origin("", "", 0)
# Of rows of `intake` under the name i: those that nobody took back.
STANDING = """NOT EXISTS (SELECT 1 FROM taken_back AS t
    WHERE t.device = i.device AND t.boot = i.boot AND t.seq = i.seq AND t.idx = i.idx)"""
# The first word that took a row i back, or nulls: back.received_at, back.by, back.why.
BACK = """LEFT JOIN LATERAL (SELECT t.received_at, t.by, t.why FROM taken_back AS t
    WHERE t.device = i.device AND t.boot = i.boot AND t.seq = i.seq AND t.idx = i.idx
    ORDER BY t.received_at LIMIT 1) AS back ON true"""
COLUMNS = """patient, of_device, of_boot, of_seq, of_idx, measured_at, received_at, by, device, boot, seq, idx, channel,
    why"""
_INSERT = f"""
INSERT INTO retraction ({COLUMNS})
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::smallint[], %s::timestamptz[],
                     %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::smallint[], %s::text[],
                     %s::text[])
"""
_NEWEST = f"""
SELECT {COLUMNS} FROM (
    SELECT r.* FROM unnest(%s::text[]) AS p (id) CROSS JOIN LATERAL (
        SELECT * FROM retraction WHERE patient = p.id AND received_at >= %s ORDER BY received_at DESC LIMIT %s) AS r
) AS found ORDER BY received_at
"""


def insert(conn: Connection[Any], rows: Sequence[Retraction]) -> None:
    """Insert what takes intakes back."""
    origins = [row.origin or NOBODY for row in rows]
    parameters = (
        col.texts([row.patient for row in rows]),
        col.texts([row.of.device for row in rows]),
        col.texts([row.of.boot for row in rows]),
        col.int8s([row.of.seq for row in rows]),
        col.int2s([row.of_index for row in rows]),
        col.moments([row.measured_at for row in rows]),
        col.moments([row.received_at for row in rows]),
        col.texts([row.by for row in rows]),
        col.texts([origin.device for origin in origins]),
        col.texts([origin.boot for origin in origins]),
        col.int8s([origin.seq for origin in origins]),
        col.int2s([row.index for row in rows]),
        col.texts([row.channel for row in rows]),
        col.texts([row.why for row in rows]),
    )
    conn.execute(_INSERT, parameters)


def newest(conn: Connection[Any], patients: Sequence[str], since: Micros, *, each: int) -> list[Retraction]:
    """What took intakes of these patients back, received since a moment: the newest `each` of each, oldest first."""
    with conn.cursor(binary=True) as cursor:
        return [retraction_of(row) for row in cursor.execute(_NEWEST, (list(patients), moment(since), each))]


def retraction_of(row: tuple[Any, ...]) -> Retraction:
    """From its columns in the order of `COLUMNS`."""
    patient, of_device, of_boot, of_seq, of_idx, measured_at, received_at, by, device, boot, seq, idx = row[:12]
    return Retraction(
        patient, Origin(of_device, of_boot, of_seq), of_idx, micros(measured_at), micros(received_at), by,
        Origin(device, boot, seq), idx, *row[12:],
    )  # fmt: skip
