"""Accounts, sessions, feed tickets and login failures. Digests only: a token or a password never reaches this module.

Every instant here is real time, never the hub's scaled clock. Called by the console and the command line.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import dict_row

from domain.instants import Micros, micros, moment


class Account(Struct, frozen=True):
    """One person who may log in."""

    id: int
    username: str
    role: str
    password_hash: str
    must_change: bool
    disabled: bool


class Session(Struct, frozen=True):
    """A session that is alive, with the person's role and sites as they are now."""

    digest: bytes
    account: int
    username: str
    role: str
    must_change: bool
    sites: tuple[str, ...]
    expires_at: Micros


class Ticket(Struct, frozen=True):
    """A feed ticket just used up."""

    account: int
    session: bytes


def account_by_name(conn: Connection[Any], username: str) -> Account | None:
    """The account of that exact name."""
    row = conn.execute(
        """SELECT id, username, role, password_hash, must_change, disabled_at IS NOT NULL
           FROM account WHERE username = %s""",
        (username,),
    ).fetchone()
    return None if row is None else Account(*row)


def any_account(conn: Connection[Any]) -> bool:
    """Whether anybody can log in at all."""
    return conn.execute("SELECT 1 FROM account LIMIT 1").fetchone() is not None


def add_account(conn: Connection[Any], account: Account, *, created_at: Micros) -> int | None:
    """Insert an account (its `id` is ignored). The new id, or None when the name is taken."""
    row = conn.execute(
        """INSERT INTO account (username, role, password_hash, must_change, created_at) VALUES (%s, %s, %s, %s, %s)
           ON CONFLICT (username) DO NOTHING RETURNING id""",
        (account.username, account.role, account.password_hash, account.must_change, moment(created_at)),
    ).fetchone()
    return None if row is None else int(row[0])


def join_sites(conn: Connection[Any], account: int, sites: Sequence[str]) -> None:
    """Put the account into the circle of care of these sites."""
    conn.execute(
        "INSERT INTO account_site (account, site) SELECT %s, unnest(%s::text[]) ON CONFLICT DO NOTHING",
        (account, list(sites)),
    )


def all_sites(conn: Connection[Any]) -> list[str]:
    """Every site, by name."""
    return [row[0] for row in conn.execute("SELECT id FROM site ORDER BY id").fetchall()]


def set_password(conn: Connection[Any], account: int, password_hash: str, *, must_change: bool) -> None:
    """Replace the password's hash."""
    conn.execute(
        "UPDATE account SET password_hash = %s, must_change = %s WHERE id = %s", (password_hash, must_change, account)
    )


def role_at(conn: Connection[Any], username: str, site: str) -> str | None:
    """The role of an active account of that name that has the site in its circle of care; else None."""
    found = conn.execute(
        """SELECT role FROM account JOIN account_site ON account_site.account = account.id
           WHERE username = %s AND site = %s AND disabled_at IS NULL""",
        (username, site),
    ).fetchone()
    return None if found is None else str(found[0])


def open_session(conn: Connection[Any], digest: bytes, account: int, *, now: Micros, expires_at: Micros) -> None:
    """Start a session known by the digest of its token."""
    conn.execute(
        "INSERT INTO session (token_sha256, account, created_at, expires_at) VALUES (%s, %s, %s, %s)",
        (digest, account, moment(now), moment(expires_at)),
    )


def live_sessions(conn: Connection[Any], digests: Sequence[bytes], now: Micros) -> list[Session]:
    """Those of the sessions that are neither ended, expired nor of a disabled account."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            """SELECT token_sha256, account.id, username, role, must_change, expires_at,
                      ARRAY(SELECT site FROM account_site WHERE account = account.id ORDER BY site) AS sites
               FROM session JOIN account ON account.id = session.account
               WHERE token_sha256 = ANY(%s) AND expires_at > %s AND disabled_at IS NULL""",
            (list(digests), moment(now)),
        ).fetchall()
    return [_session(row) for row in rows]


def _session(row: dict[str, Any]) -> Session:
    return Session(
        bytes(row["token_sha256"]), row["id"], row["username"], row["role"], row["must_change"], tuple(row["sites"]),
        micros(row["expires_at"]),
    )  # fmt: skip


def extend_session(conn: Connection[Any], digest: bytes, expires_at: Micros) -> None:
    """Slide the end of a session."""
    conn.execute("UPDATE session SET expires_at = %s WHERE token_sha256 = %s", (moment(expires_at), digest))


def end_session(conn: Connection[Any], digest: bytes) -> None:
    """End one session; its tickets go with it."""
    conn.execute("DELETE FROM session WHERE token_sha256 = %s", (digest,))


def end_sessions_of(conn: Connection[Any], account: int) -> None:
    """End every session of an account, those of visits in the app too."""
    conn.execute("DELETE FROM session WHERE account = %s", (account,))
    conn.execute("DELETE FROM app_session WHERE staff = %s", (account,))


def drop_expired(conn: Connection[Any], now: Micros) -> None:
    """Delete sessions that have run out."""
    conn.execute("DELETE FROM session WHERE expires_at <= %s", (moment(now),))


_ATTEMPTS = 0x76696769  # "vigi"


def lock_attempts(conn: Connection[Any], username: str) -> None:
    """One at a time for a name, until the caller's transaction ends."""
    conn.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (_ATTEMPTS, username))


def record_failure(conn: Connection[Any], key: str, at: Micros) -> None:
    """A login that has failed until it is shown to be right. The key (of name and address) is the caller's."""
    conn.execute("INSERT INTO login_failure (username, at) VALUES (%s, %s)", (key, moment(at)))


def failures_since(conn: Connection[Any], key: str, since: Micros) -> list[Micros]:
    """When logins under that key failed, newest first."""
    rows = conn.execute(
        "SELECT at FROM login_failure WHERE username = %s AND at > %s ORDER BY at DESC LIMIT 100",
        (key, moment(since)),
    ).fetchall()
    return [micros(row[0]) for row in rows]


def forget_failures(conn: Connection[Any], key: str, before: Micros) -> None:
    """Drop a key's failures up to an instant: after a good login."""
    conn.execute("DELETE FROM login_failure WHERE username = %s AND at <= %s", (key, moment(before)))


def forget_failure(conn: Connection[Any], key: str, at: Micros) -> None:
    """Drop one failure of that instant."""
    conn.execute(
        """DELETE FROM login_failure WHERE ctid =
               (SELECT ctid FROM login_failure WHERE username = %s AND at = %s LIMIT 1 FOR UPDATE SKIP LOCKED)""",
        (key, moment(at)),
    )


def forget_all_failures(conn: Connection[Any], before: Micros) -> None:
    """Drop what no longer counts, of every key, so that names nobody has do not pile up."""
    conn.execute(
        """DELETE FROM login_failure WHERE ctid = ANY(ARRAY(
               SELECT ctid FROM login_failure WHERE at <= %s LIMIT 1000 FOR UPDATE SKIP LOCKED))""",
        (moment(before),),
    )


def add_ticket(conn: Connection[Any], digest: bytes, ticket: Ticket, expires_at: Micros) -> None:
    """A ticket that opens the feed once."""
    conn.execute(
        "INSERT INTO feed_ticket (ticket_sha256, account, session, expires_at) VALUES (%s, %s, %s, %s)",
        (digest, ticket.account, ticket.session, moment(expires_at)),
    )


def take_ticket(conn: Connection[Any], digest: bytes, now: Micros) -> Ticket | None:
    """Use up a ticket. None when it is unknown, used or too old."""
    row = conn.execute(
        "DELETE FROM feed_ticket WHERE ticket_sha256 = %s RETURNING account, session, expires_at", (digest,)
    ).fetchone()
    return None if row is None or micros(row[2]) <= now else Ticket(row[0], bytes(row[1]))


def drop_stale_tickets(conn: Connection[Any], now: Micros) -> None:
    """Delete tickets nobody used in time."""
    conn.execute("DELETE FROM feed_ticket WHERE expires_at <= %s", (moment(now),))
