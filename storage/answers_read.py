"""Answers that raised no alert: which of them nobody has read yet, and who read the others. Append-only.

Written and read by the console, for the sites of the caller's circle; read by the patient's app as receipts.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.instants import Micros, micros, moment
from storage import columns as col


class Unread(Struct, frozen=True):
    """One message of answers. `answers`: (questionnaire, item, attribute, grade, number, text) of each, as they were
    sent. `alerting`: the patient has a clinical or adherence alert that is not closed, of another cause."""

    patient: str
    device: str
    boot: str
    seq: int
    by: str
    at: Micros
    received_at: Micros
    answers: tuple[dict[str, Any], ...]
    alerting: bool


# An answer raised an alert when the alert rests on it, is of its moment, or moved when it came, whatever became of it.
_UNREAD = """
WITH said AS MATERIALIZED (
    SELECT one.patient, one.device, one.boot, one.seq, min(one.by) AS by, max(one.measured_at) AS at,
           max(one.received_at) AS received_at, array_agg(one.measured_at) AS moments
    FROM patient CROSS JOIN LATERAL (
        SELECT * FROM report WHERE report.patient = patient.id AND measured_at >= %(since)s
          AND report.by IN ('patient', 'caregiver')) AS one
    WHERE patient.site = ANY (%(sites)s) AND patient.kind = 'person' AND patient.ended_at IS NULL
      AND NOT EXISTS (SELECT FROM answers_read AS done
                      WHERE done.device = one.device AND done.boot = one.boot AND done.seq = one.seq)
    GROUP BY one.patient, one.device, one.boot, one.seq
), green AS (
    SELECT * FROM said WHERE NOT EXISTS (
        SELECT FROM alert WHERE alert.patient = said.patient AND category <> 'technical' AND (
            condition_at = ANY (moments) OR last_met_at = ANY (moments) OR opened_at = said.received_at
            OR EXISTS (SELECT FROM jsonb_array_elements(evidence) AS item
                       WHERE starts_with(item ->> 'reading', device || '/' || boot || '/' || seq || '/'))
            OR EXISTS (SELECT FROM alert_event AS event WHERE event.alert = alert.id AND event.at = said.received_at
                       AND event.kind IN ('pending', 'opened', 'worsened', 'recurred', 'revised', 'reopened'))))
    ORDER BY received_at, device, boot, seq LIMIT %(limit)s
)
SELECT green.patient, green.device, green.boot, green.seq, green.by, at, green.received_at, sent.answers,
       EXISTS (SELECT FROM alert WHERE alert.patient = green.patient AND category <> 'technical' AND state <> 'closed')
FROM green CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
        'questionnaire', questionnaire, 'item', item, 'attribute', attribute, 'grade', grade, 'number', number,
        'text', text) ORDER BY idx) AS answers
    FROM report WHERE report.device = green.device AND report.boot = green.boot AND report.seq = green.seq) AS sent
ORDER BY green.received_at, green.device, green.boot, green.seq
"""


def unread(conn: Connection[Any], sites: Sequence[str], *, since: Micros, limit: int) -> list[Unread]:
    """Messages of answers since a moment that raised no alert and nobody has read, the oldest first."""
    rows = conn.execute(_UNREAD, {"sites": list(sites), "since": moment(since), "limit": limit}).fetchall()
    return [
        Unread(patient, device, boot, seq, by, micros(at), micros(received_at), tuple(answers), alerting)
        for patient, device, boot, seq, by, at, received_at, answers, alerting in rows
    ]


Message = tuple[str, str, int]


def _columns(messages: Sequence[Message]) -> tuple[col.Column, col.Column, col.Column]:
    devices, boots, numbers = (
        [each[0] for each in messages],
        [each[1] for each in messages],
        [each[2] for each in messages],
    )
    return col.texts(devices), col.texts(boots), col.int8s(numbers)


def read_before(conn: Connection[Any], messages: Sequence[Message], sites: Sequence[str]) -> set[Message]:
    """Those of the messages, of patients of these sites, that somebody has read."""
    rows = conn.execute(
        """SELECT done.device, done.boot, done.seq
           FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS asked (device, boot, seq)
           JOIN answers_read AS done USING (device, boot, seq) JOIN patient ON patient.id = done.patient
           WHERE site = ANY (%s)""",
        (*_columns(messages), list(sites)),
    )
    return {(device, boot, seq) for device, boot, seq in rows}


def mark(conn: Connection[Any], of: dict[Message, str], *, who: str, role: str, at: Micros) -> list[Message]:
    """Mark messages as read; those that somebody read before stay as they are. The new ones."""
    messages = list(of)
    rows = conn.execute(
        """INSERT INTO answers_read (device, boot, seq, patient, who, role, at)
            SELECT device, boot, seq, patient, %s, %s, %s
            FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[]) AS asked (device, boot, seq, patient)
            ON CONFLICT (device, boot, seq) DO NOTHING RETURNING device, boot, seq""",
        (who, role, moment(at), *_columns(messages), col.texts(list(of.values()))),
    )
    return [(device, boot, seq) for device, boot, seq in rows]
