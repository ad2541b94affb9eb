"""Proof that a database holds what another one held: for each table rows and a digest, for each device its ledger.

A digest is the exclusive or of a hash of every row, so the order of rows says nothing. Reads only, in the caller's
snapshot. What ends with the processes (sessions, presence, leases, tickets) is left out.
"""

from typing import Any

from msgspec import Struct
from psycopg import sql

from storage.connection import Connection

FLEETING = frozenset({"session", "app_session", "feed_ticket", "console_presence", "lease", "login_failure"})

_TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'identity') AND NOT c.relispartition
ORDER BY 1, 2
"""
_LEDGER = "SELECT device, boot, count(*), min(seq), max(seq) FROM message GROUP BY device, boot ORDER BY device, boot"


class TableProof(Struct, frozen=True):
    """One table: how many rows, and what they are."""

    table: str
    rows: int
    digest: str


class BootProof(Struct, frozen=True):
    """Messages stored of one boot of a device: how many, the first number and the last."""

    device: str
    boot: str
    messages: int
    first: int
    last: int


class Proof(Struct, frozen=True):
    """What a database holds."""

    tables: tuple[TableProof, ...]
    ledger: tuple[BootProof, ...]


def prove(conn: Connection) -> Proof:
    """Every row is read once. A repeatable-read transaction of the caller makes it one moment."""
    names = [name for name in conn.execute(_TABLES).fetchall() if name[1] not in FLEETING]
    tables = tuple(_table(conn, schema, table) for schema, table in names)
    return Proof(tables, tuple(BootProof(*row) for row in conn.execute(_LEDGER).fetchall()))


def differences(before: Proof, after: Proof) -> list[str]:
    """What the second lacks or has otherwise, a sentence each; empty: it holds the same."""
    return [*_in_tables(before, after), *_in_ledger(before, after)]


def snapshot(conn: Connection) -> str:
    """The name under which another session sees this transaction's moment. The first statement of the transaction."""
    conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    return str(_one(conn, "SELECT pg_export_snapshot()"))


def is_empty(conn: Connection) -> bool:
    """Whether nothing of a hub is here yet."""
    return not conn.execute(_TABLES).fetchall()


def _table(conn: Connection, schema: str, table: str) -> TableProof:
    statement = sql.SQL("SELECT count(*), coalesce(bit_xor(hashtextextended(t::text, 0)), 0) FROM {} t").format(
        sql.Identifier(schema, table)
    )
    row = conn.execute(statement).fetchone()
    count, digest = row if row is not None else (0, 0)
    return TableProof(f"{schema}.{table}", count, f"{digest & (1 << 64) - 1:016x}")


def _in_tables(before: Proof, after: Proof) -> list[str]:
    there = {each.table: each for each in after.tables}
    said = []
    for each in before.tables:
        found = there.get(each.table)
        if found is None:
            said.append(f"{each.table}: is missing, {each.rows} rows expected")
        elif found.rows != each.rows:
            said.append(f"{each.table}: {found.rows} rows, expected {each.rows}")
        elif found.digest != each.digest:
            said.append(f"{each.table}: {each.rows} rows as expected, but other ones")
    return said


def _in_ledger(before: Proof, after: Proof) -> list[str]:
    there = {(each.device, each.boot): each for each in after.ledger}
    said = []
    for each in before.ledger:
        found = there.get((each.device, each.boot))
        count = 0 if found is None else found.messages
        if count != each.messages:
            said.append(f"device {each.device}, boot {each.boot}: {count} messages, expected {each.messages}")
    return said


def _one(conn: Connection, statement: str) -> Any:
    row = conn.execute(statement.encode()).fetchone()
    return None if row is None else row[0]
