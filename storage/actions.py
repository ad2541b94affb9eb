"""The action inbox: what people do, waiting for the owner of the patient.

Inserted by the console, done by the engine's service.
"""

from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import Connection
from psycopg.types.json import Jsonb

from domain.instants import Micros, moment


class Wish(Struct, frozen=True):
    """A row to put into the inbox. `kind`: alert or entries. `expected_version` None: whatever the version is by then.

    `body` of an alert action: action, reason?, until? (Micros), assignee?; of entries: the JSON as it was sent.
    """

    site: str
    patient: str
    kind: str
    body: dict[str, Any]
    actor: str
    role: str
    idempotency_key: str
    created_at: Micros
    alert: str | None = None
    expected_version: int | None = None


class Filed(Struct, frozen=True):
    """A row of the inbox as far as its sender cares."""

    id: UUID
    kind: str
    patient: str
    alert: str | None
    body: dict[str, Any]
    actor: str
    outcome: str | None
    detail: dict[str, Any] | None
    done: bool


_FILED = "SELECT id, kind, patient, alert, body, actor, outcome, detail, done_at IS NOT NULL FROM action_inbox"


def insert(conn: Connection[Any], wish: Wish) -> UUID:
    """File a wish. Raises UniqueViolation on `action_first` (somebody was first) or on the idempotency key."""
    row = conn.execute(
        """INSERT INTO action_inbox
               (site, patient, kind, alert, expected_version, body, actor, role, idempotency_key, created_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
        (wish.site, wish.patient, wish.kind, wish.alert, wish.expected_version, Jsonb(wish.body), wish.actor, wish.role,
         wish.idempotency_key, moment(wish.created_at)),
    ).fetchone()  # fmt: skip
    if row is None:
        raise RuntimeError("action_inbox: INSERT returned no row")
    return UUID(str(row[0]))


def announce(conn: Connection[Any], action: UUID) -> None:
    """Wake the owner when this transaction commits. The row is the message; this is only the bell."""
    conn.execute("SELECT pg_notify('vigie_action', %s)", (str(action),))


def by_key(conn: Connection[Any], actor: str, key: str) -> Filed | None:
    """What this person filed under this idempotency key."""
    row = conn.execute(f"{_FILED} WHERE actor = %s AND idempotency_key = %s", (actor, key)).fetchone()
    return None if row is None else Filed(*row)


def by_id(conn: Connection[Any], action: UUID) -> Filed | None:
    """One row of the inbox."""
    row = conn.execute(f"{_FILED} WHERE id = %s", (action,)).fetchone()
    return None if row is None else Filed(*row)


def first_on(conn: Connection[Any], alert: str, version: int) -> Filed | None:
    """Who acted first on that version of an alert."""
    row = conn.execute(
        f"""{_FILED} WHERE alert = %s AND expected_version = %s AND kind = 'alert' AND body ->> 'action' <> 'comment'
            AND (outcome IS NULL OR outcome = 'applied') ORDER BY position LIMIT 1""",
        (alert, version),
    ).fetchone()
    return None if row is None else Filed(*row)
