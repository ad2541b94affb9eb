"""What professionals write on a patient. Append-only: a note is corrected by a later one, and both stay.

Written and read by the console, for patients checked against the circle of care.
"""

from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.instants import Micros, micros, moment


class Draft(Struct, frozen=True):
    """A note to be written. `corrects`: the number of the note it stands for. `key`: of one press of a button."""

    patient: str
    author: str
    role: str
    at: Micros
    text: str
    corrects: int | None
    key: str


class Note(Struct, frozen=True):
    """A note as stored. `corrected_by`: the number of the one that stands for it now."""

    id: int
    author: str
    role: str
    at: Micros
    text: str
    corrects: int | None
    corrected_by: int | None


_NOTES = """
SELECT note.id, note.author, note.role, note.at, note.text, note.corrects, later.id
FROM patient_note AS note LEFT JOIN patient_note AS later ON later.corrects = note.id
"""


def write(conn: Connection[Any], draft: Draft) -> int | None:
    """The number of the new note; None when the same press wrote one before (it is then `by_key`).

    Raises ForeignKeyViolation when what it corrects is no note of the patient, UniqueViolation when that one was
    corrected before.
    """
    row = conn.execute(
        """INSERT INTO patient_note (patient, author, role, at, text, corrects, key)
           VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (author, key) DO NOTHING RETURNING id""",
        (draft.patient, draft.author, draft.role, moment(draft.at), draft.text, draft.corrects, draft.key),
    ).fetchone()
    return None if row is None else int(row[0])


def by_key(conn: Connection[Any], author: str, key: str) -> tuple[str, Note] | None:
    """The patient and the note that a press of this person wrote."""
    row = conn.execute("SELECT patient, id FROM patient_note WHERE author = %s AND key = %s", (author, key)).fetchone()
    note = None if row is None else conn.execute(f"{_NOTES} WHERE note.id = %s", (row[1],)).fetchone()
    return None if row is None or note is None else (row[0], _note(note))


def of_patient(conn: Connection[Any], patient: str) -> list[Note]:
    """Every note on a patient, the newest first."""
    rows = conn.execute(f"{_NOTES} WHERE note.patient = %s ORDER BY note.id DESC", (patient,)).fetchall()
    return [_note(row) for row in rows]


def between(conn: Connection[Any], patient: str, start: Micros, end: Micros) -> list[Note]:
    """Those written in a stretch, oldest first."""
    rows = conn.execute(
        f"{_NOTES} WHERE note.patient = %s AND note.at >= %s AND note.at < %s ORDER BY note.id",
        (patient, moment(start), moment(end)),
    ).fetchall()
    return [_note(row) for row in rows]


def _note(row: Any) -> Note:
    number, author, role, at, text, corrects, corrected_by = row
    return Note(number, author, role, micros(at), text, corrects, corrected_by)
