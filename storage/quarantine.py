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
    again: "Again | None" = None


class Again(Struct, frozen=True):
    """It was judged again. `said`: why it was refused again; None: its content is stored."""

    by: str
    at: Micros
    said: str | None


class Wanted(Struct, frozen=True):
    """A refusal that somebody wants judged again."""

    id: int
    site: str


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
                   substring(payload FROM 1 FOR 4096), length(payload), seen_by, seen_at, again_by, again_at, again_said
            FROM rejected WHERE {_MINE} AND (seen_at IS NULL OR NOT %(unseen)s) ORDER BY id DESC LIMIT %(limit)s""",
        {"sites": list(circle.sites), "unrouted": circle.unrouted, "unseen": unseen_only, "limit": limit},
    ).fetchall()
    return [_refused(row) for row in rows]


def _refused(row: Sequence[Any]) -> Refused:
    seen_at = None if row[12] is None else micros(row[12])
    again = None if row[14] is None else Again(row[13], micros(row[14]), row[15])
    return Refused(
        row[0], micros(row[1]), row[2], row[3], row[4], row[5], row[6], row[7], row[8], bytes(row[9]), row[10], row[11],
        seen_at, again,
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


# A professional's own entry is corrected by entering it anew; a topic without a site of ours belongs to no patient.
_WANTED = f"""SELECT id, site FROM rejected
              WHERE {_MINE} AND stored_at IS NULL AND device IS DISTINCT FROM 'console'
                    AND EXISTS (SELECT 1 FROM site WHERE site.id = rejected.site)"""


def wanted(conn: Connection[Any], circle: Circle, ids: Sequence[int]) -> list[Wanted]:
    """Those of these refusals that can be judged again by somebody of that circle, the oldest first."""
    rows = conn.execute(
        f"{_WANTED} AND id = ANY (%(ids)s) ORDER BY id",
        {"sites": list(circle.sites), "unrouted": circle.unrouted, "ids": list(ids)},
    ).fetchall()
    return [Wanted(*row) for row in rows]


def alike(conn: Connection[Any], circle: Circle, refusal: int, limit: int) -> list[Wanted]:
    """Every refusal of the same device that can be judged again, the oldest first."""
    rows = conn.execute(
        f"""{_WANTED} AND (site, device) = (SELECT site, device FROM rejected WHERE id = %(id)s)
            ORDER BY id LIMIT %(limit)s""",
        {"sites": list(circle.sites), "unrouted": circle.unrouted, "id": refusal, "limit": limit},
    ).fetchall()
    return [Wanted(*row) for row in rows]


class Kind(Struct, frozen=True):
    """Refusals that are alike, not stored yet. `last_said`: why the newest was refused when it was judged again."""

    site: str | None
    device: str | None
    reason: str
    count: int
    first_at: Micros
    last_at: Micros
    expected: str
    last_said: str | None


def kinds(conn: Connection[Any], *, device: str | None = None, reason: str | None = None) -> list[Kind]:
    """What is refused and not stored, by site, device and reason; the newest last."""
    rows = conn.execute(
        """SELECT site, device, reason, count(*), min(received_at), max(received_at),
                  (array_agg(expected ORDER BY id DESC))[1], (array_agg(again_said ORDER BY id DESC))[1]
           FROM rejected
           WHERE stored_at IS NULL AND (%(device)s::text IS NULL OR device = %(device)s)
                 AND (%(reason)s::text IS NULL OR reason = %(reason)s)
           GROUP BY site, device, reason ORDER BY max(id)""",
        {"device": device, "reason": reason},
    ).fetchall()
    return [Kind(row[0], row[1], row[2], row[3], micros(row[4]), micros(row[5]), row[6], row[7]) for row in rows]


def of_kind(conn: Connection[Any], *, device: str | None, reason: str | None, limit: int) -> dict[str, list[int]]:
    """The oldest refusals of a device or with a reason that can be judged again: their ids by site."""
    rows = conn.execute(
        """SELECT site, array_agg(id ORDER BY id) FROM (
               SELECT id, site FROM rejected
               WHERE stored_at IS NULL AND device IS DISTINCT FROM 'console'
                     AND EXISTS (SELECT 1 FROM site WHERE site.id = rejected.site)
                     AND (%(device)s::text IS NULL OR device = %(device)s)
                     AND (%(reason)s::text IS NULL OR reason = %(reason)s)
               ORDER BY id LIMIT %(limit)s) AS oldest
           GROUP BY site ORDER BY site""",
        {"device": device, "reason": reason, "limit": limit},
    ).fetchall()
    return dict(rows)
