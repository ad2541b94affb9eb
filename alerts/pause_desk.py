"""Setting and revoking patients' pauses: the row, the engine's inbox and the audit trail, in the caller's transaction.

Only a pause replaces silence: it has dates, a reason and a name, and ends by itself. Called by `vigie pause` and by the
console.
"""

from typing import Any

import msgspec
from psycopg import Connection

from domain.instants import DAY, Micros, iso, micros
from domain.protocols import Act
from storage import actions, audit, pauses, registry

KINDS = ("ward", "day-hospital", "leave", "death", "end")
ENDLESS = ("death", "end")
LONGEST: Micros = 92 * DAY  # choice of this project: a longer stay is set again, by somebody who looks


class Refused(ValueError):
    """A pause that cannot be set or revoked: the field, and what was expected."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field, self.expected = field, expected


def check(wish: pauses.Set, now: Micros) -> None:
    """Raises Refused naming the first field that cannot be used."""
    if wish.kind not in KINDS:
        raise Refused("kind", f"expected one of {', '.join(KINDS)}, got {wish.kind[:40]!r}")
    _check_reason(wish.reason)
    if wish.until is None:
        if wish.kind not in ENDLESS:
            raise Refused("until", f"expected an end: only {' and '.join(ENDLESS)} have none")
        return
    if wish.until <= wish.from_at:
        raise Refused("until", f"expected a time after {iso(wish.from_at)}, got {iso(wish.until)}")
    if wish.until <= now:
        raise Refused("until", f"expected a time that has not gone by, got {iso(wish.until)}")
    if wish.kind not in ENDLESS and wish.until - wish.from_at > LONGEST:
        raise Refused("until", f"expected at most {LONGEST // DAY} days after from, got {iso(wish.until)}")


def _check_reason(reason: str) -> None:
    if not any(letter.isalnum() for letter in reason) or len(reason) > 2000:
        raise Refused("reason", "expected a sentence that says why, at most 2000 characters")


def put(conn: Connection[Any], wish: pauses.Set, *, act: Act, by: str | None = None) -> int:
    """Set a pause and tell the engine; its number. `by`: who typed it, if not `act.actor`. Raises Refused."""
    check(wish, act.at)
    site = _locked_site(conn, wish.patient)
    for other in pauses.of_patient(conn, wish.patient):
        if other.was and _overlap(wish, other):
            until = "without an end" if other.ends is None else f"to {iso(micros(other.ends))}"
            span = f"{other.kind}, {iso(micros(other.from_at))} {until}, set by {other.actor}"
            raise Refused("from", f"expected a time outside pause {other.id} ({span}): revoke it first")
    number = pauses.insert(conn, wish, actor=act.actor, role=act.role, at=act.at)
    detail = {"pause": number, "kind": wish.kind, "from": iso(wish.from_at), "reason": wish.reason, "by": by,
              "until": None if wish.until is None else iso(wish.until)}  # fmt: skip
    _tell(conn, site, wish.patient, act=act, what=f"pause-{number}-set")
    audit.append(conn, audit.Look(act.at, act.actor, "pause.set", f"patient:{wish.patient}", detail))
    return number


def _overlap(wish: pauses.Set, other: pauses.Row) -> bool:
    begins, ends = micros(other.from_at), None if other.ends is None else micros(other.ends)
    return (ends is None or wish.from_at < ends) and (wish.until is None or begins < wish.until)


def revoke(conn: Connection[Any], patient: str, pause: int, *, act: Act, by: str | None = None) -> None:
    """End a pause now, or take it back, with `act.reason`, and tell the engine. Raises Refused."""
    _check_reason(act.reason or "")
    site = _locked_site(conn, patient)
    known = {row.id: row for row in pauses.of_patient(conn, patient)}
    if pause not in known:
        raise Refused("pause", f"expected one of {patient}, got {pause}")
    row = known[pause]
    if row.revoked_at is not None:
        raise Refused(
            "pause", f"expected one that is not revoked; {row.revoked_by} did at {iso(micros(row.revoked_at))}"
        )
    if row.until is not None and micros(row.until) <= act.at:
        raise Refused("pause", f"expected one that is not over; {pause} ended at {iso(micros(row.until))}")
    pauses.revoke(conn, pause, actor=act.actor, role=act.role, at=act.at, reason=act.reason or "")
    _tell(conn, site, patient, act=act, what=f"pause-{pause}-revoked")
    detail = {"pause": pause, "reason": act.reason, "by": by}
    audit.append(conn, audit.Look(act.at, act.actor, "pause.revoked", f"patient:{patient}", detail))


def _locked_site(conn: Connection[Any], patient: str) -> str:
    site = None if patient.startswith("site.") else registry.site_of_patient(conn, patient)
    if site is None:  # the watch over a whole site never rests
        raise Refused("patient", f"expected one that exists, got {patient[:80]!r}")
    registry.lock_patient(conn, patient)
    return site


def _tell(conn: Connection[Any], site: str, patient: str, *, act: Act, what: str) -> None:
    """The whole list as it is now, into the inbox of the patient's owner."""
    found = pauses.current(conn, [patient]).get(patient, [])
    body = {"pauses": msgspec.to_builtins(found)}
    wish = actions.Wish(site, patient, "pause", body, act.actor, act.role, what, act.at)
    actions.announce(conn, actions.insert(conn, wish))
