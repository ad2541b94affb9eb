"""The outbox of notifications: one row a step of an alert, written with the alert's events, finished by the notifier.

`insert` is called by the alert service in the transaction of the events; everything else by the delivery loop.
"""

from collections.abc import Sequence
from typing import Any, Literal

import psycopg
from msgspec import Struct

from domain.instants import Micros, micros, moment

Outcome = Literal["delivered", "cancelled", "given-up"]

_INSERT = """
INSERT INTO outbox (alert, patient, site, rule, category, severity, event_kind, version, step, who, how, at, reason_fr,
    reason_en, next_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (alert, version) DO NOTHING
"""
# An alert counts as open while somebody should still be told: acknowledged, closed or put off, nobody needs to be.
_OPEN = """
coalesce((SELECT state = 'open' AND (snoozed_until IS NULL OR snoozed_until <= %(now)s) FROM alert
          WHERE alert.id = outbox.alert), true)
"""
# When more is due than can be told at once, the most severe goes first; then whatever has waited longest.
MOST_SEVERE = "array_position(ARRAY['high', 'medium', 'low'], severity)"
_CLAIM = f"""
SELECT id, alert, patient, site, rule, category, severity, event_kind, version, step, who, how, at, reason_fr,
       reason_en, {_OPEN},
       EXISTS (SELECT 1 FROM outbox AS newer WHERE newer.alert = outbox.alert AND newer.version > outbox.version)
FROM outbox WHERE done_at IS NULL AND (next_at <= %(now)s OR NOT {_OPEN})
ORDER BY {MOST_SEVERE}, next_at, id LIMIT %(limit)s FOR UPDATE OF outbox SKIP LOCKED
"""


class Due(Struct, frozen=True):
    """A step of an alert that must reach somebody.

    `who`: roles on call, the next one when nobody is on call for the one before. `how`: channels in order of
    preference. `at`: when the step was due.
    """

    alert: str
    patient: str
    site: str
    rule: str
    category: str
    severity: str
    event_kind: str
    version: int
    step: int
    who: tuple[str, ...]
    how: tuple[str, ...]
    at: Micros
    reason_fr: str
    reason_en: str


class Waiting(Struct, frozen=True):
    """A claimed row. `open`: somebody should still be told. `superseded`: a later step of the alert has begun."""

    id: int
    due: Due
    open: bool
    superseded: bool


def insert(conn: psycopg.Connection[Any], rows: Sequence[Due]) -> None:
    """Steps that have come due; one that is there already (same alert and version) stays as it is."""
    conn.cursor().executemany(_INSERT, [_row(due) for due in rows])


def _row(due: Due) -> tuple[Any, ...]:
    at = moment(due.at)
    return (
        due.alert, due.patient, due.site, due.rule, due.category, due.severity, due.event_kind, due.version, due.step,
        list(due.who), list(due.how), at, due.reason_fr, due.reason_en, at,
    )  # fmt: skip


def claim(conn: psycopg.Connection[Any], now: Micros, *, limit: int) -> list[Waiting]:
    """Rows to look at now, locked until the caller's transaction ends; those another notifier has are left out."""
    rows = conn.execute(_CLAIM.encode(), {"now": moment(now), "limit": limit}).fetchall()
    return [_waiting(row) for row in rows]


def _waiting(row: Sequence[Any]) -> Waiting:
    who, how, at = tuple(row[10]), tuple(row[11]), micros(row[12])
    return Waiting(row[0], Due(*[*row[1:10], who, how, at, row[13], row[14]]), row[15], row[16])


def look_again(conn: psycopg.Connection[Any], row: int, at: Micros) -> None:
    """When the delivery loop looks at a row that is not done."""
    conn.execute("UPDATE outbox SET next_at = %s WHERE id = %s AND done_at IS NULL", (moment(at), row))


def finish(conn: psycopg.Connection[Any], row: int, outcome: Outcome, *, at: Micros) -> None:
    """Nothing more will be tried."""
    conn.execute(
        "UPDATE outbox SET done_at = %s, outcome = %s WHERE id = %s AND done_at IS NULL", (moment(at), outcome, row)
    )


def oldest_waiting(conn: psycopg.Connection[Any]) -> Micros | None:
    """When the oldest step that is not done was due."""
    row = conn.execute("SELECT min(at) FROM outbox WHERE done_at IS NULL").fetchone()
    return None if row is None or row[0] is None else micros(row[0])
