"""Alerts as rows: written by the engine's service only, read back at start.

Event ids are given under one transaction lock, so that they rise in the order of commits whoever writes.
"""

from collections.abc import Sequence
from typing import Any, LiteralString

import msgspec
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from domain.alerts import Alert, AlertEvent
from domain.instants import Micros, moment
from storage.alert_rows import from_row, to_row

_EVENT_LOCK = 0x5669_6769_65  # "Vigie": one writer of event ids at a time, until its commit

_UPSERT = """
INSERT INTO alert (id, patient, site, rule, protocol, protocol_version, protocol_digest, category, severity, state,
    criterion, late, rings, latched, disproved, opened_at, condition_at, condition_to, last_met_at, reason_fr,
    reason_en, evidence, assignee, snoozed_until, escalation_step, escalation_next_at, acknowledged_by,
    acknowledged_at, closed_by, closed_at, version, clause, cause, place)
VALUES (%(id)s, %(patient)s, %(site)s, %(rule)s, %(protocol)s, %(protocol_version)s, %(protocol_digest)s, %(category)s,
    %(severity)s, %(state)s, %(criterion)s, %(late)s, %(rings)s, %(latched)s, %(disproved)s, %(opened_at)s,
    %(condition_at)s, %(condition_to)s, %(last_met_at)s, %(reason_fr)s, %(reason_en)s, %(evidence)s, %(assignee)s,
    %(snoozed_until)s, %(escalation_step)s, %(escalation_next_at)s, %(acknowledged_by)s, %(acknowledged_at)s,
    %(closed_by)s, %(closed_at)s, %(version)s, %(clause)s, %(cause)s, %(place)s)
ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, state = excluded.state, criterion = excluded.criterion,
    late = excluded.late, rings = excluded.rings, disproved = excluded.disproved, opened_at = excluded.opened_at,
    condition_at = excluded.condition_at, condition_to = excluded.condition_to, last_met_at = excluded.last_met_at,
    reason_fr = excluded.reason_fr, reason_en = excluded.reason_en, evidence = excluded.evidence,
    assignee = excluded.assignee, snoozed_until = excluded.snoozed_until, escalation_step = excluded.escalation_step,
    escalation_next_at = excluded.escalation_next_at, acknowledged_by = excluded.acknowledged_by,
    acknowledged_at = excluded.acknowledged_at, closed_by = excluded.closed_by, closed_at = excluded.closed_at,
    version = excluded.version, clause = excluded.clause, cause = excluded.cause, place = excluded.place
"""

_EVENT = """
INSERT INTO alert_event (id, alert, patient, site, rule, kind, at, recorded_at, condition_at, severity, category, state,
    version, actor, body)
VALUES (nextval('alert_event_id'), %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def lock_event_ids(conn: psycopg.Connection[Any]) -> None:
    """Until the commit, nobody else gives event ids. After a promotion they begin above all that were given before."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", (_EVENT_LOCK,))
    conn.execute(
        "SELECT setval('alert_event_id', feed_base()) FROM alert_event_id, feed_base() AS base WHERE last_value < base"
    )


def insert_events(
    conn: psycopg.Connection[Any], events: Sequence[tuple[str, AlertEvent]], *, recorded_at: Micros
) -> None:
    """(site, event) rows in order. The lock must be held."""
    conn.cursor().executemany(_EVENT, [_event_row(site, event, recorded_at) for site, event in events])


def _event_row(site: str, event: AlertEvent, recorded_at: Micros) -> tuple[Any, ...]:
    alert = event.alert
    condition_at = None if event.condition_at is None else moment(event.condition_at)
    return (
        alert.id, alert.patient, site, alert.rule, event.kind, moment(event.at), moment(recorded_at), condition_at,
        alert.severity, alert.category, alert.state, alert.version, event.actor, Jsonb(msgspec.to_builtins(event)),
    )  # fmt: skip


def upsert(conn: psycopg.Connection[Any], alerts: Sequence[tuple[str, Alert]]) -> None:
    """(site, alert) rows as they are now."""
    conn.cursor().executemany(_UPSERT, [to_row(site, alert) for site, alert in alerts])


def open_alerts(conn: psycopg.Connection[Any], patients: Sequence[str]) -> list[Alert]:
    """Every alert of these patients that is not closed."""
    return _select(conn, "SELECT * FROM alert WHERE patient = ANY (%s) AND state <> 'closed'", (list(patients),))


def last_closed(conn: psycopg.Connection[Any], patients: Sequence[str], *, each: int) -> list[Alert]:
    """The newest alerts that people closed, at most `each` a patient and rule."""
    query = """SELECT ranked.* FROM (
        SELECT *, row_number() OVER (PARTITION BY patient, rule ORDER BY closed_at DESC) AS newness FROM alert
        WHERE patient = ANY (%s) AND state = 'closed' AND closed_by IS NOT NULL) AS ranked WHERE newness <= %s"""
    return _select(conn, query, (list(patients), each))


def by_id(conn: psycopg.Connection[Any], alert: str) -> Alert | None:
    """One alert as its events left it."""
    found = _select(conn, "SELECT * FROM alert WHERE id = %s", (alert,))
    return found[0] if found else None


def _select(conn: psycopg.Connection[Any], query: LiteralString, parameters: tuple[Any, ...]) -> list[Alert]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return [from_row(row) for row in cursor.execute(query, parameters).fetchall()]


def numbers(conn: psycopg.Connection[Any], patients: Sequence[str]) -> dict[str, int]:
    """How many alerts each patient has had."""
    query = "SELECT patient, count(*) FROM alert WHERE patient = ANY (%s) GROUP BY patient"
    return dict(conn.execute(query, (list(patients),)).fetchall())


def replace_timers(conn: psycopg.Connection[Any], alerts: Sequence[Alert]) -> None:
    """The deadlines of these alerts as rows: escalation and snooze."""
    keys = [(alert.patient, alert.rule) for alert in alerts]
    conn.cursor().executemany("DELETE FROM timer WHERE patient = %s AND rule = %s", keys)
    rows = [
        (alert.patient, alert.rule, kind, moment(due))
        for alert in alerts
        if alert.state != "closed"
        for kind, due in (("escalation", alert.escalation.next_at), ("snooze", alert.snoozed_until))
        if due is not None
    ]
    conn.cursor().executemany(
        "INSERT INTO timer (patient, rule, kind, due_at) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (patient, rule, kind) DO UPDATE SET due_at = excluded.due_at",
        rows,
    )
