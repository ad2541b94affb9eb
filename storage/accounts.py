"""Accounts as those who keep them see them: role, sites, disabled or not. No hash is read. Called by the console."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import class_row

from domain.instants import Micros, moment


class AccountRow(Struct, frozen=True):
    """One account. `must_change`: its one-time password has not been used. Instants are aware datetimes."""

    id: int
    username: str
    role: str
    must_change: bool
    created_at: Any
    disabled_at: Any
    sites: list[str]


_ROWS = """
SELECT * FROM (
    SELECT id, username, role, must_change, created_at, disabled_at,
           ARRAY(SELECT site FROM account_site WHERE account = account.id ORDER BY site) AS sites
    FROM account) AS known
"""


def of_sites(conn: Connection[Any], sites: Sequence[str]) -> list[AccountRow]:
    """Accounts with any of these sites, and those without any site, by name."""
    with conn.cursor(row_factory=class_row(AccountRow)) as cursor:
        statement = f"{_ROWS} WHERE sites && %s::text[] OR sites = '{{}}' ORDER BY username"
        return cursor.execute(statement, (list(sites),)).fetchall()


def one(conn: Connection[Any], username: str) -> AccountRow | None:
    """The account of that exact name, held until the transaction ends."""
    if conn.execute("SELECT 1 FROM account WHERE username = %s FOR UPDATE", (username,)).fetchone() is None:
        return None
    with conn.cursor(row_factory=class_row(AccountRow)) as cursor:
        return cursor.execute(f"{_ROWS} WHERE username = %s", (username,)).fetchone()


def disable(conn: Connection[Any], account: int, at: Micros | None) -> None:
    """Nobody logs in with it from then on; None: it is open again."""
    conn.execute("UPDATE account SET disabled_at = %s WHERE id = %s", (None if at is None else moment(at), account))


def leave_sites(conn: Connection[Any], account: int, sites: Sequence[str]) -> None:
    """Take the account out of the circle of care of these sites."""
    conn.execute("DELETE FROM account_site WHERE account = %s AND site = ANY (%s)", (account, list(sites)))
