"""Who may do what: the one table of roles and verbs, and the one check of the circle of care. Called by every route."""

from enum import StrEnum
from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.alerts import Alert
from storage import board
from web.problems import Problem


class Verb(StrEnum):
    """Something a role may be permitted to do. The alert verbs are the actions of the interface."""

    SEE = "see"  # patients of the circle, their values, alerts and answers; the feed
    ENTER = "enter"  # laboratory counts, treatments given, answers by telephone
    ACKNOWLEDGE = "acknowledge"
    SNOOZE = "snooze"
    ASSIGN = "assign"
    COMMENT = "comment"
    REVIEW = "review"  # sign a daily synthesis
    CLOSE = "close"
    REOPEN = "reopen"
    QUARANTINE = "quarantine"  # look at refused messages and mark them as seen
    FIGURES = "figures"  # counts over a site: aplasia clock of the month, alert budget, yield; no patient in them
    PAUSE = "pause"  # set and revoke a patient's pauses
    SHEET = "sheet"  # write a patient's sheet: name, address, access, allergies, numbers
    PROTOCOL_SEE = "protocol-see"  # list, show and compare protocols and the limits of sites
    PROTOCOL_SIGN = "protocol-sign"  # those of these roles that the protocol asks for
    PROTOCOL_ACTIVATE = "protocol-activate"  # activate, retire
    SITE_LIMITS = "site-limits"  # set the limits of a site of the circle
    ROSTER = "roster"  # shifts, substitutions and calendars of a roster
    ENROL = "enrol"  # accounts of the patient's app: codes, revocation, consent told to the staff
    ACCOUNTS = "accounts"  # accounts of the caller's sites: make, disable, one-time password, sites
    DEVICES = "devices"  # devices of the caller's sites: list, ledger, label; who wears one only with `see`
    HEALTH = "health"  # the hub's own health: tier, migrations, queues, versions; no patient in it
    UNROUTED = "unrouted"  # refused messages that name no site of this hub


_CARE = {Verb.SEE, Verb.ENTER, Verb.ACKNOWLEDGE, Verb.SNOOZE, Verb.ASSIGN, Verb.COMMENT, Verb.QUARANTINE, Verb.FIGURES}
_DECIDE = _CARE | {Verb.CLOSE, Verb.REOPEN}

# Needs clinical sign-off: docs say so.
TABLE: dict[str, frozenset[Verb]] = {
    "physician": frozenset(_DECIDE),
    "advanced-nurse": frozenset(_DECIDE),
    "nurse": frozenset(_CARE),
    "coordinator": frozenset({Verb.SEE, Verb.ASSIGN, Verb.COMMENT, Verb.QUARANTINE, Verb.FIGURES}),
    "pharmacist": frozenset({Verb.SEE, Verb.ENTER, Verb.COMMENT}),
    "prescriber": frozenset({Verb.SEE, Verb.ENTER, Verb.COMMENT}),
    "operator": frozenset({Verb.QUARANTINE, Verb.UNROUTED, Verb.FIGURES}),
    "auditor": frozenset({Verb.FIGURES}),
}
_PROTOCOLS: dict[Verb, tuple[str, ...]] = {
    Verb.REVIEW: ("physician", "advanced-nurse", "nurse"),
    Verb.PAUSE: ("physician", "advanced-nurse", "nurse", "coordinator"),
    Verb.SHEET: ("physician", "advanced-nurse", "nurse", "coordinator"),
    Verb.PROTOCOL_SEE: ("physician", "prescriber", "pharmacist", "nurse", "advanced-nurse", "coordinator", "auditor"),
    Verb.PROTOCOL_SIGN: ("physician", "prescriber", "pharmacist"),
    Verb.PROTOCOL_ACTIVATE: ("physician", "coordinator"),
    Verb.SITE_LIMITS: ("physician",),
    Verb.ROSTER: ("physician", "coordinator"),
    Verb.ACCOUNTS: ("operator",),
    Verb.DEVICES: ("operator", "coordinator", "nurse", "advanced-nurse", "physician"),
    Verb.HEALTH: ("operator", "coordinator", "auditor"),
    Verb.ENROL: ("physician", "prescriber", "nurse", "advanced-nurse", "coordinator"),
}
TABLE |= {role: verbs | {verb for verb, roles in _PROTOCOLS.items() if role in roles} for role, verbs in TABLE.items()}


class Caller(Struct, frozen=True):
    """The person behind a request."""

    account: int
    username: str
    role: str
    sites: tuple[str, ...]
    session: bytes
    must_change: bool


def may(role: str, verb: Verb) -> bool:
    """Whether the table permits it. An unknown role may nothing."""
    return verb in TABLE.get(role, frozenset())


def require(caller: Caller, verb: Verb) -> None:
    """403 unless the caller's role may, and unless a one-time password has been replaced."""
    if caller.must_change:
        raise Problem(403, "change the one-time password first: POST /api/me/password", kind="urn:vigie:must-change")
    if not may(caller.role, verb):
        raise Problem(403, f"the role {caller.role} may not {verb.value}")


def patient_in_circle(conn: Connection[Any], caller: Caller, patient: str) -> board.PatientRow:
    """The patient, or the same 404 for one who does not exist, one of another circle, and what cannot be an id."""
    row = board.patient(conn, patient, caller.sites) if patient.isprintable() else None
    if row is None:
        raise Problem(404, "no such patient in your circle of care")
    return row


def person_in_circle(conn: Connection[Any], caller: Caller, patient: str) -> board.PatientRow:
    """As `patient_in_circle`, and the same 404 for a site's own entry: it has alerts, and neither values nor pauses."""
    row = patient_in_circle(conn, caller, patient)
    if row.kind != "person":
        raise Problem(404, "no such patient in your circle of care")
    return row


def alert_in_circle(conn: Connection[Any], caller: Caller, alert: str) -> tuple[Alert, str]:
    """The alert and its site, or the same 404 for one that does not exist, of another circle, or no id at all."""
    found = board.alert(conn, alert, caller.sites) if alert.isprintable() else None
    if found is None:
        raise Problem(404, "no such alert in your circle of care")
    return found
