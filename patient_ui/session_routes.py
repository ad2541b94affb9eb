"""Logging in and out of the app: by enrolment code, by password and second factor; who I am; whether I still am."""

import hashlib
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from domain.instants import Micros, iso
from patient_ui import factor, views
from patient_ui.access import COOKIE, PATH, Caller, GivenCaller, GivenDeps, OwnAccount, lasts_for, links_of, look
from patient_ui.bodies import AppLogin, Claim, LanguageChange, NewPassword
from patient_ui.deps import Deps
from patient_ui.present_password import verify
from storage import app_people, app_reading, app_reminders, people
from storage.connection import Connection
from web import attempts, passwords, tokens
from web.enrolment import code_digest
from web.problems import Problem, bad_field

router = APIRouter(prefix="/api", tags=["session"])
_SAID = {
    "used": {
        "fr": "Ce code a déjà servi. Connectez-vous avec votre nom d'utilisateur et votre mot de passe, ou demandez un nouveau code à votre équipe.",  # noqa: E501
        "en": "This code was used already. Log in with your user name and password, or ask your team for a new code.",
    },
    "late": {
        "fr": "Ce code n'est plus valable. Demandez un nouveau code à votre équipe.",
        "en": "This code has expired. Ask your team for a new one.",
    },
}


@router.post("/claim")
def claim(body: Claim, request: Request, response: Response, deps: GivenDeps) -> dict[str, Any]:
    """Take over the account that a code was made for: works once."""
    now, digest = deps.wall(), code_digest(deps.secret_key, body.code)
    address = passwords.address_of(request)
    with deps.pool.connection() as conn:
        attempts.begin_code(conn, address, now)
        found = app_people.code(conn, digest)
        account = None if found is None else app_people.by_id(conn, found.account)
    if account is None or account.disabled:
        raise _unknown()
    _usable(found, now)
    fault = tokens.password_fault(body.password, account.username)
    if fault is not None:
        raise bad_field("password", fault)
    with deps.gate.place(), deps.gate.turn():
        hashed = tokens.hash_password(body.password)
    with deps.pool.connection() as conn:
        _usable(app_people.code(conn, digest), now)  # held now: of two who use it at once, one is second
        app_people.use_code(conn, digest, now)
        app_people.claim(conn, account.id, hashed, language=body.language, at=now)
        app_people.end_sessions(conn, account.id)
        app_reminders.drop_all(conn, account.id)
        attempts.withdraw_code(conn, address, now)
        session = _session(account.role, body.install, account=account.id)
        caller = _open(conn, deps, session, request=request, response=response)
        look(conn, deps, caller, action="app code used", subject=f"app:{caller.username}")
        return _me(conn, deps, caller)


def _unknown() -> Problem:
    return Problem(404, "code: no such code, look again at its letters and digits", kind="urn:vigie:code-unknown")


def _usable(found: app_people.Code | None, now: Micros) -> None:
    if found is None:
        raise _unknown()
    if found.used or found.withdrawn:
        raise Problem(410, _SAID["used"]["en"], kind="urn:vigie:code-used", extra={"said": _SAID["used"]})
    if found.expires_at <= now:
        raise Problem(410, _SAID["late"]["en"], kind="urn:vigie:code-late", extra={"said": _SAID["late"]})


@router.post("/session")
def log_in(body: AppLogin, request: Request, response: Response, deps: GivenDeps) -> dict[str, Any]:
    """Open a session: a patient, a caregiver, a tablet, or a professional on a visit."""
    attempt = passwords.attempt_of(request, body.username, deps.wall())
    door = passwords.Door(deps.pool, deps.gate, deps.clock)
    found = passwords.verified(door, attempt, body.password, find=_account)
    if isinstance(found, app_people.Account):
        factor.check(deps, found, body.otp, address=passwords.address_of(request))
        session = _session(found.role, body.install, account=found.id)
    elif isinstance(found, people.Account):
        session = _staff_session(deps, found, body.install)
    else:
        raise Problem(401, "user name or password is wrong")
    with deps.pool.connection() as conn:
        app_people.drop_expired(conn, deps.wall())
        if body.language is not None and session.account is not None:
            app_people.set_language(conn, session.account, body.language)
        caller = _open(conn, deps, session, request=request, response=response)
        look(conn, deps, caller, action="logged in to the app", subject=f"app:{caller.username}")
        return _me(conn, deps, caller)


def _account(conn: Connection, username: str) -> app_people.Account | people.Account | None:
    return app_people.by_name(conn, username.lower()) or people.account_by_name(conn, username)


def _staff_session(deps: Deps, account: people.Account, install: str) -> app_people.AppSession:
    if account.must_change:
        raise Problem(403, "change the one-time password in the console first", kind="urn:vigie:must-change")
    if account.role not in deps.entering:
        raise Problem(403, f"the role {account.role} may not enter values")
    return _session(account.role, install, staff=account.id)


def _session(role: str, install: str, *, account: int | None = None, staff: int | None = None) -> app_people.AppSession:
    return app_people.AppSession(b"", account, staff, "", role, "fr", install, False, (), 0)


def _open(
    conn: Connection, deps: Deps, session: app_people.AppSession, *, request: Request, response: Response
) -> Caller:
    token, now = tokens.new_token(), deps.wall()
    digest, lasting = tokens.digest(deps.secret_key, token), lasts_for(session)
    row = app_people.AppSession(
        digest, session.account, session.staff, "", session.role, "fr", session.install, False, (), now + lasting
    )
    app_people.open_session(conn, row, now)
    app_reminders.drop_install(conn, session.install, but=session.account)  # the phone of somebody else before
    response.set_cookie(
        COOKIE, token, max_age=lasting // 1_000_000, httponly=True, samesite="strict",
        secure=request.url.scheme == "https", path=PATH,
    )  # fmt: skip
    found = app_people.live_session(conn, digest, now)
    if found is None:
        raise Problem(401, "the account was closed")
    return Caller(found, "nurse" if found.staff is not None else found.role)


@router.delete("/session", status_code=204)
def log_out(caller: GivenCaller, deps: GivenDeps, response: Response) -> None:
    """End this session, and the reminders in this installation."""
    with deps.pool.connection() as conn:
        app_reminders.drop_install(conn, caller.session.install)
        app_people.end_session(conn, caller.session.digest)
        look(conn, deps, caller, action="logged out of the app", subject=f"app:{caller.username}")
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="strict")


@router.get("/me")
def me(caller: GivenCaller, deps: GivenDeps) -> dict[str, Any]:
    """Who I am, and my patients."""
    with deps.pool.connection() as conn:
        return _me(conn, deps, caller)


def _me(conn: Connection, deps: Deps, caller: Caller) -> dict[str, Any]:
    links = links_of(conn, caller)
    if caller.session.staff is not None:  # names of a whole circle of care: that is a look
        sites = list(caller.session.sites)
        look(conn, deps, caller, action="looked in the app", subject="sites", what="patients", sites=sites)
    rows = {row.id: row for row in app_reading.patients(conn, [link.patient for link in links])}
    return views.me_json(caller, deps, [(link, rows[link.patient]) for link in links if link.patient in rows])


@router.put("/me/language")
def change_language(body: LanguageChange, caller: GivenCaller, deps: GivenDeps) -> dict[str, str]:
    """What I read."""
    if caller.session.account is not None:
        with deps.pool.connection() as conn:
            app_people.set_language(conn, caller.session.account, body.language)
    return {"language": body.language}


@router.post("/me/password")
def change_password(
    body: NewPassword, account: OwnAccount, caller: GivenCaller, *, deps: GivenDeps, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    """Replace my password. Every session of mine ends; this one goes on under a new token."""
    verify(deps, caller, body.current, request=request)
    fault = tokens.password_fault(body.new, caller.username)
    if fault is not None or body.new == body.current:
        raise bad_field("new", fault or "another password than the present one")
    with deps.gate.place(), deps.gate.turn():
        hashed = tokens.hash_password(body.new)
    with deps.pool.connection() as conn:
        app_people.set_password(conn, account, hashed)
        app_people.end_sessions(conn, account)
        renewed = _session(caller.session.role, caller.session.install, account=account)
        caller = _open(conn, deps, renewed, request=request, response=response)
        look(conn, deps, caller, action="changed the app password", subject=f"app:{caller.username}")
        return _me(conn, deps, caller)


@router.get("/pulse")
async def pulse(caller: GivenCaller, deps: GivenDeps) -> dict[str, Any]:
    """Whose app this still is, and whether there is news: asked every few seconds, so it costs little."""
    return await run_in_threadpool(_pulse, deps, caller)


def _pulse(deps: Deps, caller: Caller) -> dict[str, Any]:
    with deps.pool.connection() as conn:
        links = links_of(conn, caller)
        ids = [link.patient for link in links]
        news = app_reading.news(conn, ids) if caller.session.account is not None else ""
    mine = "|".join(f"{link.patient} {','.join(link.scopes)}" for link in links)
    version = hashlib.sha256(f"{mine}|{news}".encode()).hexdigest()[:16]
    return {"now": iso(deps.clock()), "patients": ids, "version": version}
