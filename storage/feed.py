"""Alert events, and notes on patients, by cursor. Ids are given under one lock, so everything up to the newest id that
is seen is complete.

Read by the console's feed; written by the engine's service only.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.instants import Micros, micros

_COLUMNS = "id, alert, patient, site, kind, at, body"
_NOTES = "id, '', patient, site, kind, at, body"


class FeedEvent(Struct, frozen=True):
    """One alert event. `body`: domain.alerts.AlertEvent as builtins. A note has no `alert`, and a body of its own."""

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
        f"""(SELECT {_COLUMNS} FROM alert_event WHERE site = ANY(%(sites)s) AND id > %(after)s AND id <= %(upto)s
             ORDER BY id LIMIT %(limit)s)
            UNION ALL
            (SELECT {_NOTES} FROM feed_note WHERE site = ANY(%(sites)s) AND id > %(after)s AND id <= %(upto)s
             ORDER BY id LIMIT %(limit)s)
            ORDER BY id LIMIT %(limit)s""",
        {"sites": list(sites), "after": after, "upto": upto, "limit": limit},
    ).fetchall()
    return [_event(row) for row in found]


def events_after(conn: Connection[Any], after: int, limit: int) -> list[FeedEvent]:
    """Events of every site after a cursor, oldest first."""
    found = conn.execute(
        f"""(SELECT {_COLUMNS} FROM alert_event WHERE id > %(after)s ORDER BY id LIMIT %(limit)s)
            UNION ALL (SELECT {_NOTES} FROM feed_note WHERE id > %(after)s ORDER BY id LIMIT %(limit)s)
            ORDER BY id LIMIT %(limit)s""",
        {"after": after, "limit": limit},
    ).fetchall()
    return [_event(row) for row in found]


def newest_upto(conn: Connection[Any], sites: Sequence[str], cursor: int) -> int:
    """The newest id of these sites that is not after the cursor, 0 when there is none."""
    row = conn.execute(
        "SELECT coalesce(max(newest), 0) FROM unnest(%(sites)s::text[]) AS one(site) CROSS JOIN LATERAL "
        "(SELECT max(id) AS newest FROM alert_event WHERE alert_event.site = one.site AND id <= %(upto)s UNION ALL "
        "SELECT max(id) FROM feed_note WHERE feed_note.site = one.site AND id <= %(upto)s) AS per_site",
        {"sites": list(sites), "upto": cursor},
    ).fetchone()
    return int(row[0]) if row else 0


def bounds(conn: Connection[Any]) -> tuple[int, int]:
    """Oldest and newest cursor from which events can be followed, less one; (1, 0) when there are no events.

    A cursor from before the server was promoted cannot: the events that it has seen may be gone.
    """
    row = conn.execute(
        """SELECT greatest(coalesce(least((SELECT min(id) FROM alert_event), (SELECT min(id) FROM feed_note)), 1),
                           base + 1),
                  greatest((SELECT max(id) FROM alert_event), (SELECT max(id) FROM feed_note), base)
           FROM feed_base() AS base"""
    ).fetchone()
    return (1, 0) if row is None else (int(row[0]), int(row[1]))


def history(conn: Connection[Any], alert: str, limit: int) -> list[FeedEvent]:
    """What happened to one alert, newest first."""
    found = conn.execute(
        """SELECT id, alert, patient, site, kind, at, body FROM alert_event
           WHERE alert = %s ORDER BY id DESC LIMIT %s""",
        (alert, limit),
    ).fetchall()
    return [_event(row) for row in found]


def base(conn: Connection[Any]) -> int:
    """Every id that is given on this server's timeline lies above it."""
    row = conn.execute("SELECT feed_base()").fetchone()
    return int(row[0]) if row else 0


def listen(conn: Connection[Any]) -> None:
    """Be woken when events are committed."""
    conn.execute("LISTEN vigie_feed")
