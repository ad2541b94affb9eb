"""Storing measured values. Called by `ingest` only."""

from collections.abc import Sequence
from typing import Any

import psycopg

from domain.values import Origin, Reading
from storage import columns as col
from storage import rollup

Conn = psycopg.Connection[Any]
NOBODY = Origin("", "", 0)

# A reading of an hour that is closed says that the hour is due: the rollups follow (storage.rollup).
_READINGS = """
WITH given (patient, code, measured_at, received_at, value, body_site, method, quality, by, device, boot, seq, idx,
            sent)
    AS (SELECT * FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::float8[], %s::text[],
                             %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::smallint[],
                             %s::text[])),
due AS (INSERT INTO reading_hour_due SELECT DISTINCT patient, code, date_trunc('hour', measured_at, 'UTC') FROM given
        WHERE measured_at < (SELECT closed_until FROM reading_rollup))
INSERT INTO reading (patient, code, measured_at, received_at, value, body_site, method, quality, by, device, boot, seq,
                     idx, sent) SELECT * FROM given
"""


def insert(conn: Conn, rows: Sequence[Reading]) -> None:
    """Insert readings; the message table has removed duplicates before."""
    conn.execute("SELECT pg_advisory_xact_lock_shared(%s)", (rollup.LOCK,), prepare=True)
    origins = [row.origin or NOBODY for row in rows]
    parameters = (
        col.texts([row.patient for row in rows]),
        col.texts([row.code for row in rows]),
        col.moments([row.measured_at for row in rows]),
        col.moments([row.received_at for row in rows]),
        col.floats([row.value for row in rows]),
        col.texts([row.body_site for row in rows]),
        col.texts([row.method for row in rows]),
        col.texts([row.quality for row in rows]),
        col.texts([row.by for row in rows]),
        col.texts([origin.device for origin in origins]),
        col.texts([origin.boot for origin in origins]),
        col.int8s([origin.seq for origin in origins]),
        col.int2s([row.index for row in rows]),
        col.texts([row.sent for row in rows]),
    )
    conn.execute(_READINGS, parameters, prepare=True)
