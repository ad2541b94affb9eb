"""Devices of sites, and how the hub itself is: what waits, since when, what came last. Reads only; for the console."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import class_row

from domain.instants import Micros, micros


class DeviceRow(Struct, frozen=True):
    """A device of a site and who wears it now. Instants are aware datetimes."""

    id: str
    site: str
    kind: str
    online: bool | None
    battery: float | None
    last_seen_at: Any
    patient: str | None


class Waiting(Struct, frozen=True):
    """A queue: how many wait, and since when the oldest (None: nothing waits)."""

    name: str
    waiting: int
    oldest_at: Micros | None


_DEVICES = """
SELECT device.id, site, kind, online, battery, last_seen_at, patient
FROM device LEFT JOIN wearing ON wearing.device = device.id AND to_at IS NULL
WHERE site = ANY (%s)
"""
_QUEUES = """
SELECT 'actions', count(*), min(created_at) FROM action_inbox WHERE done_at IS NULL
UNION ALL SELECT 'notifications', count(*), min(at) FROM outbox WHERE done_at IS NULL
UNION ALL SELECT 'quarantine', count(*), min(received_at) FROM rejected WHERE seen_at IS NULL
"""


def devices(conn: Connection[Any], sites: Sequence[str]) -> list[DeviceRow]:
    """Every device of these sites, the longest silent first."""
    with conn.cursor(row_factory=class_row(DeviceRow)) as cursor:
        return cursor.execute(f"{_DEVICES} ORDER BY last_seen_at NULLS FIRST, device.id", (list(sites),)).fetchall()


def device(conn: Connection[Any], name: str, sites: Sequence[str]) -> DeviceRow | None:
    """One device, if of one of these sites."""
    with conn.cursor(row_factory=class_row(DeviceRow)) as cursor:
        return cursor.execute(f"{_DEVICES} AND device.id = %s", (list(sites), name)).fetchone()


def last_received(conn: Connection[Any]) -> Micros | None:
    """When the newest sign of life of any device came."""
    row = conn.execute("SELECT max(last_seen_at) FROM device").fetchone()
    return None if row is None or row[0] is None else micros(row[0])


def queues(conn: Connection[Any]) -> list[Waiting]:
    """What people did and the owner has not taken, steps that nobody was told of yet, refused messages nobody saw."""
    rows = conn.execute(_QUEUES).fetchall()
    return [Waiting(name, count, None if oldest is None else micros(oldest)) for name, count, oldest in rows]
