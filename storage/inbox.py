"""The action inbox: what people do, waiting for the owner of the patient. Rows are written elsewhere, finished here.

Called by the ingest service (entries) and by the alert service (alert, plan).
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from msgspec import Struct
from psycopg.types.json import Jsonb

from domain.instants import Micros, micros, moment

_WAITING = """
SELECT id::text, position, site, patient, kind, alert, expected_version, body, actor, role, created_at
FROM action_inbox
WHERE done_at IS NULL AND kind = ANY (%(kinds)s) AND (cardinality(%(sites)s::text[]) = 0 OR site = ANY (%(sites)s))
ORDER BY position LIMIT %(limit)s
"""
_FINISH = """
UPDATE action_inbox SET outcome = %s, detail = %s, done_at = %s WHERE id = %s::uuid AND done_at IS NULL
"""


class Waiting(Struct, frozen=True):
    """One row of the inbox that nobody has stepped yet. `kind`: alert, entries, rejudge, plan ..."""

    id: str
    position: int
    site: str
    patient: str
    kind: str
    alert: str | None
    expected_version: int | None
    body: dict[str, Any]
    actor: str
    role: str
    created_at: Micros


def waiting(
    conn: psycopg.Connection[Any], kinds: Sequence[str], limit: int, *, sites: Sequence[str] = ()
) -> list[Waiting]:
    """At most `limit` waiting rows of these kinds and sites (none named: of every site), in the order they came in.

    What belongs to the patients of another owner is left to that owner: a patient has one writer.
    """
    rows = conn.execute(_WAITING, {"kinds": list(kinds), "sites": list(sites), "limit": limit}).fetchall()
    return [Waiting(*[*row[:10], micros(row[10])]) for row in rows]


def finish(conn: psycopg.Connection[Any], action: str, outcome: str, *, detail: dict[str, Any], at: Micros) -> None:
    """Mark one row as done, once: an already finished row stays as it is."""
    conn.execute(_FINISH, (outcome, Jsonb(detail), moment(at), action))
