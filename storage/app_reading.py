"""What the app shows: who its patients are, what became of what it sent, whether anything is new. Reads only.

Every function takes patients or devices that were checked against the caller before.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import class_row

from domain.instants import Micros, micros, moment
from domain.values import Origin
from storage import columns as col
from storage.retractions import BACK


class PatientRow(Struct, frozen=True):
    """A patient as the app knows them."""

    id: str
    site: str
    site_name: str
    site_phone: str | None
    family_name: str | None
    given_name: str | None
    birth_date: Any
    plan: dict[str, Any] | None


def patients(conn: Connection[Any], ids: Sequence[str]) -> list[PatientRow]:
    """These patients, in order."""
    with conn.cursor(row_factory=class_row(PatientRow)) as cursor:
        return cursor.execute(
            """SELECT patient.id, site.id AS site, site.name AS site_name, site.phone AS site_phone, family_name,
                      given_name, birth_date,
                      (SELECT body FROM plan WHERE plan.patient = patient.id ORDER BY version DESC LIMIT 1) AS plan
               FROM patient JOIN site ON site.id = patient.site
               LEFT JOIN identity.person ON person.patient = patient.id
               WHERE patient.id = ANY (%s) AND patient.kind = 'person' ORDER BY patient.id""",
            (list(ids),),
        ).fetchall()


def of_sites(conn: Connection[Any], sites: Sequence[str]) -> list[tuple[str, str]]:
    """(patient, site) of everybody under watch at these sites, in order."""
    rows = conn.execute(
        "SELECT id, site FROM patient WHERE site = ANY (%s) AND kind = 'person' AND ended_at IS NULL ORDER BY id",
        (list(sites),),
    ).fetchall()
    return [(row[0], row[1]) for row in rows]


class Refusal(Struct, frozen=True):
    """One entry, or one whole message (path empty), that was refused. `boot` None: its number cannot be read."""

    boot: str | None
    seq: int | None
    path: str
    reason: str
    expected: str
    sha256: bytes


def refusals(conn: Connection[Any], device: str, digests: Sequence[bytes]) -> list[Refusal]:
    """What was refused of these messages of a device, in order."""
    rows = conn.execute(
        """SELECT boot, seq, path, reason, expected, sha256 FROM rejected
           WHERE device = %s AND sha256 = ANY (%s::bytea[]) ORDER BY boot, seq, id""",
        (device, col.byteas(digests)),
    ).fetchall()
    return [Refusal(row[0], row[1], row[2], row[3], row[4], bytes(row[5])) for row in rows]


_NEWS = """
SELECT coalesce(md5(string_agg(said, '|' ORDER BY said)), '') FROM (
    SELECT 'a' || id || ' ' || version AS said FROM alert WHERE patient = ANY (%(patients)s) AND state <> 'closed'
    UNION ALL
    SELECT 'p' || patient || ' ' || max(version) FROM plan WHERE patient = ANY (%(patients)s) GROUP BY patient
    UNION ALL
    SELECT 'm' || device || ' ' || coalesce(sent_at::text, '') FROM app_device WHERE patient = ANY (%(patients)s)
    UNION ALL
    SELECT 'r' || patient || ' ' || max(at)::text FROM answers_read WHERE patient = ANY (%(patients)s) GROUP BY patient
    UNION ALL
    SELECT 'd' || id || ' ' || coalesce(last_seen_at::text, '') FROM device JOIN wearing ON wearing.device = device.id
    WHERE wearing.patient = ANY (%(patients)s) AND to_at IS NULL AND kind NOT IN ('app', 'tablet')) AS news
"""


def news(conn: Connection[Any], ids: Sequence[str]) -> str:
    """A word that changes when an alert, a plan or what was sent of these patients changes, or answers were read."""
    row = conn.execute(_NEWS, {"patients": list(ids)}).fetchone()
    return str(row[0])[:16] if row else ""


class Receipt(Struct, frozen=True):
    """A message that was received. `read_at` None: nobody who may act has opened it yet."""

    boot: str
    seq: int
    device: str
    received_at: Micros
    read_at: Micros | None
    read_by_role: str | None


# Read: its alert was drawn on an attended console, opened or acknowledged, its patient opened by one who may act, or
# the answers in it were marked as read.
_RECEIPTS = """
SELECT m.boot, m.seq, m.device, m.received_at, first.at, first.role
FROM (SELECT message.* FROM message WHERE device = ANY (%(devices)s) ORDER BY received_at DESC LIMIT %(limit)s) AS m
LEFT JOIN LATERAL (
    WITH of_it AS (
        SELECT alert.id FROM alert, jsonb_array_elements(alert.evidence) AS item
        WHERE alert.patient = %(patient)s
          AND starts_with(item ->> 'reading', m.device || '/' || m.boot || '/' || m.seq || '/'))
    SELECT seen.at, account.role FROM (
        (SELECT at, actor AS who FROM audit
         WHERE subject = 'patient:' || %(patient)s AND action = 'looked' AND NOT detail ? 'series'
           AND at >= m.received_at AND actor IN (SELECT username FROM account WHERE role = ANY (%(roles)s))
         ORDER BY id LIMIT 1)
        UNION ALL
        SELECT mark.at, mark.who FROM of_it JOIN alert_mark AS mark ON mark.alert = of_it.id
        WHERE mark.at >= m.received_at
        UNION ALL
        SELECT done.at, done.who FROM answers_read AS done
        WHERE done.device = m.device AND done.boot = m.boot AND done.seq = m.seq
        UNION ALL
        SELECT event.at, event.actor FROM of_it JOIN alert_event AS event ON event.alert = of_it.id
        WHERE event.kind = 'acknowledged' AND event.at >= m.received_at
    ) AS seen JOIN account ON account.username = seen.who AND account.role = ANY (%(roles)s)
    ORDER BY seen.at LIMIT 1) AS first ON true
ORDER BY m.received_at DESC, m.seq DESC
"""


def receipts(
    conn: Connection[Any], patient: str, devices: Sequence[str], *, roles: Sequence[str], limit: int
) -> list[Receipt]:
    """The newest messages of these devices, and who among `roles` read them first."""
    asked = {"patient": patient, "devices": list(devices), "roles": list(roles), "limit": limit}
    rows = conn.execute(_RECEIPTS, asked).fetchall()
    return [
        Receipt(row[0], row[1], row[2], micros(row[3]), None if row[4] is None else micros(row[4]), row[5])
        for row in rows
    ]


def devices_of(conn: Connection[Any], owner: str, patient: str) -> list[str]:
    """Every device under which an account ever sent for a patient."""
    rows = conn.execute(
        "SELECT device FROM app_device WHERE owner = %s AND patient = %s ORDER BY device", (owner, patient)
    )
    return [row[0] for row in rows]


class IntakeRow(Struct, frozen=True):
    """One intake, as it was sent. `origin`, `index`: what a retraction names. `back_at`: when it was taken back."""

    drug: str
    due_at: Micros | None
    at: Micros
    state: str
    mg: float | None
    n: float | None
    by: str
    origin: Origin
    index: int
    back_at: Micros | None
    back_by: str | None
    back_why: str | None


_INTAKES = f"""
SELECT drug, due_at, measured_at, state, mg, tablets, i.by, device, boot, seq, idx, back.received_at, back.by, back.why
FROM intake AS i {BACK}
WHERE patient = %s AND measured_at >= %s AND measured_at < %s ORDER BY measured_at DESC LIMIT %s
"""


def intakes(conn: Connection[Any], patient: str, start: Micros, end: Micros, *, most: int) -> list[IntakeRow]:
    """A patient's intakes from `start` until before `end`, newest first, those that were taken back too."""
    found = conn.execute(_INTAKES, (patient, moment(start), moment(end), most)).fetchall()
    return [_intake(row) for row in found]


def retracted(conn: Connection[Any], patient: str, start: Micros, end: Micros) -> list[IntakeRow]:
    """Those that were taken back, of the newest 1000 intakes."""
    return [row for row in intakes(conn, patient, start, end, most=1000) if row.back_at is not None]


def _intake(row: tuple[Any, ...]) -> IntakeRow:
    drug, due_at, at, state, mg, tablets, by, device, boot, seq, idx, back_at, back_by, back_why = row
    due, back = (None if when is None else micros(when) for when in (due_at, back_at))
    return IntakeRow(
        drug, due, micros(at), state, mg, tablets, by, Origin(device, boot, seq), idx, back, back_by, back_why
    )  # fmt: skip


class AttendedBy(Struct, frozen=True):
    """Somebody with an attended console at a site."""

    username: str
    role: str


def attended_by(conn: Connection[Any], site: str, *, roles: Sequence[str], since: Micros) -> list[AttendedBy]:
    """Who has answered at a console of the site since then that can be heard, among these roles. `since`: real time."""
    rows = conn.execute(
        """SELECT DISTINCT username, role
           FROM console_presence JOIN account ON account.username = console_presence.account
           WHERE site = %s AND sounds AND visible AND seen_at > %s AND role = ANY (%s) ORDER BY username""",
        (site, moment(since), list(roles)),
    ).fetchall()
    return [AttendedBy(*row) for row in rows]
