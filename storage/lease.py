"""The lease of an ingest group: who owns it, under which fencing number, and the mark of the last transaction.

Called by the ingest service only. `mark` belongs into every transaction of the owner: it fences off a former owner
(the row stays locked until the commit) and tells afterwards whether a commit of unknown outcome happened.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from msgspec import Struct

from domain.instants import Micros, micros, moment

Conn = psycopg.Connection[Any]
_TAKERS = 0x5669_6C65_6173  # one process at a time looks who owns what and takes over

# Another account's start is not shown: then the number of the connection has to do.
_ALL = """
SELECT ingest_group, holder, sites, seen_at > clock_timestamp() - interval '30 seconds',
       backend IS NULL OR EXISTS (
           SELECT FROM pg_stat_activity AS there
           WHERE there.pid = lease.backend AND coalesce(there.backend_start = lease.backend_started, true)),
       seen_at > clock_timestamp() - interval '4 seconds'
FROM lease ORDER BY ingest_group
"""
_MINE = "(SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())"
_TAKE = f"""
INSERT INTO lease AS l (ingest_group, holder, fencing, taken_at, renewed_at, seen_at, sites, backend, backend_started)
VALUES (%(group)s, %(holder)s, 1, %(at)s, %(at)s, clock_timestamp(), %(sites)s, pg_backend_pid(), {_MINE})
ON CONFLICT (ingest_group) DO UPDATE
SET holder = excluded.holder, fencing = l.fencing + 1, taken_at = excluded.taken_at, renewed_at = excluded.renewed_at,
    seen_at = excluded.seen_at, sites = excluded.sites, backend = excluded.backend,
    backend_started = excluded.backend_started
RETURNING fencing
"""
_AGAIN = f"""
UPDATE lease SET seen_at = clock_timestamp(), backend = pg_backend_pid(), backend_started = {_MINE}
WHERE ingest_group = %s AND fencing = %s
"""
_FENCE_OFF = "UPDATE lease SET fencing = fencing + 1, seen_at = '-infinity' WHERE ingest_group = ANY (%s)"
_MARK = "UPDATE lease SET renewed_at = %s, seen_at = clock_timestamp() WHERE ingest_group = %s AND fencing = %s"
_BEAT = "UPDATE lease SET seen_at = clock_timestamp() WHERE ingest_group = %s AND fencing = %s"
_RELEASE = "UPDATE lease SET seen_at = '-infinity' WHERE ingest_group = %s AND fencing = %s"
_READ = "SELECT holder, fencing, renewed_at FROM lease WHERE ingest_group = %s FOR UPDATE"
_BOUNDS = """
SELECT set_config('statement_timeout', '30s', false), set_config('lock_timeout', '30s', false),
       set_config('idle_in_transaction_session_timeout', '30s', false),
       set_config('tcp_keepalives_idle', '2', false), set_config('tcp_keepalives_interval', '1', false),
       set_config('tcp_keepalives_count', '2', false)
"""


class Held(Struct, frozen=True):
    """One lease. `sites` empty: every site. `alive`: its owner was seen within 30 s of real time. `connected`: the
    connection on which it was last seen is there: the server ends that of a machine without power after 4 s."""

    group: str
    holder: str
    sites: tuple[str, ...]
    alive: bool
    connected: bool
    beating: bool  # seen within 4 s, on whatever connection

    def overlaps(self, group: str, sites: Sequence[str]) -> bool:
        """Whether both would write for the same site."""
        return self.group == group or not self.sites or not sites or not set(sites).isdisjoint(self.sites)


def bound_waits(conn: Conn) -> None:
    """Nothing on this connection waits for ever: after 30 s its statement, lock or open transaction is given up, and
    after 4 s without a sign of the client's machine the server ends it."""
    conn.execute(_BOUNDS)


def held(conn: Conn) -> list[Held]:
    """Every lease. Nobody else takes one before the caller's transaction ends."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", (_TAKERS,))
    return [Held(row[0], row[1], tuple(row[2]), row[3], row[4], row[5]) for row in conn.execute(_ALL)]


def take(conn: Conn, group: str, holder: str, *, sites: Sequence[str] = (), at: Micros) -> int:
    """Become the owner, whoever was before. Returns the new fencing number: the former owner's marks fail."""
    values = {"group": group, "holder": holder, "sites": list(sites), "at": moment(at)}
    row = conn.execute(_TAKE, values).fetchone()
    return int(row[0]) if row else 0


def connected(conn: Conn, group: str, fencing: int) -> None:
    """From now on the owner works on this connection."""
    conn.execute(_AGAIN, (group, fencing))


def fence_off(conn: Conn, groups: Sequence[str]) -> None:
    """Whoever owns these groups writes nothing more."""
    conn.execute(_FENCE_OFF, (list(groups),))


def mark(conn: Conn, group: str, fencing: int, *, at: Micros) -> bool:
    """Renew inside the caller's transaction, leaving `at` as its mark. False: the lease is lost."""
    return conn.execute(_MARK, (moment(at), group, fencing)).rowcount == 1


def in_step(conn: Conn, mark: Micros) -> bool:
    """Whether this connection answers the question that is asked: after one that it heard twice it is one behind."""
    answer = conn.execute("SELECT %s::bigint", (mark,))
    return answer.description is not None and answer.fetchone() == (mark,)


def beat(conn: Conn, group: str, fencing: int) -> bool:
    """Say that the owner is alive, though it has nothing to write. False: the lease is lost."""
    return conn.execute(_BEAT, (group, fencing)).rowcount == 1


def release(conn: Conn, group: str, fencing: int) -> None:
    """Let the next process take over at once."""
    conn.execute(_RELEASE, (group, fencing))


def read(conn: Conn, group: str) -> tuple[str, int, Micros] | None:
    """Holder, fencing number and last mark, after any transaction that still holds the row has ended."""
    row = conn.execute(_READ, (group,)).fetchone()
    return (row[0], row[1], micros(row[2])) if row else None


def current(conn: Conn, group: str) -> int | None:
    """The fencing number now, without waiting for anybody."""
    row = conn.execute("SELECT fencing FROM lease WHERE ingest_group = %s", (group,)).fetchone()
    return int(row[0]) if row else None
