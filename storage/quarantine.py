"""Refused messages waiting for a person's look. Read and marked by the console; filled by ingest."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.instants import Micros, micros, moment


class Refused(Struct, frozen=True):
    """One refusal as stored. `payload`: its first 4 KiB; `size`: of the whole."""

    id: int
    received_at: Micros
    reason: str
    path: str
    expected: str
    topic: str
    site: str | None
    device: str | None
    patient: str | None
    payload: bytes
    size: int
    seen_by: str | None
    seen_at: Micros | None


class Circle(Struct, frozen=True):
    """Whose refusals: those of the sites, and with `unrouted` those that name no site of ours."""

    sites: tuple[str, ...]
    unrouted: bool


# Those of the sites, or (operators) those whose topic names no site of ours. A constant: no text from outside is in it.
_MINE = """(rejected.site = ANY(%(sites)s) OR (%(unrouted)s AND
            (rejected.site IS NULL OR NOT EXISTS (SELECT 1 FROM site WHERE site.id = rejected.site))))"""


def refused(conn: Connection[Any], circle: Circle, *, unseen_only: bool, limit: int) -> list[Refused]:
    """Newest first."""
    rows = conn.execute(
        f"""SELECT id, received_at, reason, path, expected, topic, site, device, patient,
                   substring(payload FROM 1 FOR 4096), length(payload), seen_by, seen_at
            FROM rejected WHERE {_MINE} AND (seen_at IS NULL OR NOT %(unseen)s) ORDER BY id DESC LIMIT %(limit)s""",
        {"sites": list(circle.sites), "unrouted": circle.unrouted, "unseen": unseen_only, "limit": limit},
    ).fetchall()
    return [_refused(row) for row in rows]


def _refused(row: Sequence[Any]) -> Refused:
    seen_at = None if row[12] is None else micros(row[12])
    return Refused(
        row[0], micros(row[1]), row[2], row[3], row[4], row[5], row[6], row[7], row[8], bytes(row[9]), row[10], row[11],
        seen_at,
    )  # fmt: skip


def unseen_count(conn: Connection[Any], circle: Circle) -> int:
    """How many nobody has looked at yet."""
    row = conn.execute(
        f"SELECT count(*) FROM rejected WHERE {_MINE} AND seen_at IS NULL",
        {"sites": list(circle.sites), "unrouted": circle.unrouted},
    ).fetchone()
    return int(row[0]) if row else 0


def mark_seen(conn: Connection[Any], circle: Circle, refusal: int, *, by: str, at: Micros) -> bool:
    """Mark one as seen, keeping who was first. False when it is not in the circle."""
    row = conn.execute(
        f"""UPDATE rejected SET seen_by = coalesce(seen_by, %(by)s), seen_at = coalesce(seen_at, %(at)s)
            WHERE id = %(id)s AND {_MINE} RETURNING id""",
        {"id": refusal, "by": by, "at": moment(at), "sites": list(circle.sites), "unrouted": circle.unrouted},
    ).fetchone()
    return row is not None
