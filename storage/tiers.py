"""The three tiers of storage: plain PostgreSQL, TimescaleDB Apache edition, TimescaleDB community edition.

Correctness never depends on the tier. What a tier refuses is a note for the operator, never a failure.
"""

from collections.abc import Callable
from typing import Literal

import psycopg
from msgspec import Struct

from storage.connection import Connection

Tier = Literal["plain", "apache", "community"]
Step = Callable[[Connection], None]

# Seven days a chunk to begin with: an outage of hours and the usual late data land in the two newest chunks, a view of
# a patient's week touches two. `chunks` makes it shorter where that is too much for the server's memory.
CHUNK = "7 days"
COMPRESS_AFTER = "14 days"


class Hypertable(Struct, frozen=True):
    """`reading` as TimescaleDB keeps it. `policy`: how the columnstore's last run ended, None without a policy."""

    interval: str | None
    chunks: int
    columnar: int
    policy: str | None


def tier(conn: Connection) -> Tier:
    """The tier this database is on now."""
    if timescaledb_version(conn) is None:
        return "plain"
    return "community" if _licence(conn) == "timescale" else "apache"


def timescaledb_version(conn: Connection) -> str | None:
    """Version of the extension made in this database, None without."""
    row = conn.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    return None if row is None else str(row[0])


def hypertable(conn: Connection) -> Hypertable | None:
    """What there is of it; None without TimescaleDB. Without a hypertable, `interval` is None."""
    if timescaledb_version(conn) is None:
        return None
    row = conn.execute(
        """SELECT (SELECT time_interval::text FROM timescaledb_information.dimensions
                   WHERE hypertable_name = 'reading'),
                  count(*), count(*) FILTER (WHERE is_compressed)
           FROM timescaledb_information.chunks WHERE hypertable_name = 'reading'"""
    ).fetchone()
    policy = conn.execute(
        """SELECT coalesce(s.last_run_status, 'not run yet') FROM timescaledb_information.jobs AS j
           LEFT JOIN timescaledb_information.job_stats AS s USING (job_id)
           WHERE j.hypertable_name = 'reading' AND j.proc_name IN ('policy_compression', 'policy_columnstore')"""
    ).fetchone()
    interval, chunks, columnar = row or (None, 0, 0)
    return Hypertable(interval, chunks, columnar, None if policy is None else str(policy[0]))


def raise_tier(conn: Connection) -> list[str]:
    """Take the best tier the server offers; may be run again. Answers what was refused, one sentence each."""
    notes: list[str] = []
    if timescaledb_version(conn) is None and not _attempt(conn, _make_extension, notes, "timescaledb extension"):
        return notes
    if timescaledb_version(conn) is None:
        return notes
    _attempt(conn, _make_hypertable, notes, "hypertable reading")
    if _licence(conn) == "timescale":
        _attempt(conn, _enable_compression, notes, "compression of reading")
    return notes


def _attempt(conn: Connection, step: Step, notes: list[str], what: str) -> bool:
    try:
        with conn.transaction():
            step(conn)
    except psycopg.Error as error:
        notes.append(f"{what}: {error.diag.message_primary or error}")
        return False
    return True


def _make_extension(conn: Connection) -> None:
    row = conn.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'").fetchone()
    if row is not None:
        conn.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")


def _make_hypertable(conn: Connection) -> None:
    conn.execute(
        """
        SELECT create_hypertable('reading', 'measured_at', chunk_time_interval => %s::interval,
                                 create_default_indexes => false, migrate_data => true, if_not_exists => true)
        """,
        (CHUNK,),
    )


def _enable_compression(conn: Connection) -> None:
    row = conn.execute(
        "SELECT compression_enabled FROM timescaledb_information.hypertables WHERE hypertable_name = 'reading'"
    ).fetchone()
    if row is None or not row[0]:
        conn.execute(
            """
            ALTER TABLE reading SET (timescaledb.compress, timescaledb.compress_segmentby = 'patient, code',
                                     timescaledb.compress_orderby = 'measured_at DESC')
            """
        )
    conn.execute("SELECT add_compression_policy('reading', %s::interval, if_not_exists => true)", (COMPRESS_AFTER,))


def _licence(conn: Connection) -> str | None:
    row = conn.execute("SELECT current_setting('timescaledb.license', true)").fetchone()
    return None if row is None else row[0]
