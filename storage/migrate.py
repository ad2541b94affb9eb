"""Running the numbered migrations: one transaction each, checksums kept, one runner at a time.

The only module of `storage` that begins and commits transactions itself. Called by `vigie db migrate` and the tests.
"""

import hashlib
import re
from importlib import resources

from msgspec import Struct

from storage import tiers
from storage.connection import Connection

_LOCK = 0x7669676965  # "vigie"
_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


class MigrationError(Exception):
    """The migrations on disk and those applied do not agree. The text says which and what to do."""


class Migration(Struct, frozen=True):
    """One migration file."""

    number: int
    name: str
    sql: bytes

    @property
    def sha256(self) -> str:
        """Checksum as kept in `schema_migration`."""
        return hashlib.sha256(self.sql).hexdigest()


class Migrated(Struct, frozen=True):
    """What a run did: names applied now, the tier, and what could not be had on this tier."""

    applied: tuple[str, ...]
    tier: str
    notes: tuple[str, ...]


def shipped() -> list[Migration]:
    """The migrations of this version, in order. Raises MigrationError on a gap or an odd file name."""
    found = []
    for entry in sorted(resources.files("storage").joinpath("migrations").iterdir(), key=lambda item: item.name):
        match = _NAME.fullmatch(entry.name)
        if entry.name.endswith(".sql") and match is None:
            raise MigrationError(f"{entry.name}: expected a name like 0004_what_it_adds.sql")
        if match is not None:
            found.append(Migration(int(match[1]), entry.name, entry.read_bytes()))
    for place, migration in enumerate(found, start=1):
        if migration.number != place:
            raise MigrationError(f"{migration.name}: expected number {place:04d}, the numbers must have no gap")
    return found


def applied(conn: Connection) -> dict[int, tuple[str, str]]:
    """Number -> (name, sha256) of what the database has; empty when it was never migrated."""
    if not _has_table(conn):
        return {}
    rows = conn.execute("SELECT number, name, sha256 FROM schema_migration ORDER BY number").fetchall()
    return {number: (name, sha256) for number, name, sha256 in rows}


def pending(conn: Connection) -> list[Migration]:
    """Migrations still to run. Raises MigrationError when those that ran differ from those shipped."""
    return _compare(shipped(), applied(conn))


def migrate(conn: Connection) -> Migrated:
    """Bring the database to this version, then to the highest tier it can have. `conn` must be idle."""
    done: list[str] = []
    while (name := _next(conn)) is not None:
        done.append(name)
    with conn.transaction():
        _lock(conn)
        notes = tiers.raise_tier(conn)
        tier = tiers.tier(conn)
    return Migrated(tuple(done), tier, tuple(notes))


def _next(conn: Connection) -> str | None:
    with conn.transaction():
        _lock(conn)
        _make_table(conn)
        waiting = pending(conn)
        if not waiting:
            return None
        migration = waiting[0]
        conn.execute(migration.sql)
        _record(conn, migration)
        return migration.name


def _compare(files: list[Migration], ran: dict[int, tuple[str, str]]) -> list[Migration]:
    known = {migration.number: migration for migration in files}
    for place, (number, (name, sha256)) in enumerate(sorted(ran.items()), start=1):
        if number != place:
            raise MigrationError(f"schema_migration: number {place:04d} is missing although {number:04d} was applied")
        if number not in known:
            raise MigrationError(f"{name}: applied by a newer version of Vigie; this version knows {len(files)}")
        if known[number].sha256 != sha256:
            raise MigrationError(
                f"{known[number].name}: changed after it was applied (checksum {known[number].sha256[:12]}, "
                f"expected {sha256[:12]}); restore the file and add a new migration instead"
            )
    return files[len(ran) :]


def _lock(conn: Connection) -> None:
    conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


def _has_table(conn: Connection) -> bool:
    row = conn.execute("SELECT to_regclass('public.schema_migration') IS NOT NULL").fetchone()
    return bool(row and row[0])


def _make_table(conn: Connection) -> None:
    conn.execute(
        """
        CREATE TABLE IF NOT EXISTS schema_migration (
            number     integer PRIMARY KEY,
            name       text NOT NULL,
            sha256     text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )
        """
    )


def _record(conn: Connection, migration: Migration) -> None:
    conn.execute(
        "INSERT INTO schema_migration (number, name, sha256) VALUES (%s, %s, %s)",
        (migration.number, migration.name, migration.sha256),
    )
