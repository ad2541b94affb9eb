"""Logins that may be tried: each is on record before its password is looked at, and withdrawn when it was right.

Counted per name and address, so that nobody can shut a named person out from elsewhere, and loosely per name alone.
Called by `sessions`. The address is the connection's own: what a header says of it is not believed.
"""

from msgspec import Struct

from domain.instants import MINUTE, SECOND, Micros
from storage import people
from storage.connection import Connection
from web.problems import Problem

WITHIN: Micros = 15 * MINUTE
PER_ADDRESS = 10
PER_NAME = 100
CODES_PER_ADDRESS = 20  # of 31^8 codes


class Attempt(Struct, frozen=True):
    """Somebody at an address tries a name."""

    username: str
    address: str
    at: Micros

    def bounds(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """Under which keys it is counted, and how many each may have. An address is never empty and holds no `|`."""
        name = self.username.lower()  # the app's names have no case: another spelling is not another ten tries
        return (f"{self.address}|{name}", PER_ADDRESS), (f"|{name}", PER_NAME)


def begin(conn: Connection, attempt: Attempt) -> None:
    """Put it on record, or 429. One name's attempts are counted one after the other, whatever comes in parallel."""
    people.lock_attempts(conn, attempt.username.lower())
    people.forget_all_failures(conn, attempt.at - WITHIN)
    for key, most in attempt.bounds():
        failed = people.failures_since(conn, key, attempt.at - WITHIN)
        if len(failed) >= most:
            raise _locked(failed[most - 1] + WITHIN - attempt.at, "passwords")
    for key, _ in attempt.bounds():
        people.record_failure(conn, key, attempt.at)


def withdraw(conn: Connection, attempt: Attempt) -> None:
    """It was right: what this address got wrong before is forgotten too, what others got wrong is not."""
    (here, _), (anywhere, _) = attempt.bounds()
    people.forget_failures(conn, here, attempt.at)
    people.forget_failure(conn, anywhere, attempt.at)


def begin_code(conn: Connection, address: str, at: Micros) -> None:
    """The same for an enrolment code, which names nobody: counted per address alone."""
    key = f"{address}|code"
    people.lock_attempts(conn, key)
    people.forget_all_failures(conn, at - WITHIN)
    failed = people.failures_since(conn, key, at - WITHIN)
    if len(failed) >= CODES_PER_ADDRESS:
        raise _locked(failed[CODES_PER_ADDRESS - 1] + WITHIN - at, "codes")
    people.record_failure(conn, key, at)


def withdraw_code(conn: Connection, address: str, at: Micros) -> None:
    """The code was one that works."""
    people.forget_failure(conn, f"{address}|code", at)


def _locked(left: Micros, what: str) -> Problem:
    wait = max(1, left // SECOND + 1)
    headers, extra = {"Retry-After": str(wait)}, {"retry_after": wait}
    return Problem(429, f"too many wrong {what}: wait {wait} s", headers=headers, extra=extra)
