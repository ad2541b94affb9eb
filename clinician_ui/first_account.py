"""Making accounts: the first one of an empty hub, and those an operator adds. Called by the wiring."""

from collections.abc import Sequence

from msgspec import Struct

from clinician_ui.access import TABLE
from domain.instants import Micros
from storage import audit, people
from storage.connection import Connection
from web import tokens

FIRST = "admin"


class OneTime(Struct, frozen=True):
    """Credentials to print once; the password must be changed at the first login."""

    username: str
    password: str


class NewUser(Struct, frozen=True):
    """An account to make. `must_change`: the password given is a one-time one."""

    username: str
    role: str
    password: str
    sites: tuple[str, ...]
    must_change: bool = False


def first_account(conn: Connection, now: Micros) -> OneTime | None:
    """When nobody can log in yet: the account `admin`, role operator, every site. The caller owns the transaction."""
    if people.any_account(conn):
        return None
    password = tokens.one_time_password()
    made = add_user(
        conn, NewUser(FIRST, "operator", password, tuple(people.all_sites(conn)), must_change=True), now, actor="vigie"
    )
    return OneTime(FIRST, password) if made is not None else None


def add_user(conn: Connection, user: NewUser, now: Micros, *, actor: str) -> int | None:
    """Make an account. The id, or None when the name is taken. Raises ValueError naming what cannot be used."""
    _check(user, people.all_sites(conn))
    account = people.Account(0, user.username, user.role, tokens.hash_password(user.password), user.must_change, False)
    number = people.add_account(conn, account, created_at=now)
    if number is None:
        return None
    people.join_sites(conn, number, user.sites)
    detail = {"role": user.role, "sites": list(user.sites)}
    audit.append(conn, audit.Look(now, actor, "account made", f"account:{user.username}", detail))
    return number


def _check(user: NewUser, sites: Sequence[str]) -> None:
    if user.role not in TABLE:
        raise ValueError(f"role: expected one of {', '.join(TABLE)}, got {user.role!r}")
    fault = tokens.password_fault(user.password, user.username)
    if fault is not None:
        raise ValueError(f"password: expected {fault}")
    unknown = [site for site in user.sites if site not in sites]
    if unknown:
        raise ValueError(f"site: expected one that exists, got {unknown[0]!r}")
