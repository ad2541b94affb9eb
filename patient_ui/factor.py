"""The second factor: set up, confirmed, asked for at login, taken off. Its attempts are counted like passwords."""

import os
from typing import Any

from fastapi import APIRouter, Request

from domain.instants import Micros
from patient_ui.access import Caller, GivenCaller, GivenDeps, OwnAccount, look
from patient_ui.bodies import FactorConfirm, FactorEnd, FactorStart
from patient_ui.deps import Deps
from patient_ui.present_password import verify
from storage import app_people
from web import attempts, otp, qr, sealed
from web.passwords import address_of
from web.problems import Problem, bad_field

router = APIRouter(prefix="/api/me", tags=["session"])


def check(deps: Deps, account: app_people.Account, code: str | None, *, address: str) -> None:
    """Nothing, when the account has no second factor or this is its code; else 401 or 429."""
    if not account.otp_on:
        return
    if code is None or not _right(deps, account, code, address=address):
        raise Problem(401, "otp: expected the six digits of your authenticator app", kind="urn:vigie:otp")


def _right(deps: Deps, account: app_people.Account, code: str, *, address: str) -> bool:
    """Whether it is the code of now, and was not used before. Every try is on record before it is looked at."""
    now = deps.wall()
    attempt = attempts.Attempt(f"otp:{account.username}", address, now)
    with deps.pool.connection() as conn:
        attempts.begin(conn, attempt)
    with deps.pool.connection() as conn:
        step = _step(deps, account, code, now)
        right = step is not None and app_people.use_step(conn, account.id, step)
        if right:
            attempts.withdraw(conn, attempt)
    return right


def _step(deps: Deps, account: app_people.Account, code: str, now: Micros) -> int | None:
    secret = None if account.otp_secret is None else sealed.unseal(deps.secret_key, account.otp_secret)
    return None if secret is None else otp.matching_step(secret, code, now)


@router.post("/second-factor")
def begin(
    body: FactorStart, account: OwnAccount, caller: GivenCaller, *, deps: GivenDeps, request: Request
) -> dict[str, Any]:
    """A secret for an authenticator app; not asked for until it was confirmed."""
    if verify(deps, caller, body.password, request=request).otp_on:
        raise Problem(409, "the second factor is on already: take it off first")
    secret = os.urandom(otp.SECRET_BYTES)
    with deps.pool.connection() as conn:
        app_people.set_factor(conn, account, sealed.seal(deps.secret_key, secret), step=None)
        look(conn, deps, caller, action="second factor begun", subject=f"app:{caller.username}")
    address = otp.uri(secret, caller.username)
    return {"secret": otp.shown(secret), "uri": address, "qr": qr.svg(address)}


@router.put("/second-factor")
def confirm(
    body: FactorConfirm, account: OwnAccount, caller: GivenCaller, *, deps: GivenDeps, request: Request
) -> dict[str, bool]:
    """From now on it is asked for at each login."""
    found = _of(deps, account)
    if found.otp_secret is None or found.otp_on:
        raise Problem(409, "begin first: POST /app/api/me/second-factor")
    attempts_of = attempts.Attempt(f"otp:{caller.username}", address_of(request), deps.wall())
    with deps.pool.connection() as conn:
        attempts.begin(conn, attempts_of)
    step = _step(deps, found, body.otp, deps.wall())
    if step is None:
        raise bad_field("otp", "the six digits that the authenticator app shows now")
    with deps.pool.connection() as conn:
        app_people.set_factor(conn, account, found.otp_secret, step=step)
        attempts.withdraw(conn, attempts_of)
        look(conn, deps, caller, action="second factor on", subject=f"app:{caller.username}")
    return {"second_factor": True}


@router.delete("/second-factor")
def end(
    body: FactorEnd, account: OwnAccount, caller: GivenCaller, *, deps: GivenDeps, request: Request
) -> dict[str, bool]:
    """It is asked for no more."""
    found = verify(deps, caller, body.password, request=request)
    if found.otp_on and not _right(deps, found, body.otp, address=address_of(request)):
        raise bad_field("otp", "the six digits that the authenticator app shows now")
    _off(deps, account, caller)
    return {"second_factor": False}


def _off(deps: Deps, account: int, caller: Caller) -> None:
    with deps.pool.connection() as conn:
        app_people.set_factor(conn, account, None, step=None)
        look(conn, deps, caller, action="second factor off", subject=f"app:{caller.username}")


def _of(deps: Deps, account: int) -> app_people.Account:
    with deps.pool.connection() as conn:
        found = app_people.by_id(conn, account)
    if found is None:
        raise Problem(401, "the account was closed")
    return found
