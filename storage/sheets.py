"""Patients' sheets: as they stand (`identity.person`), and every one that was written (`identity.sheet`, append-only).

Written and read by the console, for patients checked against the circle of care, and by the operator;
`registry.lock_patient` before writing.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from psycopg import Connection
from psycopg.types.json import Jsonb

from domain.converting import converter
from domain.instants import Micros, micros, moment
from domain.sheet import Sheet

_as_sheet = converter(Sheet)


class Written(Struct, frozen=True):
    """By whom and when a version was written. `role` None: by an operator's command."""

    version: int
    by: str
    role: str | None
    at: Micros


class Draft(Struct, frozen=True):
    """A sheet to be written. `key`: of one press of a button."""

    patient: str
    sheet: Sheet
    by: str
    role: str | None
    at: Micros
    key: str | None


_NOW = """
SELECT patient.id, family_name, given_name, birth_date::text, phone, address, access,
       coalesce(allergy_status, 'unknown'), allergies, emergency_unit, emergency_phone, coalesce(contacts, '[]'),
       newest.version, newest.set_by, newest.role, newest.at
FROM patient LEFT JOIN identity.person ON person.patient = patient.id
     LEFT JOIN identity.sheet AS newest ON newest.patient = patient.id AND newest.version = person.version
"""


def current(conn: Connection[Any], patients: Sequence[str]) -> dict[str, tuple[Sheet, Written | None]]:
    """The sheets of these patients as they are now. None: nobody has written one, what is there came another way."""
    rows = conn.execute(f"{_NOW} WHERE patient.id = ANY (%s) ORDER BY patient.id", (list(patients),)).fetchall()
    return {row[0]: _row(row) for row in rows}


def of_sites(conn: Connection[Any], sites: Sequence[str]) -> dict[str, tuple[Sheet, Written | None]]:
    """The sheets that somebody has written, of everybody whose stay at one of these sites has not ended."""
    where = "WHERE patient.site = ANY (%s) AND ended_at IS NULL AND newest.version IS NOT NULL ORDER BY patient.id"
    return {row[0]: _row(row) for row in conn.execute(f"{_NOW} {where}", (list(sites),))}


def by_key(conn: Connection[Any], by: str, key: str) -> tuple[str, Sheet, Written] | None:
    """Patient, sheet and version that a press of this person wrote."""
    row = conn.execute(
        "SELECT patient, body, version, set_by, role, at FROM identity.sheet WHERE set_by = %s AND key = %s", (by, key)
    ).fetchone()
    return None if row is None else (row[0], _as_sheet(row[1]), _written(row[2:]))


def history(conn: Connection[Any], patient: str, limit: int, *, upto: int | None = None) -> list[Written]:
    """Who wrote the newest versions, the newest first. `upto`: as it was when this version was the newest."""
    rows = conn.execute(
        """SELECT version, set_by, role, at FROM identity.sheet
           WHERE patient = %(patient)s AND (%(upto)s::bigint IS NULL OR version <= %(upto)s)
           ORDER BY version DESC LIMIT %(limit)s""",
        {"patient": patient, "limit": limit, "upto": upto},
    ).fetchall()
    return [_written(row) for row in rows]


def write(conn: Connection[Any], draft: Draft) -> int:
    """The number of the new version; from now on it is what the patient's sheet says."""
    body = msgspec.to_builtins(draft.sheet)
    row = conn.execute(
        """INSERT INTO identity.sheet (patient, version, body, set_by, role, at, key)
           SELECT %(patient)s, coalesce(max(version), 0) + 1, %(body)s, %(by)s, %(role)s, %(at)s, %(key)s
           FROM identity.sheet WHERE patient = %(patient)s RETURNING version""",
        {
            "patient": draft.patient,
            "body": Jsonb(body),
            "by": draft.by,
            "role": draft.role,
            "at": moment(draft.at),
            "key": draft.key,
        },
    ).fetchone()
    version = 0 if row is None else int(row[0])
    columns = {**body, "contacts": Jsonb(body["contacts"]), "version": version}
    names, places = ", ".join(columns), ", ".join(f"%({name})s" for name in columns)
    updates = ", ".join(f"{name} = excluded.{name}" for name in columns)
    conn.execute(
        f"""INSERT INTO identity.person (patient, {names}) VALUES (%(patient)s, {places})
            ON CONFLICT (patient) DO UPDATE SET {updates}""",
        {"patient": draft.patient, **columns},
    )
    return version


def _row(row: Any) -> tuple[Sheet, Written | None]:
    _, *fields, version, by, role, at = row
    sheet = _as_sheet(dict(zip(Sheet.__struct_fields__, fields, strict=True)))
    return sheet, None if version is None else _written((version, by, role, at))


def _written(row: Any) -> Written:
    version, by, role, at = row
    return Written(version, by, role, micros(at))
