"""Questionnaires that sites have imported, every version. Texts go in and out; what they mean is read elsewhere.

Called by `alerts.questionnaire_shelf` and `vigie questionnaire`.
"""

from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import class_row

from domain.instants import Micros, moment


class Imported(Struct, frozen=True):
    """One version as a site imported it."""

    site: str
    id: str
    version: str
    body: str
    sha256: bytes
    licence: str
    imported_by: str
    imported_at: Any
    withdrawn_at: Any


_COLUMNS = "site, id, version, body, sha256, licence, imported_by, imported_at, withdrawn_at"


def imported(conn: Connection[Any], site: str | None = None) -> list[Imported]:
    """Every version of a site, or of all sites, in the order in which they were imported."""
    with conn.cursor(row_factory=class_row(Imported)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM questionnaire WHERE %(site)s::text IS NULL OR site = %(site)s"
            " ORDER BY imported_at, site, id, version",
            {"site": site},
        ).fetchall()


def insert(conn: Connection[Any], row: Imported, at: Micros) -> bool:
    """A new version; False when the site has this version already."""
    found = conn.execute(
        """
        INSERT INTO questionnaire (site, id, version, body, sha256, licence, imported_by, imported_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        (row.site, row.id, row.version, row.body, row.sha256, row.licence, row.imported_by, moment(at)),
    )
    return found.rowcount == 1


def withdraw(conn: Connection[Any], site: str, name: str, *, by: str, at: Micros) -> list[str]:
    """Take every version of an id out of use; the versions that were in use."""
    rows = conn.execute(
        """
        UPDATE questionnaire SET withdrawn_at = %s, withdrawn_by = %s
        WHERE site = %s AND id = %s AND withdrawn_at IS NULL RETURNING version
        """,
        (moment(at), by, site, name),
    ).fetchall()
    return sorted(version for (version,) in rows)
