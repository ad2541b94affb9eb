"""Accounts of the app: made, given a code that works once, revoked. In the caller's transaction, always on record.

Called by the console, the app and the command line, which have checked who may. Codes and passwords are told once and
never kept.
"""

import secrets
from collections.abc import Sequence

from msgspec import Struct

from domain.instants import HOUR, Micros
from storage import app_people, audit, consents
from storage.connection import Connection
from web import tokens

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
LENGTH = 8
CODE_FOR: Micros = 72 * HOUR  # choice of this project (status D): over a weekend
RELATIONS = {"patient": "self", "caregiver": "caregiver", "tablet": "resident"}
_TRIES = 20


class By(Struct, frozen=True):
    """Who does it, when (real time; `hub_at`: by the hub's clock, for the trail), and the hub's secret for the code."""

    actor: str
    role: str
    at: Micros
    hub_at: Micros
    secret_key: bytes


class NewPerson(Struct, frozen=True):
    """An account to make for a patient. `scopes`: a caregiver's, as the patient gave them, and how that was said."""

    role: str
    patient: str
    site: str
    language: str = "fr"
    scopes: tuple[str, ...] = ()
    version: str = ""
    how: str = "spoken"


class Enrolled(Struct, frozen=True):
    """An account and its code, to show once."""

    account: int
    username: str
    code: str
    expires_at: Micros


def add_person(conn: Connection, wish: NewPerson, by: By) -> app_people.Account:
    """Make an account that stands for a patient, with its consent. Raises ValueError naming what cannot be."""
    account = _fresh(conn, wish, by)
    join(conn, account, wish, by)
    detail = {"role": wish.role, "account": account.username}
    _trail(conn, by, "app account made", f"patient:{wish.patient}", detail)
    return account


def _fresh(conn: Connection, wish: NewPerson, by: By) -> app_people.Account:
    for _ in range(_TRIES):
        name = f"{wish.role[0]}-{''.join(secrets.choice(ALPHABET) for _ in range(6)).lower()}"
        wanted = app_people.Account(0, name, wish.role, wish.site, wish.language, None, None, False, 0, False)
        number = app_people.add(conn, wanted, by=by.actor, at=by.at)
        found = None if number is None else app_people.by_id(conn, number)
        if found is not None:
            return found
    raise RuntimeError("app_account: no free name was found")


def join(conn: Connection, account: app_people.Account, wish: NewPerson, by: By) -> None:
    """Let an account stand for one more patient. Raises ValueError when it does, or when it cannot."""
    if account.role == "patient" and app_people.links(conn, account.id):
        raise ValueError("patient: expected an account of their own, this one is another patient's")
    if not app_people.link(conn, account.id, wish.patient, RELATIONS[account.role], by=by.actor, at=by.at):
        raise ValueError(
            "patient: expected one without an account of their own, and whom this account does not stand for"
        )
    for scope in consents.CAREGIVER if account.role == "caregiver" else ():
        decision = "given" if scope in wish.scopes else "refused"
        row = consents.Decision(wish.patient, account.id, scope, decision, wish.version, wish.how)
        consents.record(conn, row, by=by.actor, role=by.role, at=by.hub_at)


def new_code(conn: Connection, account: app_people.Account, by: By) -> Enrolled:
    """A code for an account; the one before works no more."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    expires_at = by.at + CODE_FOR
    app_people.add_code(
        conn, code_digest(by.secret_key, code), account.id, by=by.actor, at=by.at, expires_at=expires_at
    )
    _trail(conn, by, "enrolment code made", f"app:{account.username}", {})
    return Enrolled(account.id, account.username, shown(code), expires_at)


def revoke(conn: Connection, account: app_people.Account, patient: str, *, reason: str, by: By) -> bool:
    """From now on the account sees nothing of the patient; False when it did not before."""
    if not app_people.unlink(conn, account.id, patient, by=by.actor, reason=reason, at=by.at):
        return False
    if account.role == "caregiver":
        for scope in consents.CAREGIVER:
            row = consents.Decision(patient, account.id, scope, "withdrawn", "", _how(by))
            consents.record(conn, row, by=by.actor, role=by.role, at=by.hub_at)
    _trail(conn, by, "app access revoked", f"patient:{patient}", {"account": account.username, "reason": reason})
    return True


def _how(by: By) -> str:
    return "app" if by.role == "patient" else "spoken"


def _trail(conn: Connection, by: By, action: str, subject: str, detail: dict[str, str]) -> None:
    audit.append(conn, audit.Look(by.hub_at, by.actor, action, subject, dict(detail)))


def shown(code: str) -> str:
    """A code as people read it."""
    return f"{code[:4]}-{code[4:]}"


def typed(text: str) -> str:
    """A code as people type it: case, spaces and hyphens do not count."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def code_digest(secret_key: bytes, code: str) -> bytes:
    """What the database keeps of a code."""
    return tokens.digest(secret_key, f"enrolment:{typed(code)}")


def scope_fault(scopes: Sequence[str]) -> str | None:
    """What is expected of a caregiver's scopes, None when they will do."""
    if not scopes or not set(scopes) <= set(consents.CAREGIVER):
        return f"at least one of {', '.join(consents.CAREGIVER)}"
    return None


def address(hub: str, code: str) -> str:
    """What the QR code holds. The code is behind `#`: a browser sends that to no server, so it is in no log."""
    return f"{hub.rstrip('/')}/app/#code={typed(code)}"
