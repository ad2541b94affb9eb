"""Compares what simulators wrote down (ledger, truth) with what the hub has. For the demo's summary and fault tests."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from domain.instants import Micros, parse_iso
from storage import tallies
from storage.connection import Connection


class Verdict(Struct, frozen=True):
    """`lost`: sent, and neither stored nor refused nor dropped. `missed`: true, and no alert of any expected rule."""

    sent: int
    lost: tuple[str, ...]
    truths: int
    missed: tuple[str, ...]


def compare(conn: Connection, ledger: Path, truth: Path, *, upto: Micros) -> Verdict:
    """The ledger against messages and refusals, the truth (up to a hub instant) against opened alerts."""
    sent = [row for row in _lines(ledger) if row["kind"] != "dropped"]
    true = [row for row in _lines(truth) if row["expected_rules"] and parse_iso(row["onset"]) <= upto]
    return Verdict(len(sent), tuple(_lost(conn, sent)), len(true), tuple(_missed(conn, true)))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        for text in path.read_text("utf-8").splitlines():
            yield json.loads(text)


def _lost(conn: Connection, sent: Iterable[dict[str, Any]]) -> Iterator[str]:
    keys, digests = tallies.message_keys(conn), tallies.refused_digests(conn)
    gone: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for device, boot, low, high in tallies.dropped_ranges(conn):
        gone.setdefault((device, boot), []).append((low, high))
    for row in sent:
        device, boot, seq = row["device"], row["boot"], row["seq"]
        if (device, boot, seq) in keys or bytes.fromhex(row["sha256"]) in digests:
            continue
        if any(low <= seq <= high for low, high in gone.get((device, boot), ())):
            continue
        yield f"{row['device']}/{row['boot']}/{row['seq']}"


def _missed(conn: Connection, true: Iterable[dict[str, Any]]) -> Iterator[str]:
    opened = tallies.alerted(conn)
    for row in true:
        if not any((row["patient"], rule) in opened for rule in row["expected_rules"]):
            yield f"{row['patient']} {row['kind']} {row['onset']}"
