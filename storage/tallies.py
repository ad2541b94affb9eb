"""Counts over the whole hub: for the demo's line, its summary, and the oracles of the fault tests. Reads only."""

from typing import Any

import psycopg
from msgspec import Struct


class Tally(Struct, frozen=True):
    """How much there is."""

    messages: int
    readings: int
    refused: int
    alerts: int
    open: int
    open_high: int


_TALLY = """
SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM reading), (SELECT count(*) FROM rejected),
       (SELECT count(*) FROM alert_event WHERE kind = 'opened'),
       (SELECT count(*) FROM alert WHERE state IN ('open', 'acknowledged')),
       (SELECT count(*) FROM alert WHERE state = 'open' AND severity = 'high')
"""


def tally(conn: psycopg.Connection[Any]) -> Tally:
    """The counts now."""
    row = conn.execute(_TALLY).fetchone() or (0,) * 6
    return Tally(*row)


def message_keys(conn: psycopg.Connection[Any]) -> set[tuple[str, str, int]]:
    """(device, boot, seq) of every stored message, refused ones included."""
    return set(conn.execute("SELECT device, boot, seq FROM message").fetchall())


def refused_digests(conn: psycopg.Connection[Any]) -> set[bytes]:
    """sha256 of every refused payload."""
    return {row[0] for row in conn.execute("SELECT sha256 FROM rejected").fetchall()}


def alerted(conn: psycopg.Connection[Any]) -> set[tuple[str, str]]:
    """(patient, rule) of every alert that was opened."""
    return set(conn.execute("SELECT DISTINCT patient, rule FROM alert_event WHERE kind = 'opened'").fetchall())


def dropped_ranges(conn: psycopg.Connection[Any]) -> list[tuple[str, str, int, int]]:
    """(device, boot, from, to), both ends included, of everything that devices said they dropped."""
    return conn.execute("SELECT device, boot, from_seq, to_seq FROM dropped").fetchall()
