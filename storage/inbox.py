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
FROM action_inbox WHERE done_at IS NULL AND kind = ANY (%s) ORDER BY position LIMIT %s
"""
_FINISH = """
UPDATE action_inbox SET outcome = %s, detail = %s, done_at = %s WHERE id = %s::uuid AND done_at IS NULL
"""


class Waiting(Struct, frozen=True):
    """One row of the inbox that nobody has stepped yet. `kind`: alert, entries or plan."""

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


def waiting(conn: psycopg.Connection[Any], kinds: Sequence[str], limit: int) -> list[Waiting]:
    """At most `limit` waiting rows of these kinds, in the order in which they came."""
    rows = conn.execute(_WAITING, (list(kinds), limit)).fetchall()
    return [Waiting(*[*row[:10], micros(row[10])]) for row in rows]


def finish(conn: psycopg.Connection[Any], action: str, outcome: str, *, detail: dict[str, Any], at: Micros) -> None:
    """Mark one row as done, once: an already finished row stays as it is."""
    conn.execute(_FINISH, (outcome, Jsonb(detail), moment(at), action))
