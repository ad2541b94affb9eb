"""Verifying a password: never more than a few at once, each attempt on record, as long for a name that nobody has.

Called by the sessions of the console and of the app.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from fastapi import Request
from msgspec import Struct

from domain.instants import Micros
from storage import audit
from storage.connection import Connection, Pool
from web import attempts, tokens
from web.gate import Gate

# Verified when the name is unknown, so that the answer takes as long.
_NOBODY = tokens.hash_of_nobody()


class Known(Protocol):
    """An account as far as its password matters."""

    @property
    def password_hash(self) -> str | None:
        """None: none was chosen yet."""

    @property
    def disabled(self) -> bool:
        """Nobody logs in to it any more."""


class Door(Struct, frozen=True):
    """What verifying needs of its face. `clock`: the hub's, for the trail."""

    pool: Pool
    gate: Gate
    clock: Callable[[], Micros]


K = TypeVar("K", bound=Known)


def attempt_of(request: Request, username: str, now: Micros) -> attempts.Attempt:
    """Who tries from where: the connection's own address."""
    return attempts.Attempt(username, address_of(request), now)


def address_of(request: Request) -> str:
    """The connection's own address."""
    return request.client.host if request.client else "?"


def verified(
    door: Door, attempt: attempts.Attempt, password: str, *, find: Callable[[Connection, str], K | None]
) -> K | None:
    """The account, or None when name or password is wrong; 429 and 503 when it may not be tried now."""
    with door.gate.place():
        with door.pool.connection() as conn:
            attempts.begin(conn, attempt)
            account = find(conn, attempt.username)
        # Outside any transaction: argon2 takes tens of milliseconds.
        with door.gate.turn():
            right = tokens.same_password((account.password_hash if account else None) or _NOBODY, password)
        good = account if right and account is not None and not account.disabled else None
        with door.pool.connection() as conn:
            if good is not None:
                attempts.withdraw(conn, attempt)
            else:
                subject = f"account:{attempt.username}"
                audit.append(conn, audit.Look(door.clock(), attempt.username, "login refused", subject))
    return good
