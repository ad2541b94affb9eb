"""The app's inbox: messages as the app sent them, waiting for ingest to judge them like any device's.

Filed by `patient_ui`, taken and removed by `ingest`. A message filed twice is one row.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.instants import Micros, moment
from storage import columns as col


class Waiting(Struct, frozen=True, gc=False):
    """One message that nobody has judged yet."""

    id: int
    site: str
    device: str
    payload: bytes


def file(conn: Connection[Any], site: str, device: str, *, messages: Sequence[tuple[bytes, bytes]], at: Micros) -> None:
    """File (SHA-256, payload) of messages of one device; those that wait already are left as they are."""
    conn.execute(
        """INSERT INTO app_inbox (site, device, sha256, payload, filed_at)
           SELECT %s, %s, one.sha256, one.payload, %s FROM unnest(%s::bytea[], %s::bytea[])
                WITH ORDINALITY AS one (sha256, payload, place)
           ORDER BY place ON CONFLICT (device, sha256) DO NOTHING""",
        (site, device, moment(at), col.byteas([digest for digest, _ in messages]),
         col.byteas([payload for _, payload in messages])),
    )  # fmt: skip


def announce(conn: Connection[Any]) -> None:
    """Wake ingest when this transaction commits. The rows are the messages; this is only the bell."""
    conn.execute("SELECT pg_notify('vigie_action', '')")


def waiting(conn: Connection[Any], sites: Sequence[str], limit: int) -> list[Waiting]:
    """At most `limit` waiting messages of these sites (none named: of every site), in the order in which they came."""
    rows = conn.execute(
        """SELECT id, site, device, payload FROM app_inbox
           WHERE cardinality(%(sites)s::text[]) = 0 OR site = ANY (%(sites)s)
           ORDER BY id LIMIT %(limit)s""",
        {"sites": list(sites), "limit": limit},
    ).fetchall()
    return [Waiting(row[0], row[1], row[2], bytes(row[3])) for row in rows]


def remove(conn: Connection[Any], ids: Sequence[int], at: Micros) -> None:
    """These are committed, each as what it was judged to be."""
    conn.execute(
        """WITH gone AS (DELETE FROM app_inbox WHERE id = ANY (%s) RETURNING device)
           UPDATE app_device SET sent_at = %s WHERE device IN (SELECT device FROM gone)""",
        (list(ids), moment(at)),
    )


def still_waiting(conn: Connection[Any], device: str, digests: Sequence[bytes]) -> bool:
    """Whether any of these messages of a device was not judged yet."""
    row = conn.execute(
        "SELECT EXISTS (SELECT 1 FROM app_inbox WHERE device = %s AND sha256 = ANY (%s::bytea[]))",
        (device, col.byteas(digests)),
    ).fetchone()
    return bool(row and row[0])
