"""Disk of a million readings on each tier, stored as the hub does: three readings a message, 500 messages a commit.

python -m bench.disk [--server plain timescaledb] [--readings 1000000]

`timescaledb` is that of the tests (Apache edition), or the build that VIGIE_TEST_TIMESCALEDB_ROOT names.
"""

import argparse
import hashlib
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct
from rich.console import Console as Terminal
from rich.table import Table

from bench import setting
from bench.load import device_names
from domain.instants import DAY, MINUTE, Micros
from domain.values import Origin, Reading
from domain.vocabulary import HEART_RATE, SPO2, TEMPERATURE
from storage import messages, migrate, readings, rollup, tiers
from storage.connection import Connection, connect
from storage.messages import MessageRow
from tests.support import timescale
from vigie.embedded.postgres import EmbeddedPostgres

READINGS, PATIENTS, EVERY = 1_000_000, 200, 5 * MINUTE
BATCH = 500  # messages a commit
AGE = 40 * DAY  # how long ago it begins: older than the columnstore waits for
_VALUES = ((TEMPERATURE, 36.9, 0.3, 1), (HEART_RATE, 78.0, 8.0, 0), (SPO2, 97.0, 1.0, 0))
_POLICIES = "SELECT job_id FROM timescaledb_information.jobs WHERE hypertable_name = 'reading' AND proc_name = ANY (%s)"
_PLAIN = "SELECT pg_table_size(%(table)s::regclass), pg_indexes_size(%(table)s::regclass)"
_HYPER = "SELECT table_bytes + coalesce(toast_bytes, 0), index_bytes FROM hypertable_detailed_size('reading')"


class Sizes(Struct, frozen=True):
    """Bytes. `readings`, `messages`: (rows, indexes). `columnstore`: readings afterwards, None where there is none."""

    tier: str
    readings: tuple[int, int]
    messages: tuple[int, int]
    hours: tuple[int, int]
    wal: int
    columnstore: tuple[int, int] | None


def measure(postgres: EmbeddedPostgres, *, total: int = READINGS) -> Sizes:
    """Fill an empty running server and weigh what is there."""
    with connect(postgres.url) as conn:
        migrate.migrate(conn)
        wal = _fill(conn, total)
        tier = tiers.tier(conn)
        before = _readings(conn)
        while rollup.roll(conn, time.time_ns() // 1000):
            conn.commit()
        _settle(conn)
        found = _table(conn, "message"), _table(conn, "reading_hour")
        after = _columnstore(conn) if tier == "community" else None
    return Sizes(tier, before, *found, wal=wal, columnstore=after)


def _fill(conn: Connection, total: int) -> int:
    """Store that many readings; bytes of WAL meanwhile."""
    conn.commit()
    conn.autocommit = True
    conn.execute("CHECKPOINT")
    conn.autocommit = False
    start = conn.execute("SELECT pg_current_wal_lsn()").fetchone()
    for said, values in _batches(total):
        messages.insert_messages(conn, said)
        readings.insert(conn, values)
        conn.commit()
    row = conn.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), %s)", start).fetchone()
    _settle(conn)
    return int(row[0]) if row else 0


def _batches(total: int) -> Iterator[tuple[list[MessageRow], list[Reading]]]:
    dice, devices, begun = random.Random(1), device_names(PATIENTS), time.time_ns() // 1000 - AGE
    for first in range(0, total // len(_VALUES), BATCH):
        said, values = list[MessageRow](), list[Reading]()
        for number in range(first, min(first + BATCH, total // len(_VALUES))):
            device, seq = devices[number % PATIENTS], number // PATIENTS + 1
            at: Micros = begun + seq * EVERY
            digest = hashlib.sha256(f"{device} {seq}".encode()).digest()
            said.append(
                MessageRow(device=device, boot="0123456789ab", seq=seq, sha256=digest, received_at=at, refused=False)
            )
            values += [
                Reading(f"p-{device}", code, round(dice.gauss(mean, spread), digits), at, at + 1_500_000,
                        origin=Origin(device, "0123456789ab", seq), index=place)
                for place, (code, mean, spread, digits) in enumerate(_VALUES)
            ]  # fmt: skip
        yield said, values


def _columnstore(conn: Connection) -> tuple[int, int]:
    conn.commit()
    conn.autocommit = True
    for (job,) in conn.execute(_POLICIES, (["policy_compression", "policy_columnstore"],)).fetchall():
        conn.execute("CALL run_job(%s)", (job,))
    conn.autocommit = False
    return _readings(conn)


def _readings(conn: Connection) -> tuple[int, int]:
    if tiers.timescaledb_version(conn) is None:
        return _table(conn, "reading")
    row = conn.execute(_HYPER).fetchone() or (0, 0)
    return int(row[0]), int(row[1])


def _table(conn: Connection, table: str) -> tuple[int, int]:
    row = conn.execute(_PLAIN, {"table": table}).fetchone() or (0, 0)
    return int(row[0]), int(row[1])


def _settle(conn: Connection) -> None:
    conn.commit()
    conn.autocommit = True
    conn.execute("VACUUM ANALYZE")
    conn.autocommit = False


def on(server: str, total: int) -> Sizes:
    """On the embedded server (`plain`) or on a TimescaleDB."""
    if server == "timescaledb":
        with timescale.own_postgres() as postgres:
            return measure(postgres.start(), total=total)
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as folder:
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder) / "pg") as postgres:
            return measure(postgres, total=total)


def rows(found: Sizes, total: int) -> Iterator[tuple[str, float]]:
    """What, and megabytes a million readings."""
    parts = {"readings": found.readings, "messages": found.messages, "rollups": found.hours}
    if found.columnstore is not None:
        parts["readings in the columnstore"] = found.columnstore
    for name, (heap, index) in parts.items():
        yield f"{name}: rows", heap / total
        yield f"{name}: indexes", index / total
    kept = sum(found.columnstore or found.readings) + sum(found.messages) + sum(found.hours)
    yield "kept, all together", kept / total
    yield "WAL written", found.wal / total


def main() -> None:
    """Print a table a server."""
    parser = argparse.ArgumentParser(prog="bench.disk", description=__doc__)
    parser.add_argument("--server", nargs="+", choices=("plain", "timescaledb"), default=["plain", "timescaledb"])
    parser.add_argument("--readings", type=int, default=READINGS)
    asked = parser.parse_args()
    for server in asked.server:
        found = on(server, asked.readings)
        table = Table("what", "MB a million readings", title=f"{found.tier}, {asked.readings:,} readings")
        for name, size in rows(found, asked.readings):
            table.add_row(name, f"{size:.1f}")
        Terminal(width=100).print(table)


if __name__ == "__main__":
    main()
