"""What is stored of one patient between two instants, for the daily synthesis. Reads only.

Called by `alerts.synthesis_desk` for a patient checked before.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.alerts import AlertEvent
from domain.converting import converter
from domain.instants import DAY, Micros, micros, moment
from domain.synthesis import Tally
from domain.values import Given
from storage.answers import given_of

EARLIER_FOR: Micros = 90 * DAY
_event = converter(AlertEvent)

# An alert that was closed before the stretch has nothing in it; one that opened after it neither.
_EVENTS = """
SELECT event.body FROM alert JOIN alert_event AS event ON event.alert = alert.id
WHERE alert.patient = %(patient)s AND alert.opened_at < %(upto)s
  AND (alert.state <> 'closed' OR alert.closed_at >= %(start)s) AND event.at < %(upto)s
ORDER BY event.id
"""
_TALLIES = """
SELECT measure.code, day.*, newest.value, newest.measured_at, newest.body_site, newest.by, before.*, earlier.*
FROM unnest(%(codes)s::text[]) AS measure (code)
CROSS JOIN LATERAL (
    SELECT count(*), count(*) FILTER (WHERE quality <> 'ok'), min(value), max(value) FROM reading
    WHERE patient = %(patient)s AND code = measure.code AND measured_at >= %(start)s AND measured_at < %(upto)s) AS day
LEFT JOIN LATERAL (
    SELECT value, measured_at, body_site, by FROM reading
    WHERE patient = %(patient)s AND code = measure.code AND measured_at >= %(start)s AND measured_at < %(upto)s
    ORDER BY measured_at DESC LIMIT 1) AS newest ON true
CROSS JOIN LATERAL (
    SELECT count(*), min(value), max(value) FROM reading
    WHERE patient = %(patient)s AND code = measure.code AND measured_at >= %(before)s
      AND measured_at < %(start)s) AS before
LEFT JOIN LATERAL (
    SELECT value, measured_at, body_site FROM reading
    WHERE patient = %(patient)s AND code = measure.code AND measured_at >= %(earlier)s AND measured_at < %(start)s
    ORDER BY measured_at DESC LIMIT 1) AS earlier ON true
"""
_GIVEN = """
SELECT patient, kind, name, given_at, received_at, amount, unit, by, device, boot, seq, idx FROM given
WHERE patient = %s AND given_at >= %s AND given_at < %s ORDER BY given_at, device, boot, seq, idx
"""


class Stretch(Struct, frozen=True):
    """One day of one patient, known until `upto`. `before`: where the day before begins."""

    patient: str
    before: Micros
    start: Micros
    upto: Micros


def alert_events(conn: Connection[Any], stretch: Stretch) -> list[AlertEvent]:
    """Everything that happened, before the end of the stretch, to alerts that were not closed before it."""
    asked = {"patient": stretch.patient, "start": moment(stretch.start), "upto": moment(stretch.upto)}
    return [_event(row[0]) for row in conn.execute(_EVENTS, asked)]


def tallies(conn: Connection[Any], stretch: Stretch, codes: Sequence[str]) -> list[Tally]:
    """Each measure over the day and the day before."""
    asked = {
        "patient": stretch.patient, "codes": list(codes), "start": moment(stretch.start), "upto": moment(stretch.upto),
        "before": moment(stretch.before), "earlier": moment(stretch.start - EARLIER_FOR),
    }  # fmt: skip
    return [_tally(row) for row in conn.execute(_TALLIES, asked)]


def _tally(row: Sequence[Any]) -> Tally:
    code, count, doubtful, low, high, last, last_at, site, by, before, before_low, before_high, earlier, at, was = row
    return Tally(
        code, count, doubtful, low, high, last, _micros(last_at), site, by, before, before_low, before_high, earlier,
        _micros(at), was,
    )  # fmt: skip


def _micros(at: Any) -> Micros | None:
    return None if at is None else micros(at)


def given(conn: Connection[Any], stretch: Stretch) -> list[Given]:
    """Treatments that professionals gave, by time."""
    return [
        given_of(row) for row in conn.execute(_GIVEN, (stretch.patient, moment(stretch.start), moment(stretch.upto)))
    ]


def plans_set(conn: Connection[Any], stretch: Stretch) -> list[tuple[Micros, str, int]]:
    """(when, by whom, version) of the care plans that were set in the stretch."""
    rows = conn.execute(
        "SELECT set_at, set_by, version FROM plan WHERE patient = %s AND set_at >= %s AND set_at < %s ORDER BY version",
        (stretch.patient, moment(stretch.start), moment(stretch.upto)),
    )
    return [(micros(at), by, version) for at, by, version in rows]
