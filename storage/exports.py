"""Everything of one patient as rows for a file, through server-side cursors: any size, bounded memory. Read only."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from domain.instants import iso, micros
from storage.retractions import BACK

What = Literal["readings", "intakes", "reports", "alerts", "deliveries"]
WHATS: tuple[str, ...] = get_args(What)

_STATEMENTS: dict[str, str] = {
    "readings": """
        SELECT patient, measured_at, received_at, code, value, body_site, method, quality, by,
               device, boot, seq, idx, sent
        FROM reading WHERE patient = %s ORDER BY measured_at, code, device, boot, seq, idx""",
    "intakes": """
        SELECT patient, measured_at, received_at, drug, state, due_at, taken_at, tablets, mg, by, channel,
               device, boot, seq, idx, why, retracted_at, retracted_by, retracted_why
        FROM (SELECT i.*, back.received_at AS retracted_at, back.by AS retracted_by, back.why AS retracted_why
              FROM intake AS i """
    + BACK
    + """ WHERE patient = %s) AS said ORDER BY measured_at, device, boot, seq, idx""",
    "reports": """
        SELECT patient, measured_at, received_at, questionnaire, item, attribute, grade, number, text, by,
               version, channel, device, boot, seq, idx
        FROM report WHERE patient = %s ORDER BY measured_at, device, boot, seq, idx""",
    "alerts": """
        SELECT id, patient, rule, protocol, protocol_version, category, severity, state, criterion, late, opened_at,
               condition_at AS condition_from, condition_to, reason_fr, reason_en, evidence, assignee,
               acknowledged_by, acknowledged_at, closed_by, closed_at, version
        FROM alert WHERE patient = %s ORDER BY opened_at, id""",
    "deliveries": """
        SELECT patient, alert, version, step, event_kind, person, role, channel, delivery.state, tries, due_at,
               begun_at, sent_at, detail, external_id, delivery.id
        FROM delivery JOIN outbox ON outbox.id = outbox WHERE patient = %s ORDER BY due_at, delivery.id""",
}


def columns(what: str) -> list[str]:
    """Column names of an export, in order; the head of a CSV file even when there is no row."""
    words = _STATEMENTS[what].split("FROM")[0].replace("SELECT", "").split(",")
    return [word.split()[-1].rpartition(".")[2] for word in words]


def rows(conn: Connection[Any], patient: str, what: What) -> Iterator[dict[str, Any]]:
    """Rows of one patient, oldest first, instants as ISO 8601 UTC. Must run inside a transaction."""
    with conn.cursor(name="export_rows", row_factory=dict_row) as cursor:
        cursor.execute(_STATEMENTS[what].encode(), (patient,))
        for row in cursor:
            yield {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return iso(micros(value)) if isinstance(value, datetime) else value
