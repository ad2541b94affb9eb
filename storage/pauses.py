"""Patients' pauses: set once, perhaps revoked, never edited. Written by `alerts.pause_desk`, read by the
engine's service.

A pause revoked after it began ended then; one revoked before never was.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import class_row

from domain.alerts import Pause
from domain.instants import Micros, micros, moment


class Set(Struct, frozen=True):
    """A pause somebody wants to set. `until` None: death and end only."""

    patient: str
    kind: str
    from_at: Micros
    until: Micros | None
    reason: str


class Row(Struct, frozen=True):
    """A pause as stored, with who revoked it."""

    id: int
    patient: str
    kind: str
    from_at: Any
    until: Any
    reason: str
    actor: str
    role: str
    set_at: Any
    revoked_by: str | None
    revoked_role: str | None
    revoked_at: Any
    revoked_reason: str | None

    @property
    def was(self) -> bool:
        """Whether it began before it was revoked, if it was."""
        return self.revoked_at is None or self.revoked_at > self.from_at

    @property
    def ends(self) -> Any:
        """When it ends or ended: at its end, or when it was revoked; None: not by itself."""
        ends = [end for end in (self.until, self.revoked_at) if end is not None]
        return min(ends) if ends else None


_ROW = """SELECT id, patient, kind, from_at, until, reason, actor, role, set_at, revoked_by, revoked_role, revoked_at,
    revoked_reason FROM pause"""


def insert(conn: Connection[Any], wish: Set, *, actor: str, role: str, at: Micros) -> int:
    """A new pause; its number. Raises ExclusionViolation when it overlaps another of the patient."""
    row = conn.execute(
        """INSERT INTO pause (patient, kind, from_at, until, reason, actor, role, set_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
        (wish.patient, wish.kind, moment(wish.from_at), None if wish.until is None else moment(wish.until), wish.reason,
         actor, role, moment(at)),
    ).fetchone()  # fmt: skip
    if row is None:
        raise RuntimeError("pause: INSERT returned no row")
    return int(row[0])


def revoke(conn: Connection[Any], pause: int, *, actor: str, role: str, at: Micros, reason: str) -> bool:
    """End it now, or take it back when it has not begun. False when it was revoked before."""
    done = conn.execute(
        """UPDATE pause SET revoked_by = %s, revoked_role = %s, revoked_at = %s, revoked_reason = %s
           WHERE id = %s AND revoked_at IS NULL""",
        (actor, role, moment(at), reason, pause),
    )
    return done.rowcount == 1


def of_patient(conn: Connection[Any], patient: str) -> list[Row]:
    """Every pause of a patient, revoked ones too, the latest first."""
    with conn.cursor(row_factory=class_row(Row)) as cursor:
        return cursor.execute(f"{_ROW} WHERE patient = %s ORDER BY from_at DESC, id DESC", (patient,)).fetchall()


def current(conn: Connection[Any], patients: Sequence[str]) -> dict[str, list[Pause]]:
    """The pauses of these patients that are or were, in order of time; those taken back before they began left out."""
    found: dict[str, list[Pause]] = {}
    with conn.cursor(row_factory=class_row(Row)) as cursor:
        for row in cursor.execute(f"{_ROW} WHERE patient = ANY (%s) ORDER BY from_at, id", (list(patients),)):
            if row.was:
                found.setdefault(row.patient, []).append(_pause(row))
    return found


def _pause(row: Row) -> Pause:
    until = None if row.ends is None else micros(row.ends)
    return Pause(str(row.id), row.kind, micros(row.from_at), until, row.reason, row.actor, micros(row.set_at))
