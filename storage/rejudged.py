"""Refused messages that a person asks to judge again: read for ingest, and settled in the transaction that stores them.

A unit is one message as it came, with its refusals that are not stored yet. Called by `ingest.rejudging`; what a person
may ask for is `storage.quarantine`'s.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.instants import Micros, micros, moment
from storage import columns as col

Key = tuple[str, str, int]


class Part(Struct, frozen=True):
    """One refusal of a message: of the whole (`path` names no entry) or of one entry, like `obs[2].v`."""

    id: int
    path: str
    reason: str = "unassigned"


class Unit(Struct, frozen=True):
    """One refused message. `received_at`: when it came."""

    topic: str
    sha256: bytes
    payload: bytes
    received_at: Micros
    parts: tuple[Part, ...]


class Before(Struct, frozen=True):
    """What the message table has under the number of a message. `refused`: nothing of it was stored."""

    sha256: bytes
    refused: bool


class Tally(Struct, frozen=True):
    """Of the refusals that one action asked about: stored, refused again, not yet judged."""

    stored: int
    refused: int
    waiting: int


# The oldest first: what belongs together (an episode, a day) is stepped in the order in which it came.
_NEXT = """
WITH unit AS (
    SELECT topic, sha256, min(received_at) AS received_at, min(id) AS first FROM rejected
    WHERE id = ANY (%(ids)s) AND stored_at IS NULL AND again_action IS DISTINCT FROM %(action)s::uuid
    GROUP BY topic, sha256 ORDER BY min(received_at), min(id) LIMIT %(limit)s)
SELECT unit.topic, unit.sha256, unit.received_at, rejected.id, rejected.path, rejected.payload,
       rejected.stored_at IS NULL, rejected.reason
FROM unit JOIN rejected USING (topic, sha256)
ORDER BY unit.received_at, unit.first, rejected.id
"""
_BEFORE = """
SELECT device, boot, seq, message.sha256, message.refused
FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS k (device, boot, seq) JOIN message USING (device, boot, seq)
"""
_REVIVE = """
UPDATE message SET refused = false FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS k (device, boot, seq)
WHERE (message.device, message.boot, message.seq) = (k.device, k.boot, k.seq)
"""
_SETTLE = """
UPDATE rejected SET again_action = %(action)s::uuid, again_by = %(by)s, again_at = %(at)s, again_said = settled.said,
       stored_at = CASE WHEN settled.said IS NULL THEN %(at)s END,
       seen_by = coalesce(seen_by, %(by)s), seen_at = coalesce(seen_at, %(at)s)
FROM unnest(%(ids)s::bigint[], %(said)s::text[]) AS settled (id, said)
WHERE rejected.id = settled.id AND rejected.stored_at IS NULL
"""
_TALLY = """
SELECT count(*) FILTER (WHERE again_action = %(action)s::uuid AND stored_at IS NOT NULL),
       count(*) FILTER (WHERE again_action = %(action)s::uuid AND stored_at IS NULL),
       count(*) FILTER (WHERE again_action IS DISTINCT FROM %(action)s::uuid AND stored_at IS NULL)
FROM rejected WHERE id = ANY (%(ids)s)
"""


def next_units(conn: Connection[Any], action: str, ids: Sequence[int], limit: int) -> list[Unit]:
    """The oldest messages among these refusals that this action has not judged yet; none when it is done."""
    rows = conn.execute(_NEXT, {"ids": list(ids), "action": action, "limit": limit}).fetchall()
    units = []
    for (topic, digest), group in groupby(rows, key=lambda row: (row[0], bytes(row[1]))):
        found = list(group)
        payload = next((bytes(row[5]) for row in found if row[5]), b"")
        parts = tuple(Part(row[3], row[4], row[7]) for row in found if row[6])
        units.append(Unit(topic, digest, payload, micros(found[0][2]), parts))
    return units


def before(conn: Connection[Any], keys: Sequence[Key]) -> dict[Key, Before]:
    """What is stored under these numbers."""
    rows = conn.execute(_BEFORE, _columns(keys)).fetchall()
    return {(row[0], row[1], row[2]): Before(bytes(row[3]), row[4]) for row in rows}


def revive(conn: Connection[Any], keys: Sequence[Key]) -> None:
    """Something of these messages is stored now."""
    conn.execute(_REVIVE, _columns(keys))


def _columns(keys: Sequence[Key]) -> tuple[col.Column, col.Column, col.Column]:
    return (
        col.texts([key[0] for key in keys]), col.texts([key[1] for key in keys]), col.int8s([key[2] for key in keys])
    )  # fmt: skip


def settle(conn: Connection[Any], action: str, said: Mapping[int, str | None], *, by: str, at: Micros) -> bool:
    """Write down what became of these refusals (None: stored). False when one was stored by somebody else meanwhile."""
    parameters = {
        "action": action, "by": by, "at": moment(at), "ids": list(said), "said": col.texts(list(said.values())),
    }  # fmt: skip
    return conn.execute(_SETTLE, parameters).rowcount == len(said)


def tally(conn: Connection[Any], action: str, ids: Sequence[int]) -> Tally:
    """What became of the refusals that an action asked about."""
    row = conn.execute(_TALLY, {"action": action, "ids": list(ids)}).fetchone()
    return Tally(*row) if row else Tally(0, 0, 0)
