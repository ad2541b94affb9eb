"""Accounts of the caller's sites: list, make with a one-time password, sites, disable, enable. Every change on record.

An account that also belongs to a site outside the caller's circle is changed by nobody here but in its sites: whoever
could set its password could see that other site.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from clinician_ui.access import TABLE, Caller, Verb
from clinician_ui.deps import Deps
from clinician_ui.first_account import NewUser, add_user
from clinician_ui.sessions import Allowed, GivenDeps
from clinician_ui.spoken import says_something
from domain.instants import iso, micros
from storage import accounts, audit, people
from storage.accounts import AccountRow
from storage.connection import Connection
from web import tokens
from web.bodies import Body, Name, Text
from web.problems import Problem, bad_field

router = APIRouter(prefix="/api/accounts", tags=["accounts"])
Keeper = Annotated[Caller, Depends(Allowed(Verb.ACCOUNTS))]
UserName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]
Sites = Annotated[tuple[Name, ...], Field(min_length=1, max_length=200, strict=False)]


class NewAccount(Body):
    """POST /api/accounts."""

    username: UserName
    role: Name
    sites: Sites


class AccountSites(Body):
    """PUT /api/accounts/{username}/sites: those of the caller's sites that the account shall have; others stay."""

    sites: Annotated[tuple[Name, ...], Field(max_length=200, strict=False)]


class Disabling(Body):
    """POST /api/accounts/{username}/disabling."""

    reason: Text


@router.get("")
def listed(caller: Keeper, deps: GivenDeps) -> dict[str, Any]:
    """Accounts of the caller's sites, and those without a site, by name."""
    with deps.pool.connection() as conn:
        _record(conn, deps, caller, action="accounts", subject="sites", sites=list(caller.sites))
        found = accounts.of_sites(conn, caller.sites)
    return {"accounts": [_json(row, caller) for row in found], "roles": list(TABLE), "sites": list(caller.sites)}


@router.post("", status_code=201)
def make(body: NewAccount, caller: Keeper, deps: GivenDeps) -> dict[str, Any]:
    """A new account. Its one-time password is told here once, and must be changed at the first login."""
    if body.role not in TABLE:
        raise bad_field("role", f"one of {', '.join(TABLE)}")
    _in_circle(caller, body.sites)
    password = tokens.one_time_password()
    user = NewUser(body.username, body.role, password, body.sites, must_change=True)
    with deps.gate.place(), deps.gate.turn(), deps.pool.connection() as conn:
        if add_user(conn, user, deps.wall(), actor=caller.username) is None:
            raise Problem(409, "there is an account of that name: choose another")
        row = accounts.one(conn, body.username)
    return {"username": body.username, "password": password, "account": row and _json(row, caller)}


@router.put("/{username}/sites")
def set_sites(username: str, body: AccountSites, caller: Keeper, deps: GivenDeps) -> dict[str, Any]:
    """Which of the caller's sites the account has. Its sites outside the caller's circle stay as they are."""
    _in_circle(caller, body.sites)
    with deps.pool.connection() as conn:
        row = _known(conn, caller, username)
        _not_oneself(caller, row)
        accounts.leave_sites(conn, row.id, [site for site in caller.sites if site not in body.sites])
        people.join_sites(conn, row.id, body.sites)
        _record(conn, deps, caller, action="account sites", subject=f"account:{row.username}", sites=list(body.sites))
        return _after(conn, caller, row)


@router.post("/{username}/disabling")
def disable(username: str, body: Disabling, caller: Keeper, deps: GivenDeps) -> dict[str, Any]:
    """Nobody logs in with it any more; its sessions end at once."""
    if not says_something(body.reason):
        raise bad_field("reason", "a sentence that says why")
    with deps.pool.connection() as conn:
        row = _whole(conn, caller, username)
        accounts.disable(conn, row.id, deps.wall())
        people.end_sessions_of(conn, row.id)
        _record(conn, deps, caller, action="account disabled", subject=f"account:{row.username}", reason=body.reason)
        return _after(conn, caller, row)


@router.post("/{username}/enabling")
def enable(username: str, caller: Keeper, deps: GivenDeps) -> dict[str, Any]:
    """It is open again, with the password it had."""
    with deps.pool.connection() as conn:
        row = _whole(conn, caller, username)
        accounts.disable(conn, row.id, None)
        _record(conn, deps, caller, action="account enabled", subject=f"account:{row.username}")
        return _after(conn, caller, row)


@router.post("/{username}/password")
def new_password(username: str, caller: Keeper, deps: GivenDeps) -> dict[str, Any]:
    """A new one-time password, told here once; every session of the account ends."""
    password = tokens.one_time_password()
    with deps.gate.place(), deps.gate.turn():
        hashed = tokens.hash_password(password)
    with deps.pool.connection() as conn:
        row = _whole(conn, caller, username)
        people.set_password(conn, row.id, hashed, must_change=True)
        people.end_sessions_of(conn, row.id)
        _record(conn, deps, caller, action="one-time password", subject=f"account:{row.username}")
        return {"username": row.username, "password": password, **_after(conn, caller, row)}


def _in_circle(caller: Caller, sites: tuple[str, ...]) -> None:
    if not set(sites) <= set(caller.sites):
        raise bad_field("sites", f"sites of your own circle: {', '.join(caller.sites)}")


def _known(conn: Connection, caller: Caller, username: str) -> AccountRow:
    """The account, or the same 404 for one that does not exist and one of other circles."""
    row = accounts.one(conn, username) if username.isprintable() else None
    if row is None or not (set(row.sites) & set(caller.sites) or not row.sites):
        raise Problem(404, "no such account at your sites")
    return row


def _whole(conn: Connection, caller: Caller, username: str) -> AccountRow:
    row = _known(conn, caller, username)
    _not_oneself(caller, row)
    if not set(row.sites) <= set(caller.sites):
        raise Problem(403, "this account belongs to a site outside your circle too: who keeps all its sites changes it")
    return row


def _not_oneself(caller: Caller, row: AccountRow) -> None:
    if row.id == caller.account:
        raise Problem(409, "not your own account: somebody else of this role does it")


def _after(conn: Connection, caller: Caller, row: AccountRow) -> dict[str, Any]:
    now = accounts.one(conn, row.username)
    return {"account": now and _json(now, caller)}


def _json(row: AccountRow, caller: Caller) -> dict[str, Any]:
    """Sites outside the caller's circle are counted, not named."""
    mine = [site for site in row.sites if site in caller.sites]
    return {
        "username": row.username,
        "role": row.role,
        "sites": mine,
        "other_sites": len(row.sites) - len(mine),
        "must_change": row.must_change,
        "created_at": iso(micros(row.created_at)),
        "disabled_at": None if row.disabled_at is None else iso(micros(row.disabled_at)),
        "own": row.id == caller.account,
    }


def _record(conn: Connection, deps: Deps, caller: Caller, *, action: str, subject: str, **detail: Any) -> None:
    audit.append(conn, audit.Look(deps.clock(), caller.username, action, subject, detail))
