"""Who is responsible for a patient, and every transfer before. Append-only.

Written and read by the console, for patients checked against the circle of care; `registry.lock_patient` first.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import class_row

from domain.instants import Micros, moment


class Transfer(Struct, frozen=True):
    """One transfer: `person` from `at` (aware datetime) on, in place of `before`; who said so, and why."""

    id: int
    person: str
    before: str | None
    set_by: str
    set_role: str
    at: Any
    reason: str


_TRANSFERS = "SELECT id, person, before, set_by, set_role, at, reason FROM responsible"


def current(conn: Connection[Any], patient: str) -> Transfer | None:
    """The newest transfer; None: nobody was ever named."""
    with conn.cursor(row_factory=class_row(Transfer)) as cursor:
        return cursor.execute(f"{_TRANSFERS} WHERE patient = %s ORDER BY id DESC LIMIT 1", (patient,)).fetchone()


def of_patient(conn: Connection[Any], patient: str, limit: int) -> list[Transfer]:
    """The newest transfers, the newest first."""
    with conn.cursor(row_factory=class_row(Transfer)) as cursor:
        found = cursor.execute(f"{_TRANSFERS} WHERE patient = %s ORDER BY id DESC LIMIT %s", (patient, limit))
        return found.fetchall()


def between(conn: Connection[Any], patient: str, start: Micros, end: Micros) -> list[Transfer]:
    """Those of a stretch, oldest first."""
    with conn.cursor(row_factory=class_row(Transfer)) as cursor:
        asked = (patient, moment(start), moment(end))
        found = cursor.execute(f"{_TRANSFERS} WHERE patient = %s AND at >= %s AND at < %s ORDER BY id", asked)
        return found.fetchall()


def of_patients(conn: Connection[Any], patients: Sequence[str]) -> dict[str, tuple[str, Any]]:
    """Patient -> (person, since), of those who have one."""
    rows = conn.execute(
        """SELECT DISTINCT ON (patient) patient, person, at FROM responsible WHERE patient = ANY (%s)
           ORDER BY patient, id DESC""",
        (list(patients),),
    )
    return {patient: (person, at) for patient, person, at in rows}


def transfer(conn: Connection[Any], patient: str, wish: Transfer) -> int:
    """Write one (its `id` is ignored, its `at` is an aware datetime); its number."""
    row = conn.execute(
        """INSERT INTO responsible (patient, person, before, set_by, set_role, at, reason)
           VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id""",
        (patient, wish.person, wish.before, wish.set_by, wish.set_role, wish.at, wish.reason),
    ).fetchone()
    if row is None:
        raise RuntimeError("responsible: INSERT returned no row")
    return int(row[0])
