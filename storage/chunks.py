"""How long a chunk of readings is on TimescaleDB: as long as one fits the server's memory at the rate measured.

Readings arrive in the newest chunk, and their index is read with each: it must not come from the disk. Only chunks that
are made later take the new length. Called by the rolling service and `vigie db doctor`.
"""

from msgspec import Struct

from domain.instants import DAY, HOUR, Micros, moment
from storage import tiers
from storage.connection import Connection

LENGTHS = (6 * HOUR, DAY, 7 * DAY)  # the longest is what a new hub begins with
BYTES = 360  # of one reading with its indexes outside the columnstore, by bench/disk.py


class Fit(Struct, frozen=True):
    """`present`: the length of new chunks, `wanted`: what it should be. `memory`: shared_buffers, which is a quarter of
    the server's memory by PostgreSQL's advice and TimescaleDB's advice for a chunk."""

    present: Micros
    wanted: Micros
    a_day: int
    memory: int

    @property
    def far(self) -> bool:
        """Whether a chunk is much larger than memory: the hub has not come to change it, or cannot."""
        return self.wanted < self.present and size(self.a_day, self.present) > 4 * self.memory


def size(a_day: int, length: Micros) -> int:
    """Bytes of a chunk of that length."""
    return a_day * BYTES * length // DAY


def wanted(a_day: int, memory: int, present: Micros) -> Micros:
    """The longest length of which a chunk fits `memory` bytes; one that is longer than now must fit twice."""
    fitting = [length for length in LENGTHS if size(a_day, length) * (2 if length > present else 1) <= memory]
    return fitting[-1] if fitting else LENGTHS[0]


def look(conn: Connection, now: Micros) -> Fit | None:
    """As it is, by the readings of the last day; None where there is no hypertable."""
    if tiers.timescaledb_version(conn) is None:
        return None
    row = conn.execute(
        """SELECT (extract(epoch FROM time_interval) * 1000000)::bigint,
                  pg_size_bytes(current_setting('shared_buffers'))
           FROM timescaledb_information.dimensions WHERE hypertable_name = 'reading'"""
    ).fetchone()
    if row is None:
        return None
    present, memory = row
    found = conn.execute(
        "SELECT count(*) FROM reading WHERE measured_at >= %s AND measured_at < %s", (moment(now - DAY), moment(now))
    ).fetchone()
    a_day = 0 if found is None else int(found[0])
    return Fit(present, wanted(a_day, memory, present), a_day, memory)


def fit(conn: Connection, now: Micros) -> Fit | None:
    """Give new chunks the length that is wanted, for the caller to commit; what was changed, None: nothing."""
    found = look(conn, now)
    if found is None or found.wanted == found.present:
        return None
    conn.execute("SELECT set_chunk_time_interval('reading', make_interval(secs => %s))", (found.wanted // 1_000_000,))
    return found
