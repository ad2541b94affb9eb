"""The audit trail: append-only rows, each sealed with the hash of the one before.

`append` must run in a READ COMMITTED transaction: it reads the newest row after taking the lock. `verify` finds a row
that was forged, removed or put in between. Called by the console and the command line.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.types.json import Jsonb

from domain.instants import Micros, micros, moment

_LOCK = 0x76696769_61756474  # "vigiaudt"
GENESIS = bytes(32)


class Look(Struct, frozen=True):
    """Who did or saw what. `subject`: "patient:P1", "alert:P1-3", "account:doc1" ..."""

    at: Micros
    actor: str
    action: str
    subject: str
    detail: dict[str, Any] = {}


class Sealed(Struct, frozen=True):
    """One row of the trail as stored."""

    id: int
    look: Look
    prev_hash: bytes
    hash: bytes


class Broken(Struct, frozen=True):
    """The first row that does not fit, and what was expected of it."""

    id: int
    expected: str


def seal(prev_hash: bytes, number: int, look: Look) -> bytes:
    """SHA-256 over the hash before and the row as canonical JSON."""
    content = {"id": number, "at": look.at, "actor": look.actor, "action": look.action, "subject": look.subject,
               "detail": look.detail}  # fmt: skip
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return hashlib.sha256(prev_hash + canonical).digest()


def append(conn: Connection[Any], look: Look) -> int:
    """Seal one row onto the chain; the chain stays locked until the caller's transaction ends."""
    _lock(conn)
    newest = _newest(conn)
    last, prev_hash = newest if newest is not None else (0, GENESIS)
    _insert(conn, Sealed(last + 1, look, prev_hash, seal(prev_hash, last + 1, look)))
    return last + 1


def _lock(conn: Connection[Any]) -> None:
    conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


def _newest(conn: Connection[Any]) -> tuple[int, bytes] | None:
    row = conn.execute("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    return None if row is None else (row[0], bytes(row[1]))


def _insert(conn: Connection[Any], row: Sealed) -> None:
    conn.execute(
        """INSERT INTO audit (id, at, actor, action, subject, detail, prev_hash, hash)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        (row.id, moment(row.look.at), row.look.actor, row.look.action, row.look.subject, Jsonb(row.look.detail),
         row.prev_hash, row.hash),
    )  # fmt: skip


def rows(conn: Connection[Any]) -> Iterator[Sealed]:
    """The whole trail, oldest first, read through a server-side cursor."""
    with conn.cursor(name="audit_rows") as cursor:
        cursor.execute("SELECT id, at, actor, action, subject, detail, prev_hash, hash FROM audit ORDER BY id")
        for number, at, actor, action, subject, detail, prev_hash, digest in cursor:
            yield Sealed(number, Look(micros(at), actor, action, subject, detail), bytes(prev_hash), bytes(digest))


def verify(conn: Connection[Any]) -> Broken | None:
    """None when the chain holds; else the first row that breaks it. Must run inside a transaction."""
    last, prev_hash = 0, GENESIS
    for row in rows(conn):
        if row.id != last + 1:
            return Broken(row.id, f"row {last + 1} before it")
        if row.prev_hash != prev_hash:
            return Broken(row.id, "the hash of the row before it")
        if row.hash != seal(prev_hash, row.id, row.look):
            return Broken(row.id, "a hash of its own content")
        last, prev_hash = row.id, row.hash
    return None
