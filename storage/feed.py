"""Alert events by cursor. Ids are given under one lock, so everything up to the newest id that is seen is complete.

Read by the console's feed; written by the engine's service only.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.instants import Micros, micros


class FeedEvent(Struct, frozen=True):
    """One alert event. `body`: domain.alerts.AlertEvent as builtins."""

    id: int
    alert: str
    patient: str
    site: str
    kind: str
    at: Micros
    body: dict[str, Any]


def _event(row: Sequence[Any]) -> FeedEvent:
    return FeedEvent(row[0], row[1], row[2], row[3], row[4], micros(row[5]), row[6])


def events_between(
    conn: Connection[Any], sites: Sequence[str], *, after: int, upto: int, limit: int
) -> list[FeedEvent]:
    """Events of these sites with `after` < id <= `upto`, oldest first."""
    found = conn.execute(
        """SELECT id, alert, patient, site, kind, at, body FROM alert_event
           WHERE site = ANY(%s) AND id > %s AND id <= %s ORDER BY id LIMIT %s""",
        (list(sites), after, upto, limit),
    ).fetchall()
    return [_event(row) for row in found]


def events_after(conn: Connection[Any], after: int, limit: int) -> list[FeedEvent]:
    """Events of every site after a cursor, oldest first."""
    found = conn.execute(
        "SELECT id, alert, patient, site, kind, at, body FROM alert_event WHERE id > %s ORDER BY id LIMIT %s",
        (after, limit),
    ).fetchall()
    return [_event(row) for row in found]


def newest_upto(conn: Connection[Any], sites: Sequence[str], cursor: int) -> int:
    """The newest id of these sites that is not after the cursor, 0 when there is none."""
    row = conn.execute(
        "SELECT coalesce(max(newest), 0) FROM unnest(%s::text[]) AS one(site) CROSS JOIN LATERAL "
        "(SELECT max(id) AS newest FROM alert_event WHERE alert_event.site = one.site AND id <= %s) AS per_site",
        (list(sites), cursor),
    ).fetchone()
    return int(row[0]) if row else 0


def bounds(conn: Connection[Any]) -> tuple[int, int]:
    """Oldest and newest id that are kept; (1, 0) when there are none."""
    row = conn.execute("SELECT coalesce(min(id), 1), coalesce(max(id), 0) FROM alert_event").fetchone()
    return (1, 0) if row is None else (int(row[0]), int(row[1]))


def history(conn: Connection[Any], alert: str, limit: int) -> list[FeedEvent]:
    """What happened to one alert, newest first."""
    found = conn.execute(
        """SELECT id, alert, patient, site, kind, at, body FROM alert_event
           WHERE alert = %s ORDER BY id DESC LIMIT %s""",
        (alert, limit),
    ).fetchall()
    return [_event(row) for row in found]


def listen(conn: Connection[Any]) -> None:
    """Be woken when events are committed."""
    conn.execute("LISTEN vigie_feed")
