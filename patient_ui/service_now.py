"""Who can be reached now and whether anybody is watching: from the roster and the consoles, as it is. No HTTP here."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from alerts.escalation.oncall.roster import on_call, stretches
from domain.instants import DAY, MINUTE, Micros, iso
from domain.oncall import OnCall, Roster
from patient_ui.views import EMERGENCY, iso_or_none
from storage import app_reading, rosters
from storage.app_reading import PatientRow
from storage.connection import Connection

CALLED = ("nurse", "advanced-nurse", "physician", "coordinator")  # in this order (status D: needs sign-off)
ATTENDED_WITHIN: Micros = MINUTE
AHEAD: Micros = DAY
_ROLES = {
    "nurse": ("une infirmière", "a nurse"),
    "advanced-nurse": ("une infirmière en pratique avancée", "an advanced nurse"),
    "physician": ("un médecin", "a physician"),
}


class Around(Struct, frozen=True):
    """The service around one patient: the site's roster, who is on call now by role, numbers, attended consoles."""

    roster: Roster
    now: tuple[OnCall, ...]
    numbers: dict[str, str]
    attended: tuple[str, ...]
    at: Micros


def around(conn: Connection, site: str, *, acting: Sequence[str], at: Micros, wall: Micros) -> Around:
    """Read it. `acting`: roles that count as watching."""
    roster = rosters.for_site(conn, site, since=at)
    now = tuple(one for role in CALLED for one in on_call(roster, role, at))
    known = rosters.contacts(conn, [one.person for one in now])
    numbers = {name: found.voice or found.sms or "" for name, found in known.items()}
    seen = app_reading.attended_by(conn, site, roles=acting, since=wall - ATTENDED_WITHIN)
    return Around(roster, now, numbers, tuple(one.role for one in seen), at)


def call_json(found: Around, row: PatientRow) -> dict[str, Any]:
    """Whom to call: the first on call who has a number, else the site's own number; the emergency numbers always."""
    reached = next((one for one in found.now if found.numbers.get(one.person)), None)
    first = reached or (found.now[0] if found.now else None)
    return {
        "name": row.site_name,
        "role": None if first is None else first.role,
        "number": row.site_phone if reached is None else found.numbers[reached.person],
        "until": iso_or_none(None if first is None else first.until),
        "emergency": list(EMERGENCY),
    }


def watched_json(found: Around, acting: Sequence[str]) -> dict[str, Any]:
    """Whether anybody is watching now, plainly, and who is on call when within a day."""
    ahead = [one for one in stretches(found.roster, None, found.at, found.at + AHEAD) if one.role in acting]
    by_role = next((role for role in CALLED if role in found.attended), None)
    watching = bool(found.attended)
    on_duty = next((one.role for one in found.now if one.role in acting), None)
    return {
        "attended": watching,
        "by_role": by_role,
        "on_call": on_duty,
        "hours": [{"from": iso(one.from_at), "to": iso(one.to_at), "role": one.role} for one in ahead],
        "said": watched_said(by_role if watching else None, on_duty),
    }


def watched_said(by_role: str | None, on_duty: str | None) -> dict[str, str]:
    """Whether anybody is watching, in one sentence. `by_role`: of an attended console; `on_duty`: who is on call."""
    if by_role is not None:
        fr, en = _ROLES.get(by_role, ("un soignant", "a professional"))
        return {
            "fr": f"Vos mesures s'affichent en ce moment devant {fr}.",
            "en": f"Your measurements are on a screen in front of {en} now.",
        }
    nobody = {
        "fr": "Personne ne regarde vos mesures en ce moment.",
        "en": "Nobody is looking at your measurements right now.",
    }
    if on_duty is None:
        return {
            "fr": nobody["fr"] + " Personne n'est d'astreinte : en cas d'urgence, appelez le 15 ou le 112.",
            "en": nobody["en"] + " Nobody is on call: in an emergency, call 15 or 112.",
        }
    fr, en = _ROLES.get(on_duty, ("un soignant", "a professional"))
    return {
        "fr": nobody["fr"] + f" Si une alerte se déclenche, {fr} d'astreinte est prévenu. Si cela ne va pas, appelez.",
        "en": nobody["en"] + f" If an alert opens, {en} on call is told. If you feel unwell, call.",
    }
