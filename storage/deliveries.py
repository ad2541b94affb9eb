"""Deliveries: who is told on which channel, and every state that was in. Changed by the notifier, read by people.

A worker holds the row's lock while it sends, so a process that dies gives the row back at once.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

import psycopg
from msgspec import Struct
from psycopg.rows import dict_row

from domain.instants import Micros, iso, micros, moment
from storage.outbox import MOST_SEVERE

State = Literal["queued", "sent", "delivered", "failed", "cancelled", "given-up"]
WAKE = "vigie_delivery"


class Row(Struct, frozen=True):
    """A delivery as it stands. `person` None: an endpoint, or nobody. `start_at`: not tried before."""

    id: UUID
    person: str | None
    role: str
    channel: str
    state: State
    at: Micros
    due_at: Micros
    deadline_at: Micros
    start_at: Micros
    changed_at: Micros


class New(Struct, frozen=True):
    """A delivery to add, queued or ended at once."""

    id: UUID
    person: str | None
    role: str
    channel: str
    state: State
    due_at: Micros
    deadline_at: Micros
    detail: str


class Claimed(Struct, frozen=True):
    """A delivery to try now, with what it is about. Locked until the caller's transaction ends."""

    id: UUID
    outbox: int
    person: str | None
    role: str
    channel: str
    tries: int
    alert: str
    patient: str
    site: str
    rule: str
    category: str
    severity: str
    event_kind: str
    version: int
    step: int
    at: Micros


class Tried(Struct, frozen=True):
    """What became of a try. `said`: the state for the log; a failure that is repeated leaves the delivery queued."""

    id: UUID
    outbox: int
    state: State
    said: State
    tries: int
    begun_at: Micros
    ended_at: Micros
    start_at: Micros
    detail: str
    external_id: str | None = None


_INSERT = """
WITH added AS (
    INSERT INTO delivery (id, outbox, person, role, channel, state, at, due_at, deadline_at, start_at, changed_at,
                          detail)
    VALUES (%(id)s, %(outbox)s, %(person)s, %(role)s, %(channel)s, %(state)s, %(now)s, %(due_at)s, %(deadline_at)s,
            %(now)s, %(now)s, %(detail)s)
    ON CONFLICT DO NOTHING RETURNING id, state, tries, changed_at, detail)
INSERT INTO delivery_log (delivery, state, tries, at, detail) SELECT * FROM added
"""
_END = """
WITH ended AS (
    UPDATE delivery SET state = %(state)s, changed_at = %(now)s, detail = %(detail)s
    WHERE id IN (SELECT id FROM delivery WHERE id = %(id)s AND state = 'queued' FOR UPDATE SKIP LOCKED)
    RETURNING id, state, tries, changed_at, detail)
INSERT INTO delivery_log (delivery, state, tries, at, detail) SELECT * FROM ended
"""
_SWEEP = """
WITH ended AS (
    UPDATE delivery SET state = CASE outbox.outcome WHEN 'given-up' THEN 'given-up' ELSE 'cancelled' END,
        changed_at = %(now)s,
        detail = CASE outbox.outcome WHEN 'given-up' THEN 'could not be delivered in time'
                 WHEN 'cancelled' THEN 'the alert is no longer open' ELSE 'reached on another channel' END
    FROM outbox
    WHERE outbox.id = delivery.outbox AND delivery.id IN (
        SELECT waiting.id FROM delivery AS waiting JOIN outbox AS step ON step.id = waiting.outbox
        WHERE waiting.state = 'queued' AND step.done_at IS NOT NULL LIMIT 1000 FOR UPDATE OF waiting SKIP LOCKED)
    RETURNING delivery.id, delivery.state, delivery.tries, delivery.changed_at, delivery.detail)
INSERT INTO delivery_log (delivery, state, tries, at, detail) SELECT * FROM ended
"""
_STILL_WANTED = """
delivery.state = 'queued' AND delivery.start_at <= %(now)s AND NOT delivery.id = ANY (%(skip)s)
    AND outbox.done_at IS NULL AND NOT EXISTS (SELECT 1 FROM alert WHERE alert.id = outbox.alert
        AND (alert.state <> 'open' OR alert.snoozed_until > %(now)s))
"""
_CLAIM = f"""
SELECT delivery.id, outbox.id, person, role, channel, tries, alert, patient, site, rule, category, severity, event_kind,
       version, step, outbox.at
FROM delivery JOIN outbox ON outbox.id = delivery.outbox
WHERE channel = %(channel)s AND {_STILL_WANTED}
ORDER BY {MOST_SEVERE}, due_at, delivery.id LIMIT 1 FOR UPDATE OF delivery SKIP LOCKED
"""
_DUE_CHANNELS = f"""
SELECT DISTINCT channel FROM delivery JOIN outbox ON outbox.id = delivery.outbox WHERE {_STILL_WANTED}
"""
# What was sent is said even of a row that was given up meanwhile; a failure changes only what still waits. A failure
# for the same reason as before is not said again.
_RECORD = """
WITH before AS (SELECT id, detail AS reason FROM delivery WHERE id = %(id)s),
tried AS (
    UPDATE delivery SET state = %(state)s, tries = %(tries)s, begun_at = %(begun_at)s, changed_at = %(ended_at)s,
        start_at = %(start_at)s, detail = %(detail)s, external_id = coalesce(%(external_id)s, external_id),
        sent_at = CASE WHEN %(state)s IN ('sent', 'delivered') THEN %(ended_at)s ELSE sent_at END
    WHERE id = %(id)s AND state NOT IN ('sent', 'delivered')
        AND (state = 'queued' OR %(state)s IN ('sent', 'delivered'))
    RETURNING id, state, tries, changed_at, detail)
INSERT INTO delivery_log (delivery, state, tries, at, detail)
SELECT id, %(said)s, tries, changed_at, detail FROM tried JOIN before USING (id)
WHERE state <> 'queued' OR reason <> detail
"""


def of_outbox(conn: psycopg.Connection[Any], row: int) -> list[Row]:
    """The deliveries of one step."""
    rows = conn.execute(
        """SELECT id, person, role, channel, state, at, due_at, deadline_at, start_at, changed_at
           FROM delivery WHERE outbox = %s ORDER BY due_at, id""",
        (row,),
    ).fetchall()
    return [Row(*found[:5], *map(micros, found[5:])) for found in rows]


def insert(conn: psycopg.Connection[Any], outbox: int, new: New, *, now: Micros) -> None:
    """One delivery of a step; one that is there already stays as it is."""
    named = {name: getattr(new, name) for name in ("id", "person", "role", "channel", "state", "detail")}
    instants = {"due_at": moment(new.due_at), "deadline_at": moment(new.deadline_at), "now": moment(now)}
    conn.execute(_INSERT, {**named, **instants, "outbox": outbox})


def end(conn: psycopg.Connection[Any], delivery: UUID, state: State, detail: str, *, now: Micros) -> None:
    """A queued delivery is not to be tried any more; one that is just being tried stays as it is."""
    conn.execute(_END, {"id": delivery, "state": state, "detail": detail, "now": moment(now)})


def sweep(conn: psycopg.Connection[Any], now: Micros) -> None:
    """End what is still queued of steps that are done."""
    conn.execute(_SWEEP, {"now": moment(now)})


def due_channels(conn: psycopg.Connection[Any], now: Micros, skip: Sequence[UUID]) -> list[str]:
    """Channels with something to try now."""
    return [row[0] for row in conn.execute(_DUE_CHANNELS.encode(), {"now": moment(now), "skip": list(skip)}).fetchall()]


def claim(conn: psycopg.Connection[Any], channel: str, now: Micros, *, skip: Sequence[UUID]) -> Claimed | None:
    """The most severe delivery of a channel that nobody else is trying; of several, what has waited longest."""
    given = {"channel": channel, "now": moment(now), "skip": list(skip)}
    row = conn.execute(_CLAIM.encode(), given).fetchone()
    return None if row is None else Claimed(*[*row[:15], micros(row[15])])


def give_back_after(conn: psycopg.Connection[Any], seconds: int) -> None:
    """Once the caller committed: the database ends this session when it idles so long in a transaction."""
    conn.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, false)", (f"{seconds}s",))


def record(conn: psycopg.Connection[Any], tried: Tried) -> None:
    """What became of a try."""
    instants = {name: moment(getattr(tried, name)) for name in ("begun_at", "ended_at", "start_at")}
    named = ("id", "state", "said", "tries", "detail", "external_id")
    conn.execute(_RECORD, {**{name: getattr(tried, name) for name in named}, **instants})


def received(conn: psycopg.Connection[Any], delivery: UUID, person: str, *, now: Micros) -> int | None:
    """The person's device says that it showed the message. The step it belongs to, None when it is not theirs."""
    row = conn.execute(
        """WITH shown AS (
               UPDATE delivery SET state = 'delivered', changed_at = %(now)s, sent_at = coalesce(sent_at, %(now)s)
               WHERE id = %(id)s AND person = %(person)s AND state IN ('queued', 'sent')
               RETURNING id, outbox, state, tries, changed_at),
           said AS (INSERT INTO delivery_log (delivery, state, tries, at, detail)
                    SELECT id, state, tries, changed_at, 'receipt' FROM shown)
           SELECT outbox FROM shown""",
        {"id": delivery, "person": person, "now": moment(now)},
    ).fetchone()
    return None if row is None else int(row[0])


def wake(conn: psycopg.Connection[Any]) -> None:
    """After the commit, the delivery loops look at once."""
    conn.execute("SELECT pg_notify(%s, '')", (WAKE,))


def listen(conn: psycopg.Connection[Any]) -> None:
    """Be woken by `wake`."""
    conn.execute("LISTEN vigie_delivery")


def accounts(conn: psycopg.Connection[Any], site: str, role: str) -> list[str]:
    """Everybody with the role who has the site in the circle of care."""
    rows = conn.execute(
        """SELECT username FROM account JOIN account_site ON account_site.account = account.id
           WHERE site = %s AND role = %s AND disabled_at IS NULL ORDER BY username""",
        (site, role),
    ).fetchall()
    return [row[0] for row in rows]


def attended(conn: psycopg.Connection[Any], delivery: str, person: str) -> bool:
    """Whether a console that can sound, of the person or of somebody with the role at the site, was live since the step
    was written; or, for the first step, said itself that it shows the alert. The feed has no holes: live means shown.
    """
    row = conn.execute(
        """SELECT EXISTS (
               SELECT 1 FROM delivery JOIN outbox ON outbox.id = delivery.outbox
               JOIN account ON account.username = %(person)s OR account.role = delivery.role
               WHERE delivery.id = %(delivery)s AND (
                   EXISTS (SELECT 1 FROM console_presence AS live WHERE live.site = outbox.site AND live.sounds
                           AND live.account = account.username AND live.seen_at > outbox.written_at)
                   OR outbox.step = 0 AND EXISTS (
                       SELECT 1 FROM alert_mark WHERE alert_mark.alert = outbox.alert AND mark = 'delivered'
                           AND who = account.username AND recorded_at > outbox.written_at)))""",
        {"delivery": delivery, "person": person},
    ).fetchone()
    return bool(row and row[0])


def of_alert(conn: psycopg.Connection[Any], alert: str, limit: int) -> list[dict[str, Any]]:
    """The deliveries of an alert with all their states, newest step first; instants as ISO 8601 UTC."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            """SELECT delivery.id::text, step, event_kind, person, role, channel, delivery.state, tries, delivery.at,
                      due_at, deadline_at, begun_at, sent_at, detail, external_id
               FROM delivery JOIN outbox ON outbox.id = delivery.outbox WHERE alert = %s
               ORDER BY outbox.id DESC, due_at, person, delivery.at LIMIT %s""",
            (alert, limit),
        ).fetchall()
    logs = _logs(conn, [row["id"] for row in rows])
    return [{**_plain(row), "log": logs[row["id"]]} for row in rows]


def _logs(conn: psycopg.Connection[Any], deliveries: Sequence[str]) -> defaultdict[str, list[dict[str, Any]]]:
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    with conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            """SELECT delivery::text, state, tries, at, detail FROM delivery_log
               WHERE delivery = ANY (%s::uuid[]) ORDER BY id""",
            (list(deliveries),),
        )
        for row in cursor:
            found[row.pop("delivery")].append(_plain(row))
    return found


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: iso(micros(value)) if hasattr(value, "tzinfo") else value for name, value in row.items()}


class Late(Struct, frozen=True):
    """When a delivery was due, first counted as tried, and accepted."""

    channel: str
    due_at: Micros
    begun_at: Micros
    sent_at: Micros


def lateness(conn: psycopg.Connection[Any], since: Micros) -> list[Late]:
    """Everything sent that was due after an instant, in the order in which it was due."""
    rows = conn.execute(
        """SELECT channel, due_at, begun_at, sent_at FROM delivery
           WHERE sent_at IS NOT NULL AND begun_at IS NOT NULL AND due_at >= %s ORDER BY due_at""",
        (moment(since),),
    ).fetchall()
    return [Late(row[0], *map(micros, row[1:])) for row in rows]
