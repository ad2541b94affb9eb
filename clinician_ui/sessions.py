"""Logging in and out, the one-time password, and finding the caller behind a request's cookie."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.requests import HTTPConnection

from clinician_ui.access import TABLE, Caller, Verb, require
from clinician_ui.bodies import Login, PasswordChange
from clinician_ui.deps import Deps, deps_of
from clinician_ui.spoken import SNOOZE_MINUTES
from domain.instants import HOUR, MINUTE, SECOND, Micros
from storage import audit, people
from storage.connection import Connection
from web import attempts, passwords, tokens
from web.problems import Problem, bad_field

COOKIE = "vigie_session"
LASTS_FOR: Micros = 12 * HOUR
SLIDE_EVERY: Micros = 5 * MINUTE
TICKET_FOR: Micros = 30 * SECOND

router = APIRouter(prefix="/api", tags=["session"])
GivenDeps = Annotated[Deps, Depends(deps_of)]


def caller_of(connection: HTTPConnection, deps: GivenDeps) -> Caller:
    """The person behind the cookie; slides the session's end. 401 when there is none."""
    token = connection.cookies.get(COOKIE)
    if not token:
        raise Problem(401, "log in first: POST /api/session")
    now, digest = deps.wall(), tokens.digest(deps.secret_key, token)
    with deps.pool.connection() as conn:
        found = people.live_sessions(conn, [digest], now)
        if not found:
            raise Problem(401, "the session has ended: log in again")
        if found[0].expires_at < now + LASTS_FOR - SLIDE_EVERY:
            people.extend_session(conn, digest, now + LASTS_FOR)
    return caller_from(found[0])


def caller_from(session: people.Session) -> Caller:
    """A live session as a caller."""
    return Caller(session.account, session.username, session.role, session.sites, session.digest, session.must_change)


GivenCaller = Annotated[Caller, Depends(caller_of)]


class Allowed:
    """FastAPI dependency: the caller, whose role may do the verb."""

    def __init__(self, verb: Verb) -> None:
        self.verb = verb

    def __call__(self, caller: GivenCaller) -> Caller:
        """The caller, or 403."""
        require(caller, self.verb)
        return caller


@router.post("/session")
def log_in(body: Login, request: Request, response: Response, deps: GivenDeps) -> dict[str, Any]:
    """Open a session."""
    attempt = passwords.attempt_of(request, body.username, deps.wall())
    account = _verified(deps, attempt, body.password)
    if account is None:
        raise Problem(401, "user name or password is wrong")
    with deps.pool.connection() as conn:
        people.drop_expired(conn, attempt.at)
        audit.append(conn, audit.Look(deps.clock(), account.username, "logged in", f"account:{account.username}"))
        session = _open(conn, deps, account.id, _Answer(request, response))
    return me_json(caller_from(session), deps)


class _Answer:
    """A request and the response its cookie goes to."""

    def __init__(self, request: Request, response: Response) -> None:
        self.request, self.response = request, response


def _open(conn: Connection, deps: Deps, account: int, answer: _Answer) -> people.Session:
    token, now = tokens.new_token(), deps.wall()
    digest = tokens.digest(deps.secret_key, token)
    people.open_session(conn, digest, account, now=now, expires_at=now + LASTS_FOR)
    answer.response.set_cookie(
        COOKIE, token, httponly=True, samesite="strict", secure=answer.request.url.scheme == "https", path="/"
    )
    return people.live_sessions(conn, [digest], now)[0]


def _verified(deps: Deps, attempt: attempts.Attempt, password: str) -> people.Account | None:
    """The account, or None when name or password is wrong; 429 and 503 when it may not be tried now."""
    door = passwords.Door(deps.pool, deps.gate, deps.clock)
    return passwords.verified(door, attempt, password, find=people.account_by_name)


@router.delete("/session", status_code=204)
def log_out(caller: GivenCaller, deps: GivenDeps, response: Response) -> None:
    """End this session; its feed closes with 4401."""
    with deps.pool.connection() as conn:
        people.end_session(conn, caller.session)
        audit.append(conn, audit.Look(deps.clock(), caller.username, "logged out", f"account:{caller.username}"))
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


@router.get("/me")
def me(caller: GivenCaller, deps: GivenDeps) -> dict[str, Any]:
    """Who I am and what I may do."""
    return me_json(caller, deps)


def me_json(caller: Caller, deps: Deps) -> dict[str, Any]:
    """A caller as the browser sees it."""
    return {
        "username": caller.username,
        "role": caller.role,
        "sites": list(caller.sites),
        "must_change": caller.must_change,
        "may": sorted(verb.value for verb in TABLE.get(caller.role, frozenset())),
        "snooze_minutes": SNOOZE_MINUTES,
        "hub": {"version": deps.hub.version, "speed": deps.hub.speed, "phone": deps.hub.phone, "demo": deps.hub.demo},
    }


@router.post("/me/password")
def change_password(
    body: PasswordChange, caller: GivenCaller, deps: GivenDeps, *, request: Request, response: Response
) -> dict[str, Any]:
    """Replace my password. Every session of mine ends; this one goes on under a new token."""
    account = _verified(deps, passwords.attempt_of(request, caller.username, deps.wall()), body.current)
    if account is None:
        raise bad_field("current", "the present password")
    fault = tokens.password_fault(body.new, caller.username)
    if fault is not None or body.new == body.current:
        raise bad_field("new", fault or "another password than the present one")
    with deps.gate.place(), deps.gate.turn():
        hashed = tokens.hash_password(body.new)
    with deps.pool.connection() as conn:
        people.set_password(conn, account.id, hashed, must_change=False)
        people.end_sessions_of(conn, account.id)
        audit.append(conn, audit.Look(deps.clock(), caller.username, "changed password", f"account:{caller.username}"))
        session = _open(conn, deps, account.id, _Answer(request, response))
    return me_json(caller_from(session), deps)


@router.post("/feed-ticket", tags=["feed"])
def feed_ticket(caller: Annotated[Caller, Depends(Allowed(Verb.SEE))], deps: GivenDeps) -> dict[str, str]:
    """A ticket that opens the feed once, within 30 seconds."""
    ticket, now = tokens.new_token(), deps.wall()
    with deps.pool.connection() as conn:
        people.drop_stale_tickets(conn, now)
        digest = tokens.digest(deps.secret_key, ticket)
        people.add_ticket(conn, digest, people.Ticket(caller.account, caller.session), now + TICKET_FOR)
    return {"ticket": ticket}
