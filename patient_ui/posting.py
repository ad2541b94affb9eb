"""Messages of the app on their way in: taken apart, filed in the inbox, and what became of them. No HTTP here.

The hub acknowledges what the database holds: the answer is read from it, never from what was asked.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from domain.converting import decoder
from domain.decode import Unreadable, decode
from domain.ranges import Ranges, standing
from patient_ui import sentences
from storage import app_inbox, app_reading, messages
from storage.app_reading import Refusal
from storage.connection import Connection

_list = decoder(list[msgspec.Raw])
MOST = 500


class Post(Struct, frozen=True):
    """One message as it was sent. `boot` None: its number cannot be read."""

    payload: bytes
    digest: bytes
    boot: str | None
    seq: int | None


class Batch(Struct, frozen=True):
    """What one request sends under one device."""

    site: str
    device: str
    posts: tuple[Post, ...]

    @property
    def digests(self) -> list[bytes]:
        """SHA-256 of each message."""
        return [post.digest for post in self.posts]


def taken_apart(body: bytes) -> list[Post]:
    """One message, or each of a list, byte for byte. What is no JSON at all is one message, refused as such."""
    return [_post(payload) for payload in _payloads(body)]


def _payloads(body: bytes) -> list[bytes]:
    if not body.lstrip().startswith(b"["):
        return [body.strip()]
    try:
        return [bytes(part) for part in _list(body)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _lenient(body)


def _lenient(body: bytes) -> list[bytes]:
    """A list with something in it that is not JSON as it stands (NaN): so that the others are not lost."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return [body.strip()]
    return [json.dumps(part, separators=(",", ":")).encode() for part in found]


def _post(payload: bytes) -> Post:
    found = decode(payload)
    boot, seq = (found.boot, found.seq) if isinstance(found, Unreadable) else (found.message.boot, found.message.seq)
    return Post(payload, sha256(payload).digest(), boot, seq)


def file(conn: Connection, batch: Batch, at: int) -> None:
    """Into the inbox, except what is stored already. The owner commits."""
    keys = [
        (batch.device, post.boot, post.seq) for post in batch.posts if post.boot is not None and post.seq is not None
    ]
    stored = messages.digests(conn, keys)
    fresh = [
        (post.digest, post.payload)
        for post in batch.posts
        if stored.get((batch.device, post.boot or "", post.seq or 0)) != post.digest
    ]
    if fresh:
        app_inbox.file(conn, batch.site, batch.device, messages=fresh, at=at)
        app_inbox.announce(conn)


def outcome(conn: Connection, batch: Batch) -> dict[str, Any] | None:
    """The answer, once everything is committed; None while anything waits."""
    if app_inbox.still_waiting(conn, batch.device, batch.digests):
        return None
    boots = list(dict.fromkeys(post.boot for post in batch.posts if post.boot is not None))
    acks = _acks(conn, batch.device, boots)
    last = next((ack for ack in acks if ack["boot"] == boots[-1]), None) if boots else None
    sent = {post.digest: post for post in batch.posts}
    refused = [_refusal(row, sent[row.sha256]) for row in app_reading.refusals(conn, batch.device, batch.digests)]
    head = last or {"boot": None, "upto": 0, "miss": []}
    return {**head, "acks": acks, "refused": refused}


def _acks(conn: Connection, device: str, boots: Sequence[str]) -> list[dict[str, Any]]:
    either: dict[str, Ranges] = {boot: Ranges() for boot in boots}
    stored: dict[str, int] = dict.fromkeys(boots, 0)
    for _, boot, first, last, is_stored in sorted(messages.known_ranges(conn, [(device, boot) for boot in boots])):
        either[boot].add(first, last)
        if is_stored:
            stored[boot] = max(stored[boot], last)
    found = {boot: standing(either[boot], stored[boot]) for boot in boots}
    return [{"boot": boot, "upto": one.upto, "miss": [list(gap) for gap in one.miss]} for boot, one in found.items()]


def _refusal(row: Refusal, post: Post) -> dict[str, Any]:
    return {
        "boot": row.boot,
        "seq": row.seq,
        "sha256": row.sha256.hex(),
        "path": row.path,
        "reason": row.reason,
        "expected": row.expected,
        "said": sentences.refused(row.path, row.reason, row.expected, message=_tree(post.payload)),
    }


def _tree(payload: bytes) -> dict[str, Any]:
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
