"""The last note on each site in the action inbox: what the engine was told of it. For the watch and the notifier."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.instants import Micros, micros


class LastNote(Struct, frozen=True):
    """What was said last of one site in one matter. `refused`: the engine could not use it."""

    position: int
    body: dict[str, Any]
    at: Micros
    refused: bool


def last(conn: Connection[Any], sites: Sequence[str], kinds: Sequence[str]) -> dict[tuple[str, str], LastNote]:
    """(site, kind of note) -> the last one."""
    rows = conn.execute(
        """SELECT place, matter, position, body, created_at, outcome
           FROM unnest(%s::text[]) AS place CROSS JOIN unnest(%s::text[]) AS matter CROSS JOIN LATERAL (
               SELECT position, body, created_at, outcome FROM action_inbox
               WHERE kind = 'note' AND site = place AND body ->> 'kind' = matter
               ORDER BY position DESC LIMIT 1) AS note""",
        (list(sites), list(kinds)),
    )
    return {
        (site, kind): LastNote(position, body, micros(at), outcome == "refused")
        for site, kind, position, body, at, outcome in rows
    }


def last_of(conn: Connection[Any], patient: str, kind: str) -> LastNote | None:
    """What was said last of one patient in one matter."""
    row = conn.execute(
        """SELECT position, body, created_at, outcome FROM action_inbox
           WHERE kind = 'note' AND patient = %s AND body ->> 'kind' = %s ORDER BY position DESC LIMIT 1""",
        (patient, kind),
    ).fetchone()
    return None if row is None else LastNote(row[0], row[1], micros(row[2]), row[3] == "refused")
