"""The lease of an ingest group: who owns it, under which fencing number, and the mark of the last transaction.

Called by the ingest service only. `mark` belongs into every transaction of the owner: it fences off a former owner
(the row stays locked until the commit) and tells afterwards whether a commit of unknown outcome happened.
"""

from typing import Any

import psycopg

from domain.instants import Micros, micros, moment

_TAKE = """
INSERT INTO lease AS l (ingest_group, holder, fencing, taken_at, renewed_at)
VALUES (%(group)s, %(holder)s, 1, %(at)s, %(at)s)
ON CONFLICT (ingest_group) DO UPDATE
SET holder = excluded.holder, fencing = l.fencing + 1, taken_at = excluded.taken_at, renewed_at = excluded.renewed_at
RETURNING fencing
"""
_MARK = "UPDATE lease SET renewed_at = %s WHERE ingest_group = %s AND fencing = %s RETURNING fencing"
_READ = "SELECT holder, fencing, renewed_at FROM lease WHERE ingest_group = %s FOR UPDATE"


def take(conn: psycopg.Connection[Any], group: str, holder: str, *, at: Micros) -> int:
    """Become the owner, whoever was before. Returns the new fencing number: the former owner's marks fail."""
    row = conn.execute(_TAKE, {"group": group, "holder": holder, "at": moment(at)}).fetchone()
    return int(row[0]) if row else 0


def mark(conn: psycopg.Connection[Any], group: str, fencing: int, *, at: Micros) -> bool:
    """Renew inside the caller's transaction, leaving `at` as its mark. False: the lease is lost."""
    return conn.execute(_MARK, (moment(at), group, fencing)).rowcount == 1


def read(conn: psycopg.Connection[Any], group: str) -> tuple[str, int, Micros] | None:
    """Holder, fencing number and last mark, after any transaction that still holds the row has ended."""
    row = conn.execute(_READ, (group,)).fetchone()
    return (row[0], row[1], micros(row[2])) if row else None


def current(conn: psycopg.Connection[Any], group: str) -> int | None:
    """The fencing number now, without waiting for anybody."""
    row = conn.execute("SELECT fencing FROM lease WHERE ingest_group = %s", (group,)).fetchone()
    return int(row[0]) if row else None
