"""Which devices there are, where, and who wore them when, for judging what they send. Read only; called by `ingest`."""

from typing import Any

import psycopg
from msgspec import Struct

from domain.instants import Micros

_WORN = """
SELECT d.id, d.site, w.patient, (extract(epoch FROM w.from_at) * 1000000)::bigint,
       (extract(epoch FROM w.to_at) * 1000000)::bigint, d.kind, d.speaker
FROM device d LEFT JOIN wearing w ON w.device = d.id ORDER BY d.id, w.from_at
"""


class WornRow(Struct, frozen=True, gc=False):
    """One wearing interval of a device (patient None: never worn). `to_at` None: still worn.

    `speaker`: who enters on it.
    """

    device: str
    site: str
    patient: str | None
    from_at: Micros | None
    to_at: Micros | None
    kind: str = "device"
    speaker: str | None = None


def worn(conn: psycopg.Connection[Any]) -> list[WornRow]:
    """Every device with each of its wearing intervals, in order."""
    return [WornRow(*row) for row in conn.execute(_WORN)]


def sites(conn: psycopg.Connection[Any]) -> list[str]:
    """Every site, in order."""
    return [row[0] for row in conn.execute("SELECT id FROM site ORDER BY id")]
