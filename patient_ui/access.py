"""Who is behind a request, and for which patient they may do what: the one check of the app. Called by every route.

Links and scopes are read with every request, so that what was revoked is gone at once.
"""

from hashlib import sha256
from typing import Annotated, Any

from fastapi import Depends
from fastapi.requests import HTTPConnection
from msgspec import Struct

from domain.instants import DAY, HOUR, MINUTE, Micros
from patient_ui.deps import Deps, deps_of
from storage import app_people, app_reading, audit, board
from storage.app_people import AppSession, Link, Speaker
from storage.connection import Connection
from web import tokens
from web.enrolment import By
from web.problems import Problem

COOKIE = "vigie_app"
PATH = "/app"
LASTS_FOR: dict[str, Micros] = {"patient": 90 * DAY, "caregiver": 90 * DAY, "tablet": 30 * DAY}
STAFF_FOR: Micros = 12 * HOUR
SLIDE_EVERY: Micros = 5 * MINUTE
NO_PATIENT = "no such patient among yours"
SPEAKERS = {"patient": "patient", "caregiver": "caregiver", "tablet": "caregiver"}

GivenDeps = Annotated[Deps, Depends(deps_of)]


class Caller(Struct, frozen=True):
    """The person behind a request. `role`: patient, caregiver, tablet or nurse (any professional who may enter)."""

    session: AppSession
    role: str

    @property
    def username(self) -> str:
        """Who is written down."""
        return self.session.username

    @property
    def by(self) -> str:
        """What `by` becomes in what this person sends: of the staff their role, as at the console."""
        return SPEAKERS.get(self.role, self.session.role)


def caller_of(connection: HTTPConnection, deps: GivenDeps) -> Caller:
    """The person behind the cookie; slides the session's end. 401 when there is none."""
    token = connection.cookies.get(COOKIE)
    if not token:
        raise Problem(401, "log in first: POST /app/api/session")
    now, digest = deps.wall(), tokens.digest(deps.secret_key, token)
    with deps.pool.connection() as conn:
        found = app_people.live_session(conn, digest, now)
        if found is None or (found.staff is not None and found.role not in deps.entering):
            raise Problem(401, "the session has ended: log in again")
        until = now + lasts_for(found)
        if found.expires_at < until - SLIDE_EVERY:
            app_people.extend_session(conn, digest, until)
    return Caller(found, "nurse" if found.staff is not None else found.role)


GivenCaller = Annotated[Caller, Depends(caller_of)]


def own_account(caller: GivenCaller) -> int:
    """The id of a patient's or caregiver's own account; 403 for a tablet, which is nobody's, and for the staff."""
    if caller.session.account is None or caller.role == "tablet":
        raise Problem(403, "expected a patient's or a caregiver's own account")
    return caller.session.account


OwnAccount = Annotated[int, Depends(own_account)]


def lasts_for(session: AppSession) -> Micros:
    """How long a session lasts from its last use."""
    return STAFF_FOR if session.staff is not None else LASTS_FOR[session.role]


def links_of(conn: Connection, caller: Caller) -> list[Link]:
    """Every patient the caller stands for now; of the staff those of the circle of care."""
    if caller.session.account is not None:
        return app_people.links(conn, caller.session.account)
    return [_care(patient, site) for patient, site in app_reading.of_sites(conn, caller.session.sites)]


def link_to(conn: Connection, caller: Caller, patient: str, *scopes: str) -> Link:
    """The link to a patient with any of the scopes (none named: any link). 404: not theirs. 403: no consent for it."""
    found = _link(conn, caller, patient) if patient.isprintable() else None
    if found is None:
        raise Problem(404, NO_PATIENT)
    if scopes and not set(scopes) & set(found.scopes):
        said = {"fr": "Le patient n'a pas donné son accord pour cela.", "en": "The patient has not consented to this."}
        detail = f"no consent for {' or '.join(scopes)}"
        raise Problem(403, detail, kind="urn:vigie:scope", extra={"said": said})
    return found


def _link(conn: Connection, caller: Caller, patient: str) -> Link | None:
    if caller.session.account is not None:
        return next((link for link in app_people.links(conn, caller.session.account) if link.patient == patient), None)
    row = board.patient(conn, patient, caller.session.sites)
    return None if row is None or row.kind != "person" else _care(row.id, row.site)


def _care(patient: str, site: str) -> Link:
    return Link(patient, site, "care", 0, ("answer", "see"))


def speaker(caller: Caller, link: Link) -> Speaker:
    """Under which name this installation sends for this patient."""
    kind = "tablet" if caller.role == "tablet" else "app"
    return Speaker(caller.username, caller.session.install, link.patient, link.site, kind, caller.by)


def device_name(who: Speaker) -> str:
    """The device's name: the same for the same installation, account and patient, and telling none of them."""
    return f"app-{sha256(f'{who.owner}|{who.install}|{who.patient}'.encode()).hexdigest()[:24]}"


def look(conn: Connection, deps: Deps, caller: Caller, *, action: str, subject: str, **detail: Any) -> None:
    """Put it on record before anything is read or changed."""
    audit.append(conn, audit.Look(deps.clock(), caller.username, action, subject, detail))


def by_of(deps: Deps, caller: Caller) -> By:
    """The caller as the one who makes or revokes accounts."""
    return By(caller.username, caller.role, deps.wall(), deps.clock(), deps.secret_key)
