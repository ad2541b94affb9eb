"""What the console shows: patients with latest values, devices and refusals; alerts; answers. Reads only.

Every function takes the sites of the caller's circle or a patient already checked against it.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import class_row, dict_row

from domain.alerts import Alert
from domain.instants import Micros, moment
from storage.alert_rows import from_row


class PatientRow(Struct, frozen=True):
    """A patient on the board. `kind`: person, or site for a site's own entry. `contact`: newest sign of life of a worn
    device, aware datetime."""

    id: str
    kind: str
    site: str
    family_name: str | None
    given_name: str | None
    phone: str | None
    plan: dict[str, Any] | None
    refused: int
    contact: Any


class LatestRow(Struct, frozen=True):
    """The last *measured* value of one code."""

    patient: str
    code: str
    value: float
    measured_at: Any
    received_at: Any
    body_site: str | None
    quality: str
    by: str
    device: str


class DeviceRow(Struct, frozen=True):
    """A device and the patient who wears it now."""

    patient: str
    id: str
    kind: str
    online: bool | None
    battery: float | None
    last_seen_at: Any


class AnswerRow(Struct, frozen=True):
    """One answer of a person."""

    measured_at: Any
    questionnaire: str
    item: str
    attribute: str | None
    grade: int | None
    number: float | None
    text: str | None
    by: str
    version: str | None = None
    channel: str | None = None


class GivenRow(Struct, frozen=True):
    """One treatment given."""

    kind: str
    name: str
    given_at: Any
    amount: float | None
    unit: str | None
    by: str


_PATIENT = """
SELECT patient.id, patient.kind, patient.site, family_name, given_name, phone,
       (SELECT body FROM plan WHERE plan.patient = patient.id ORDER BY version DESC LIMIT 1) AS plan,
       (SELECT count(*) FROM rejected WHERE rejected.patient = patient.id AND seen_at IS NULL) AS refused,
       (SELECT max(last_seen_at) FROM device JOIN wearing ON wearing.device = device.id
        WHERE wearing.patient = patient.id AND to_at IS NULL) AS contact
FROM patient LEFT JOIN identity.person ON person.patient = patient.id
"""


def patients(conn: Connection[Any], sites: Sequence[str]) -> list[PatientRow]:
    """Patients of these sites whose stay has not ended."""
    with conn.cursor(row_factory=class_row(PatientRow)) as cursor:
        return cursor.execute(
            f"""{_PATIENT} WHERE patient.site = ANY(%s) AND ended_at IS NULL AND patient.kind = 'person'
                ORDER BY patient.id""",
            (list(sites),),
        ).fetchall()


def patient(conn: Connection[Any], patient: str, sites: Sequence[str]) -> PatientRow | None:
    """One patient, ended or not, if in one of the sites."""
    with conn.cursor(row_factory=class_row(PatientRow)) as cursor:
        return cursor.execute(f"{_PATIENT} WHERE patient.id = %s AND site = ANY(%s)", (patient, list(sites))).fetchone()


def in_sites(conn: Connection[Any], patients: Sequence[str], sites: Sequence[str]) -> list[str]:
    """Those of these ids that are patients of one of the sites."""
    rows = conn.execute(
        "SELECT id FROM patient WHERE id = ANY (%s) AND site = ANY (%s) ORDER BY id", (list(patients), list(sites))
    )
    return [row[0] for row in rows]


def latest(conn: Connection[Any], patients: Sequence[str], codes: Sequence[str], since: Micros) -> list[LatestRow]:
    """Last measured value per patient and code, none older than `since`."""
    with conn.cursor(row_factory=class_row(LatestRow)) as cursor:
        return cursor.execute(
            """SELECT newest.* FROM unnest(%s::text[]) AS one(patient) CROSS JOIN unnest(%s::text[]) AS measure(code)
               CROSS JOIN LATERAL (
                   SELECT patient, code, value, measured_at, received_at, body_site, quality, by, device FROM reading
                   WHERE reading.patient = one.patient AND reading.code = measure.code AND measured_at >= %s
                   ORDER BY measured_at DESC LIMIT 1) AS newest""",
            (list(patients), list(codes), moment(since)),
        ).fetchall()


def devices(conn: Connection[Any], patients: Sequence[str]) -> list[DeviceRow]:
    """Devices worn now."""
    with conn.cursor(row_factory=class_row(DeviceRow)) as cursor:
        return cursor.execute(
            """SELECT wearing.patient, device.id, kind, online, battery, last_seen_at
               FROM wearing JOIN device ON device.id = wearing.device
               WHERE wearing.patient = ANY(%s) AND to_at IS NULL ORDER BY device.id""",
            (list(patients),),
        ).fetchall()


def answers(
    conn: Connection[Any], patient: str, limit: int, *, span: tuple[Micros, Micros] | None = None
) -> list[AnswerRow]:
    """A patient's answers, newest first. `span`: only those from its first until before its second moment."""
    start, end = (None, None) if span is None else map(moment, span)
    with conn.cursor(row_factory=class_row(AnswerRow)) as cursor:
        return cursor.execute(
            """SELECT measured_at, questionnaire, item, attribute, grade, number, text, by, version, channel FROM report
               WHERE patient = %s AND measured_at >= coalesce(%s::timestamptz, '-infinity')
                   AND measured_at < coalesce(%s::timestamptz, 'infinity')
               ORDER BY measured_at DESC LIMIT %s""",
            (patient, start, end, limit),
        ).fetchall()


def given(conn: Connection[Any], patient: str, limit: int) -> list[GivenRow]:
    """Treatments given, newest first."""
    with conn.cursor(row_factory=class_row(GivenRow)) as cursor:
        return cursor.execute(
            """SELECT kind, name, given_at, amount, unit, by FROM given
               WHERE patient = %s ORDER BY given_at DESC LIMIT %s""",
            (patient, limit),
        ).fetchall()


def open_alerts(conn: Connection[Any], sites: Sequence[str]) -> list[tuple[Alert, str]]:
    """Every alert of these sites that is not closed, with its site; those of the sites themselves too."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT * FROM alert WHERE site = ANY(%s) AND state <> 'closed' ORDER BY opened_at", (list(sites),)
        ).fetchall()
    return [(from_row(row), row["site"]) for row in rows]


def site_names(conn: Connection[Any], sites: Sequence[str]) -> dict[str, str]:
    """What people call these sites."""
    rows = conn.execute("SELECT id, name FROM site WHERE id = ANY(%s) ORDER BY id", (list(sites),)).fetchall()
    return {row[0]: row[1] for row in rows}


def alert(conn: Connection[Any], alert: str, sites: Sequence[str]) -> tuple[Alert, str] | None:
    """One alert and its site, if in one of the sites."""
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("SELECT * FROM alert WHERE id = %s AND site = ANY(%s)", (alert, list(sites))).fetchone()
    return None if row is None else (from_row(row), row["site"])


def alerts_of(conn: Connection[Any], patient: str, limit: int) -> list[Alert]:
    """A patient's newest `limit` alerts, closed ones too, and every one that is not closed; newest first."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            """SELECT * FROM alert WHERE patient = %(patient)s AND (state <> 'closed' OR id IN (
                   SELECT id FROM alert WHERE patient = %(patient)s ORDER BY opened_at DESC LIMIT %(limit)s))
               ORDER BY opened_at DESC""",
            {"patient": patient, "limit": limit},
        ).fetchall()
    return [from_row(row) for row in rows]
